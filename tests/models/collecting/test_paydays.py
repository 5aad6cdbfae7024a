"""The quincena: the 15th and the last day, moved before days without banks."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.collecting.paydays import business_day, payday_from, paydays

MEXICO = "America/Mexico_City"


@pytest.mark.parametrize(
    ("year", "month", "first", "second"),
    [
        (2026, 10, 15, 30),  # the 31st is a Saturday
        (2026, 11, 13, 30),  # the 15th a Sunday
        (2026, 2, 13, 27),
        (2024, 2, 15, 29),
        (2024, 3, 15, 27),  # the 28th and 29th are Maundy Thursday and Good Friday, then a weekend
        (2025, 12, 15, 31),
        (2027, 5, 14, 31),
    ],
)
def test_paydays_of_a_month(year: int, month: int, first: int, second: int) -> None:
    assert paydays(year, month) == (date(year, month, first), date(year, month, second))


@pytest.mark.parametrize("day", [date(2026, 11, 2), date(2025, 12, 12), date(2026, 4, 2), date(2026, 11, 21)])
def test_banks_are_shut(day: date) -> None:
    assert not business_day(day)


@given(st.integers(2024, 2035), st.integers(1, 12))
def test_every_payday_is_a_business_day_of_its_month(year: int, month: int) -> None:
    for day, nominal in zip(paydays(year, month), (15, 28), strict=True):
        assert business_day(day)
        assert (day.year, day.month) == (year, month)
        assert nominal - 6 <= day.day


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "until", "payday"),
    [
        ("2026-11-10T18:00", "2026-11-15T18:00", "2026-11-13T15:00"),
        ("2026-11-13T12:00", "2026-11-15T18:00", "2026-11-13T15:00"),  # before the morning of payday
        ("2026-11-13T18:00", "2026-11-15T18:00", "2026-11-13T18:00"),  # after it: now
        ("2026-11-14T18:00", "2026-11-19T18:00", None),
        ("2026-11-10T18:00", "2026-11-13T14:00", None),  # the window shuts before the morning
        ("2026-12-30T18:00", "2027-01-02T18:00", "2026-12-31T15:00"),
    ],
)
def test_the_next_payday_within_a_window(start: str, until: str, payday: str | None) -> None:
    assert payday_from(at(start), at(until), MEXICO) == (at(payday) if payday else None)
