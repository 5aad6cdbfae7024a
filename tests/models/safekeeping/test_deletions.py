"""When a customer's data go: never unwarned, never earlier than the notice that arrived, never after they are back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.periods import Calendar
from models.policies.policy import Retention
from models.safekeeping import deletion_refusals, deletions
from models.safekeeping.deletions import Cause, Decision, Deletion, Do, Standing, State, Warned

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CALENDAR, TERMS = Calendar(), Retention()
BEGUN = Deletion("acme", "del_1", "c_1", "s_1", Cause.CANCELED, NOW, "perdura", "policy", NOW + 30 * DAY)
EARLY, LATE = TERMS.warn


def decide(deletion: Deletion, days: float) -> Decision:
    return deletions.decide(deletion, TERMS, CALENDAR, NOW + days * DAY)


def warned(deletion: Deletion, days: float, *, arrived: bool | None = True) -> Deletion:
    """Warned at a day; None: nobody has heard of its end."""
    at = NOW + days * DAY
    lead = deletions.next_lead(deletion, TERMS, CALENDAR, at)
    deletion = deletions.warned(deletion, lead or TERMS.least, at)
    if arrived is None:
        return deletion
    key = deletion.warnings[-1].key
    return deletions.answered(deletion, key, arrived=arrived, terms=TERMS, calendar=CALENDAR, now=at)


@pytest.mark.parametrize(
    ("deletion", "days", "does", "at"),
    [
        (BEGUN, 0, Do.WAIT, 16),
        (BEGUN, 16, Do.WARN, 16),
        (BEGUN, 40, Do.WARN, 40),  # after an outage: one warning, not two
        (warned(BEGUN, 16, arrived=None), 40, Do.WAIT, None),
        (warned(BEGUN, 16), 16, Do.WAIT, 27),
        (warned(BEGUN, 16, arrived=False), 16, Do.WAIT, 27),
        (warned(warned(BEGUN, 16), 27), 29, Do.WAIT, 30),
        (warned(warned(BEGUN, 16), 27), 30, Do.ASK, 30),
        (warned(warned(BEGUN, 16), 27, arrived=False), 30, Do.ASK, 30),  # the first one did arrive
        (warned(warned(BEGUN, 16, arrived=False), 29), 31, Do.WAIT, 32),  # it came late: three days from then
        (warned(warned(BEGUN, 16, arrived=False), 27, arrived=False), 99, Do.WAIT, None),
        (warned(BEGUN, 40), 42, Do.WAIT, 43),
        (replace(BEGUN, state=State.UNCONFIRMED), 99, Do.WAIT, None),
        (replace(BEGUN, state=State.CONFIRMED), 31, Do.ERASE, 31),
        (replace(BEGUN, state=State.CONFIRMED, look_at=NOW + 32 * DAY), 31, Do.WAIT, 32),
        (deletions.asked(BEGUN, NOW), 1, Do.WAIT, 2),
        (deletions.asked(BEGUN, NOW), 2, Do.REMIND, 2),
        (replace(deletions.asked(BEGUN, NOW), reminders=3), 2, Do.WAIT, 7),
        (deletions.asked(BEGUN, NOW), 7, Do.GIVE_UP_WAITING, 7),
        (replace(BEGUN, state=State.DONE), 0, Do.END, None),
        (replace(BEGUN, state=State.CANCELED), 0, Do.END, None),
    ],
)
def test_what_comes_next(deletion: Deletion, days: float, does: Do, at: float | None) -> None:
    assert decide(deletion, days) == Decision(does, None if at is None else NOW + at * DAY)


def test_where_no_warning_arrives_a_person_must_see_to_it_and_may_have_it_sent_again() -> None:
    stuck = warned(warned(BEGUN, 16, arrived=False), 27, arrived=False)
    assert (stuck.state, stuck.warned_at) == (State.UNDELIVERABLE, None)
    again = warned(stuck, 60)
    assert (again.state, again.day) == (State.WAITING, NOW + 63 * DAY)


@given(st.lists(st.tuples(st.floats(0.1, 20), st.booleans()), max_size=40))
def test_nothing_is_asked_for_before_the_shortest_notice_after_a_warning_that_arrived(
    steps: list[tuple[float, bool]],
) -> None:
    """However late the machine is, and whatever becomes of the warnings."""
    deletion, days = BEGUN, 0.0
    for late, arrives in steps:
        decision = decide(deletion, days)
        if decision.do is Do.WARN:
            deletion = warned(deletion, days, arrived=arrives)
        elif decision.do is Do.ASK:
            assert deletion.warned_at is not None
            assert NOW + days * DAY >= max(BEGUN.day, deletion.warned_at + TERMS.least)
            assert len(deletion.warnings) <= len(TERMS.warn)
            return
        days += late


BACK, PAID, HINDERED = Standing(returned=True), Standing(paid_at=NOW + DAY), Standing(hindrance="a CFDI is under way")


@pytest.mark.parametrize(
    ("cause", "standing", "state"),
    [
        (Cause.CANCELED, Standing(), State.WAITING),
        (Cause.CANCELED, Standing(paid_at=NOW - DAY), State.WAITING),
        (Cause.CANCELED, BACK, State.CANCELED),
        (Cause.UNPAID, PAID, State.CANCELED),
        (Cause.ASKED, PAID, State.WAITING),  # who asked to be deleted may pay a last bill
        (Cause.ASKED, BACK, State.CANCELED),
        (Cause.UNPAID, HINDERED, State.WAITING),
    ],
)
def test_who_is_back_or_has_paid_keeps_their_data(cause: Cause, standing: Standing, state: State) -> None:
    seen = deletions.looked(replace(BEGUN, cause=cause), standing, CALENDAR, NOW + 30 * DAY)
    assert (seen.state, seen.hindrance) == (state, standing.hindrance)
    assert seen.look_at == (NOW + 31 * DAY if standing.hindrance else None)
    asked = deletions.looked(deletions.asked(BEGUN, NOW), standing, CALENDAR, NOW)
    assert asked.state is State.ASKED


def test_every_state_says_what_may_still_be_ordered() -> None:
    for state in State:
        held = replace(BEGUN, state=state, asked_at=NOW)
        assert (deletion_refusals.why_not_canceled(held) == "") is state.cancellable
        assert (deletion_refusals.why_not_warned(held) == "") is state.cancellable
        told = state in (State.ASKED, State.UNCONFIRMED, State.CONFIRMED, State.DONE)
        assert (deletion_refusals.why_not_confirmed(held) == "") is told
    assert "wait" in deletion_refusals.why_not_warned(replace(BEGUN, warnings=(Warned("k", NOW, EARLY),)))


def test_customer_who_asks_is_warned_at_once_and_again_before_the_day() -> None:
    day = deletions.first_day(Cause.ASKED, TERMS, CALENDAR, NOW)
    asked = replace(BEGUN, cause=Cause.ASKED, day=day)
    assert decide(asked, 0).do is Do.WARN
    told = warned(asked, 0)
    assert decide(told, 0) == Decision(Do.WAIT, day - LATE)
    assert decide(warned(told, 2), 5).do is Do.ASK
