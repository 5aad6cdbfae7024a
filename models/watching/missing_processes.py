"""Bills and tickets whose process is lost: how that is told from the record, and what a new one must know to go on. Pure.

A ticket's row is all of it but which words of the customer's it has heard; a bill's is completed by a look at the provider.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.billing.bill_news import BillState
from models.billing.bills import Bill, BillStatus
from models.collecting.cases import Outcome
from models.records import CaseRecord, Delivery
from models.tickets.messages import Settled
from models.tickets.thread import Entry, EntryKind
from models.tickets.ticket import Ticket, TicketState
from models.watching.attention import Finding, Rule
from models.watching.reconciliation import Difference, Repair, Standing

DRAFTS_WAIT = timedelta(days=1)  # for the process that their order could not start
_WITHOUT_MONEY = (Outcome.EXHAUSTED, Outcome.CANCELED)


def compare_bill(bill: Bill, standing: Standing | None, *, now: datetime, settling: timedelta) -> Difference | None:
    """A bill that is owed, or was drawn up and never issued, beside its process."""
    if bill.status.over or standing is not None or now - bill.created_at < settling:
        return None
    if bill.status is BillStatus.DRAFT and now - bill.created_at > DRAFTS_WAIT:
        said = "drawn up over a day ago and never issued: whoever ordered it may have billed it anew"
        return Difference(Finding(bill.tenant, Rule.BILL_NOT_ISSUED, bill.id, said, bill.id))
    said = f"no process runs for this bill ({bill.status}): it would be neither sent, asked for nor found paid"
    return Difference(Finding(bill.tenant, Rule.PROCESS_MISSING, bill.id, said, bill.id), Repair.START_BILL)


def compare_ticket(
    ticket: Ticket, standing: Standing | None, *, now: datetime, settling: timedelta
) -> Difference | None:
    """A ticket that is not closed, beside its process."""
    if ticket.state is TicketState.CLOSED or standing is not None or now - ticket.opened_at < settling:
        return None
    said = f"no process runs for this ticket ({ticket.state}): nobody would be reminded, and no reply could be sent"
    finding = Finding(ticket.tenant, Rule.PROCESS_MISSING, ticket.id, said, ticket.subscription)
    return Difference(finding, Repair.START_TICKET)


def remembered_bill(
    bill: Bill, cases: Sequence[CaseRecord], now: datetime, last: BillState | None = None
) -> BillState | None:
    """What a bill's process goes on from; None for one that was never issued, which begins anew. It asks the provider at once.

    `last`: the last word of the process before it, which alone knows what a bill was paid by at the counter.
    """
    if bill.status is BillStatus.DRAFT:
        return None
    running = next((case for case in cases if case.outcome is None), None)
    # Written down as overdue and lost before its case began: its day has come, and the case begins now.
    never_chased = bill.status is BillStatus.OVERDUE and not cases
    return BillState(
        status=BillStatus.OPEN if never_chased else bill.status,
        invoice=bill.invoice,
        pay_url=bill.pay_url,
        issued_at=bill.issued_at,
        due_at=bill.due_at,
        settled_at=bill.settled_at,
        collecting=running is not None,
        given_up=running is None and any(case.outcome in _WITHOUT_MONEY for case in cases),
        next_step=running.next_step if running else "",
        next_step_at=running.next_step_at if running else None,
        ask_at=now,
        outside=last.outside if last else None,
    )


def latest_ticket(record: Ticket, remembered: Ticket | None) -> Ticket:
    """The ticket by whoever knows more of it: its row, or the last word of a process that is over. Its thread's length tells."""
    return remembered if remembered is not None and remembered.number > record.number else record


def lost_on_its_way(ticket: Ticket, thread: Sequence[Entry]) -> Settled | None:
    """What became of the last reply, where it did not arrive and the ticket still waits for the customer to answer it."""
    last = next((entry for entry in reversed(thread) if entry.kind is EntryKind.REPLY), None)
    if ticket.state is not TicketState.WAITING or last is None or not last.by:
        return None
    if last.delivery is not Delivery.FAILED and last.delivery is not Delivery.UNKNOWN:
        return None
    return Settled(last.id, last.delivery, last.by, last.error)


def heard_and_unheard(words: Sequence[Entry]) -> tuple[tuple[str, ...], tuple[Entry, ...]]:
    """Of a customer's words, oldest first: the names of those in the thread, and those that no process has taken in."""
    return tuple(word.id for word in words if word.number), tuple(word for word in words if not word.number)
