"""A year's price in parts: exact to the centavo, on the days of the months."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.changing.plan_instalments import amounts, parts, year_of
from models.money import Money
from models.periods import Calendar

BEGAN = datetime(2027, 1, 31, 18, tzinfo=UTC)
ENDS = datetime(2028, 1, 31, 18, tzinfo=UTC)


@given(st.integers(12, 10**9), st.integers(2, 12))
def test_parts_are_the_price_and_differ_by_a_centavo_at_most(centavos: int, count: int) -> None:
    made = amounts(Money(centavos), count)
    assert (sum(made), len(made)) == (centavos, count)
    assert max(made) - min(made) <= 1
    assert list(made) == sorted(made, reverse=True)


@pytest.mark.parametrize(
    ("price", "count", "told"),
    [
        (350_000, 12, (29_167,) * 8 + (29_166,) * 4),
        (200_000, 3, (66_667, 66_667, 66_666)),
        (400_000, 6, (66_667,) * 4 + (66_666,) * 2),
    ],
)
def test_the_shipped_plans_divide_so(price: int, count: int, told: tuple[int, ...]) -> None:
    assert amounts(Money(price), count) == told


def test_each_part_is_due_on_the_same_day_of_its_month_or_its_last() -> None:
    made = parts(Money(350_000), 12, BEGAN, ENDS, Calendar())
    assert [(part.on.month, part.on.day) for part in made[:4]] == [(1, 31), (2, 28), (3, 31), (4, 30)]
    assert made[0].on == BEGAN
    assert all(before.on < after.on < ENDS for before, after in pairwise(made))


def test_a_shortened_year_has_twelfths() -> None:
    calendar = Calendar(day_seconds=1.0)
    ends = BEGAN + timedelta(seconds=365)
    made = parts(Money(200_000), 3, BEGAN, ends, calendar)
    assert [round((part.on - BEGAN).total_seconds(), 1) for part in made] == [0.0, 30.4, 60.8]


def test_two_years_are_told_apart() -> None:
    assert year_of(BEGAN) != year_of(ENDS)
