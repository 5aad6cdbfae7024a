"""When the first response is due: by priority, in the hours in which support is there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.periods import Calendar
from models.tickets.terms import OpenHours, Terms, faults
from models.tickets.ticket import Priority

HOUR = timedelta(hours=1)
OFFICE = OpenHours(9, 18, (0, 1, 2, 3, 4))
ZONE = "America/Mexico_City"  # UTC-6, without summer time
FRIDAY = datetime(2026, 11, 20, tzinfo=UTC)  # its midnight UTC; 9:00 in Mexico is 15:00


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        (FRIDAY + 15 * HOUR, 4 * HOUR, FRIDAY + 19 * HOUR),
        (FRIDAY + 10 * HOUR, 4 * HOUR, FRIDAY + 19 * HOUR),  # before it opens
        (FRIDAY + 22 * HOUR, 2 * HOUR, FRIDAY + 24 * HOUR),  # up to the minute at which it closes
        (FRIDAY + 22 * HOUR, 4 * HOUR, FRIDAY + timedelta(days=3) + 17 * HOUR),  # the weekend lies between
        (FRIDAY + timedelta(days=1) + 12 * HOUR, HOUR, FRIDAY + timedelta(days=3) + 16 * HOUR),
        (FRIDAY + 15 * HOUR, 18 * HOUR, FRIDAY + timedelta(days=4)),  # two whole days
    ],
)
def test_the_clock_runs_while_support_is_there(start: datetime, span: timedelta, due: datetime) -> None:
    assert OFFICE.after(start, span, ZONE) == due


def test_round_the_clock_an_hour_is_an_hour() -> None:
    assert OpenHours().after(FRIDAY, 40 * HOUR, ZONE) == FRIDAY + 40 * HOUR
    open_all_day = OpenHours(0, 24, (4, 5))
    assert open_all_day.after(FRIDAY + 6 * HOUR, 30 * HOUR, ZONE) == FRIDAY + 36 * HOUR


def test_a_day_of_another_length_has_no_opening_hours() -> None:
    terms, short = Terms(hours=OFFICE), Calendar(day_seconds=24)
    remind, due = terms.due(Priority.NORMAL, FRIDAY, short)
    assert (remind - FRIDAY, due - FRIDAY) == (timedelta(seconds=6), timedelta(seconds=8))


@pytest.mark.parametrize(("priority", "hours"), [(Priority.NORMAL, 8), (Priority.HIGH, 4), (Priority.URGENT, 1)])
def test_the_higher_the_priority_the_sooner(priority: Priority, hours: int) -> None:
    remind, due = Terms().due(priority, FRIDAY, Calendar())
    assert (remind, due) == (FRIDAY + hours * HOUR * 0.75, FRIDAY + hours * HOUR)


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (Terms(), []),
        (Terms(urgent=timedelta(minutes=1)), ["urgent"]),
        (Terms(normal=31 * 24 * HOUR), ["normal"]),
        (Terms(high=9 * HOUR), ["high"]),
        (Terms(hours=OpenHours(18, 9)), ["opens"]),
        (Terms(hours=OpenHours(9, 18, ())), ["days"]),
        (Terms(hours=OpenHours(9, 18, (7,))), ["days"]),
        (Terms(remind=96), ["remind"]),
        (Terms(raise_after=timedelta(minutes=1)), ["raise_after"]),
        (Terms(close_after=timedelta()), ["close_after"]),
    ],
)
def test_terms_that_cannot_be_kept_are_named(terms: Terms, fields: list[str]) -> None:
    assert [field for field, _ in faults(terms)] == fields
    assert all(words for _, words in faults(replace(terms, remind=0)))
