"""Bills and tickets whose process is lost: told from the record, and what the new one goes on from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.billing.bill_news import BillState
from models.billing.bills import Bill, BillLine, BillStatus
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, Delivery
from models.speaking.notices import Channel
from models.subscribing.invoices import Funding
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.messages import Settled
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind
from models.tickets.ticket import Origin, TicketState, Topic
from models.watching.attention import Rule
from models.watching.missing_processes import (
    compare_bill,
    compare_ticket,
    heard_and_unheard,
    latest_ticket,
    lost_on_its_way,
    remembered_bill,
)
from models.watching.reconciliation import Repair, Standing

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BILL = Bill(
    "acme",
    "b_1",
    "c_1",
    (BillLine("Consulta", 1, 40_000),),
    NOW - DAY,
    status=BillStatus.OPEN,
    invoice="in_1",
    issued_at=NOW - DAY,
    due_at=NOW + DAY,
)
TICKET = desk.opened(
    Asked("acme", "tk_1", "c_1", Topic.BILLING, Origin.MESSAGE, "customer"), Terms(), Calendar(), NOW - DAY
)
CASE = CaseRecord("acme", "in_1", "b_1", Money(40_000), Stage.GRACE, "reminding v1", NOW - DAY)


@pytest.mark.parametrize(
    ("status", "age", "standing", "found"),
    [
        (BillStatus.OPEN, DAY, None, True),
        (BillStatus.OVERDUE, DAY, None, True),
        (BillStatus.DRAFT, DAY, None, True),
        (BillStatus.DRAFT, timedelta(minutes=1), None, False),  # its process may be about to begin
        (BillStatus.OPEN, DAY, Standing("open"), False),
        *((status, DAY, None, False) for status in BillStatus if status.over),
    ],
)
def test_a_bill_that_is_not_over_and_has_no_process_is_missed(
    status: BillStatus, age: timedelta, standing: Standing | None, found: bool
) -> None:
    bill = replace(BILL, status=status, created_at=NOW - age)
    told = compare_bill(bill, standing, now=NOW, settling=HOUR)
    assert (told is not None) is found
    if told:
        assert (told.finding.rule, told.finding.subject, told.repair) == (
            Rule.PROCESS_MISSING,
            "b_1",
            Repair.START_BILL,
        )


def test_a_draft_of_long_ago_is_listed_and_not_issued_by_itself() -> None:
    draft = replace(BILL, status=BillStatus.DRAFT)
    told = [
        (missed.finding.rule, missed.repair)
        for age in (DAY, DAY + HOUR)
        if (missed := compare_bill(replace(draft, created_at=NOW - age), None, now=NOW, settling=HOUR))
    ]
    assert told == [(Rule.PROCESS_MISSING, Repair.START_BILL), (Rule.BILL_NOT_ISSUED, Repair.NONE)]
    open_ = compare_bill(replace(BILL, created_at=NOW - 30 * DAY), None, now=NOW, settling=HOUR)
    assert open_ is not None
    assert open_.repair is Repair.START_BILL, "one that was issued goes on, however old"


@pytest.mark.parametrize("state", TicketState)
def test_a_ticket_that_is_not_closed_and_has_no_process_is_missed(state: TicketState) -> None:
    ticket = replace(TICKET, state=state)
    told = compare_ticket(ticket, None, now=NOW, settling=HOUR)
    assert (told is None) is (state is TicketState.CLOSED)
    assert compare_ticket(ticket, Standing(state), now=NOW, settling=HOUR) is None
    assert compare_ticket(replace(ticket, opened_at=NOW), None, now=NOW, settling=HOUR) is None


def test_a_bill_goes_on_where_its_row_and_its_case_say_it_stood() -> None:
    assert remembered_bill(replace(BILL, status=BillStatus.DRAFT), [], NOW) is None
    quiet = remembered_bill(BILL, [], NOW)
    assert quiet is not None
    assert (quiet.status, quiet.invoice, quiet.due_at, quiet.ask_at) == (BillStatus.OPEN, "in_1", NOW + DAY, NOW)
    assert (quiet.collecting, quiet.given_up, quiet.outside) == (False, False, None)
    counter = remembered_bill(BILL, [], NOW, BillState(status=BillStatus.PAID, outside=Funding.CASH))
    assert counter is not None
    assert (counter.status, counter.outside) == (BillStatus.OPEN, Funding.CASH), "the provider says how it stands"
    overdue = replace(BILL, status=BillStatus.OVERDUE)
    chased = remembered_bill(overdue, [replace(CASE, next_step="reminder", next_step_at=NOW + HOUR)], NOW)
    assert chased is not None
    assert (chased.collecting, chased.next_action) == (True, ("reminder", NOW + HOUR))
    over = remembered_bill(overdue, [replace(CASE, outcome=Outcome.EXHAUSTED)], NOW)
    assert over is not None
    assert (over.collecting, over.given_up) == (False, True)
    unchased = remembered_bill(overdue, [], NOW)
    assert unchased is not None
    assert unchased.status is BillStatus.OPEN, "so that its case is begun now"


def test_of_row_and_last_word_the_longer_thread_counts() -> None:
    row = replace(TICKET, number=3)
    later, earlier = replace(row, number=4, state=TicketState.CLOSED), replace(row, number=2)
    assert [latest_ticket(row, each) for each in (None, earlier, row, later)] == [row, row, row, later]


@pytest.mark.parametrize(
    ("state", "delivery", "lost"),
    [
        (TicketState.WAITING, Delivery.FAILED, True),
        (TicketState.OPEN, Delivery.FAILED, False),  # it was heard of, or the customer has written since
        (TicketState.WAITING, Delivery.DELIVERED, False),
        (TicketState.WAITING, None, False),
    ],
)
def test_a_reply_that_did_not_arrive_is_told_to_a_ticket_that_waits_for_its_answer(
    state: TicketState, delivery: Delivery | None, lost: bool
) -> None:
    reply = Entry("acme", "tk_1", "te_1", EntryKind.REPLY, NOW, "ana", 1, delivery=Delivery.FAILED, by=Channel.WHATSAPP)
    last = replace(reply, id="te_2", number=2, delivery=delivery, by=Channel.EMAIL, error="550")
    note = replace(reply, id="te_3", number=3, kind=EntryKind.NOTE, delivery=None)
    found = lost_on_its_way(replace(TICKET, state=state), [reply, last, note])
    assert found == (Settled("te_2", Delivery.FAILED, Channel.EMAIL, "550") if lost else None)


def test_words_that_no_process_has_taken_in_are_told_apart() -> None:
    words = [
        Entry("acme", "tk_1", f"te_{n}", EntryKind.CUSTOMER, NOW, "customer", number) for n, number in ((1, 2), (2, 0))
    ]
    heard, unheard = heard_and_unheard(words)
    assert (heard, [entry.id for entry in unheard]) == (("te_1",), ["te_2"])
