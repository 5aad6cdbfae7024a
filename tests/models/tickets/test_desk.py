"""What happens to a ticket, as tables: its clock, its words, and what ends it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.periods import Calendar
from models.speaking.notices import Channel
from models.tickets import desk
from models.tickets.desk import Asked, Decision, Do
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Priority, Ticket, TicketState, Topic, of_case

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS, CALENDAR = Terms(), Calendar()
ASKED = Asked("acme", "tk_1", "c_1", Topic.BILLING, Origin.MESSAGE, "customer", subscription="s_1")
NEW = desk.opened(ASKED, TERMS, CALENDAR, NOW)
ANSWERED = desk.answered(NEW, "ana", NOW + HOUR)


def decided(ticket: Ticket, after: timedelta, terms: Terms = TERMS) -> Decision:
    return desk.decide(ticket, terms, CALENDAR, NOW + after)


@pytest.mark.parametrize(
    ("ticket", "after", "do", "at"),
    [
        (NEW, timedelta(), Do.WAIT, 6 * HOUR),
        (NEW, 6 * HOUR, Do.REMIND, 6 * HOUR),
        (desk.reminded(NEW, NOW + 6 * HOUR), 6 * HOUR, Do.WAIT, 8 * HOUR),
        (desk.reminded(NEW, NOW + 6 * HOUR), 8 * HOUR, Do.MISS, 8 * HOUR),
        (NEW, 9 * HOUR, Do.MISS, 8 * HOUR),  # whoever was away is not reminded of what is missed
        (desk.missed(NEW), 9 * HOUR, Do.WAIT, 72 * HOUR),
        (desk.missed(NEW), 72 * HOUR, Do.RAISE, 72 * HOUR),
        (ANSWERED, 9 * HOUR, Do.WAIT, 72 * HOUR),
        (ANSWERED, 72 * HOUR, Do.RAISE, 72 * HOUR),  # unresolved is unresolved, whoever's turn it is
        (replace(ANSWERED, priority=Priority.HIGH), 73 * HOUR, Do.WAIT, None),
        (replace(ANSWERED, raised_at=NOW + 72 * HOUR), 73 * HOUR, Do.WAIT, None),  # a person has lowered it since
        (desk.resolved(ANSWERED, "ana", NOW + HOUR), 2 * HOUR, Do.WAIT, HOUR + 7 * DAY),
        (desk.resolved(ANSWERED, "ana", NOW + HOUR), 8 * DAY, Do.CLOSE, HOUR + 7 * DAY),
        (desk.closed(ANSWERED, NOW), 8 * DAY, Do.END, None),
    ],
)
def test_what_comes_next(ticket: Ticket, after: timedelta, do: Do, at: timedelta | None) -> None:
    assert decided(ticket, after) == Decision(do, NOW + at if at is not None else None)


def test_the_first_response_counts_and_only_the_first() -> None:
    again = desk.answered(ANSWERED, "eva", NOW + 2 * HOUR)
    assert (again.answered_at, again.answered_by, again.replies) == (NOW + HOUR, "ana", 2)
    assert (ANSWERED.state, again.state) == (TicketState.WAITING, TicketState.WAITING)
    called = desk.spoken_to(NEW, "ana", NOW + HOUR)
    assert (called.answered_at, called.state, called.replies) == (NOW + HOUR, TicketState.OPEN, 0)


def test_what_a_person_settles_was_attended_to_and_what_settles_itself_was_not() -> None:
    assert desk.resolved(NEW, "ana", NOW).answered_at == NOW
    assert desk.resolved(NEW, desk.BY_ITSELF, NOW).answered_at is None


@pytest.mark.parametrize(
    ("before", "reopened"),
    [
        (ANSWERED, 0),
        (desk.resolved(ANSWERED, "ana", NOW + HOUR), 1),
        (desk.closed(desk.resolved(ANSWERED, "ana", NOW + HOUR), NOW + 8 * DAY), 1),
    ],
)
def test_a_word_of_the_customers_opens_it_again(before: Ticket, reopened: int) -> None:
    later = NOW + 9 * DAY
    after = desk.heard(before, Channel.WHATSAPP, later, later)
    assert (after.state, after.words, after.heard_by) == (TicketState.OPEN, 1, Channel.WHATSAPP)
    assert (after.reopened, after.resolved_at, after.closed_at) == (reopened, None, None)
    assert after.answered_at == NOW + HOUR
    # The 72 hours count from then.
    assert decided(after, 9 * DAY).at == (later if reopened else NOW) + 72 * HOUR


@pytest.mark.parametrize(
    ("priority", "after", "due"),
    [
        (Priority.URGENT, timedelta(), HOUR),
        (Priority.URGENT, 6 * HOUR, 7 * HOUR),
        (Priority.URGENT, 7.5 * HOUR, 8 * HOUR),  # no promise is put off
        (Priority.HIGH, 5 * HOUR, 8 * HOUR),
    ],
)
def test_a_higher_priority_brings_the_answer_forward(priority: Priority, after: timedelta, due: timedelta) -> None:
    higher = desk.prioritised(NEW, priority, TERMS, CALENDAR, NOW + after)
    assert (higher.priority, higher.due_at) == (priority, NOW + due)
    assert desk.prioritised(higher, Priority.NORMAL, TERMS, CALENDAR, NOW + after).due_at == NOW + due


def test_a_higher_priority_leaves_what_was_answered_alone() -> None:
    assert desk.prioritised(ANSWERED, Priority.URGENT, TERMS, CALENDAR, NOW + HOUR).due_at == NEW.due_at


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        (Priority.NORMAL, Priority.NORMAL, Priority.HIGH),
        (Priority.NORMAL, Priority.URGENT, Priority.URGENT),
        (Priority.HIGH, Priority.NORMAL, Priority.URGENT),
        (Priority.URGENT, Priority.HIGH, Priority.URGENT),
    ],
)
def test_a_second_escalation_raises_the_priority(before: Priority, asked: Priority, after: Priority) -> None:
    ticket = desk.escalated_again(replace(NEW, priority=before), asked, TERMS, CALENDAR, NOW)
    assert (ticket.priority, ticket.state, ticket.reopened) == (after, TicketState.OPEN, 0)
    over = desk.resolved(NEW, "ana", NOW)
    assert desk.escalated_again(over, asked, TERMS, CALENDAR, NOW).state is TicketState.OPEN


def test_a_reply_that_did_not_arrive_is_waited_for_by_nobody() -> None:
    assert desk.not_arrived(ANSWERED).state is TicketState.OPEN
    over = desk.resolved(ANSWERED, "ana", NOW)
    assert desk.not_arrived(over) is over


@pytest.mark.parametrize(
    ("ticket", "terms", "settles"),
    [
        (NEW, TERMS, True),
        (desk.missed(NEW), TERMS, True),
        (NEW, Terms(ends_with_case=False), False),
        (ANSWERED, TERMS, False),
        (desk.heard(NEW, None, NOW, NOW), TERMS, False),
        (desk.resolved(NEW, desk.BY_ITSELF, NOW), TERMS, False),
    ],
)
def test_the_end_of_its_case_settles_what_nobody_has_touched(ticket: Ticket, terms: Terms, settles: bool) -> None:
    assert desk.settles_with_case(ticket, terms) is settles


def test_a_case_has_one_ticket() -> None:
    assert of_case("in_1") == of_case("in_1") != of_case("in_2")
