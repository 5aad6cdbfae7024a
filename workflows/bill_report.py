"""What a bill leaves behind and shows: its row, its story, and the text an operator reads."""

from collections.abc import Sequence
from datetime import datetime

from activities.billing_once import BillReport
from models.billing.bill_news import BillState
from models.billing.bills import BillStanding
from models.bookkeeping.money_facts import EXTERNAL
from models.messages import Answer, BillStart, Command
from models.money import Money
from models.records import AuditEntry
from models.speaking.notices import NoticeRequest
from models.subscribing.invoices import Invoice
from workflows import visibility


def report(
    start: BillStart,
    state: BillState,
    action: str,
    order: Command,
    *,
    now: datetime,
    move: int,
    detail: str = "",
    settled: Invoice | None = None,
    notices: Sequence[NoticeRequest] = (),
) -> BillReport:
    """One step of a bill, to be written in one go. `move` tells apart the same act done twice; without an action it is no news."""
    words, at = state.next_action
    standing = BillStanding(
        tenant=start.tenant,
        id=start.subscription,
        status=state.status,
        at=now,
        due=Money(0 if state.status.over else start.amount.centavos, start.amount.currency),
        invoice=state.invoice,
        pay_url=state.pay_url,
        issued_at=state.issued_at,
        due_at=state.due_at,
        settled_at=state.settled_at,
        next_action=words,
        next_action_at=at,
    )
    key = f"{start.subscription}/{move}/{action}"
    entry = AuditEntry(start.tenant, start.subscription, key, now, order.actor, action, order.reason, detail)
    return BillReport(standing, (entry,) if action else (), settled, tuple(notices))


def paid_outside(invoice: Invoice) -> bool:
    """Whether the money came past the provider, as somebody has just said."""
    return invoice.charge is not None and invoice.charge.id.startswith(EXTERNAL)


def answer(state: BillState) -> Answer:
    """Where the bill stands, for whoever gave an order."""
    words, at = state.next_action
    return Answer(status=state.status, next_action=words, next_action_at=at.isoformat() if at else "")


def attributes(start: BillStart, state: BillState) -> visibility.Updates:
    """The search attributes of a bill."""
    _, at = state.next_action
    return [
        visibility.STATUS.value_set(state.status),
        visibility.AMOUNT_DUE.value_set(0 if state.status.over else start.amount.centavos),
        visibility.NEXT_ACTION_AT.value_set(at) if at else visibility.NEXT_ACTION_AT.value_unset(),
    ]


def details(start: BillStart, state: BillState) -> str:
    """The bill in Markdown, times on the customer's clock."""
    show = start.calendar.show
    words, at = state.next_action
    return visibility.table(
        [
            ("customer", start.reference),
            ("amount", str(start.amount)),
            ("status", f"**{state.status.replace('_', ' ')}**"),
            ("invoice", state.invoice),
            ("due", show(state.due_at) if state.due_at else ""),
            ("next", f"**{words}** on {show(at)}" if at else words),
        ]
    )
