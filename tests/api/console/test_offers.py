"""What is written into the form of an order: a day is one that can be counted from."""

from datetime import UTC, datetime

import pytest

from api.console.offers import evening
from models.periods import Calendar


def test_an_evening_is_on_the_clock_of_the_business() -> None:
    assert evening("2026-12-01", Calendar()) == datetime(2026, 12, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize("day", ["9999-12-31", "2101-01-01", "1999-12-31", "0001-01-01", "mañana"])
def test_a_day_that_nobody_can_mean_is_refused(day: str) -> None:
    with pytest.raises(ValueError, match=day):
        evening(day, Calendar())
