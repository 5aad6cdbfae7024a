"""Cash by month: the source document's own figures, and what holds for any book."""

from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import shipped
from models.forecasting.cashflow import CashMonth, Cohort, Prudence, month_after, projected
from models.forecasting.scenario import ScenarioInvalid, parse
from models.money import Money
from models.selling.plans import Interval

JANUARY = date(2026, 1, 1)


def shipped_scenario(name: str) -> tuple[CashMonth, ...]:
    page = shipped.page("scenarios", name)
    assert page is not None
    return parse(page).months(JANUARY, 6)


def test_the_conservative_scenario_brings_what_its_source_says() -> None:
    months = shipped_scenario("conservador")
    assert [(m.customers, m.collected) for m in (months[0], months[2], months[5])] == [
        (20, 298_000),
        (100, 1_490_000),
        (300, 4_470_000),
    ]


def test_the_scenario_with_yearly_payments_brings_what_its_source_says() -> None:
    months = shipped_scenario("pagos-anuales")
    assert [months[0].collected, months[2].collected] == [823_500, 4_643_000]
    # A yearly price is cash once, and a twelfth of it in MRR: 15 x 149 and 5 x 100.
    assert [months[1].collected, months[0].mrr] == [223_500, 273_500]


def test_never_more_than_sixty_per_cent_of_mrr_is_spent_and_the_reserve_is_filled_first() -> None:
    (first, second) = projected(
        [Cohort(100, Money(100_000), Interval.MONTH, 0)],
        begins=JANUARY,
        months=2,
        prudence=Prudence(60, 5_000_000),
    )
    assert (first.collected, first.spent, first.reserve, first.kept) == (10_000_000, 6_000_000, 4_000_000, 0)
    assert (second.reserve, second.kept) == (5_000_000, 3_000_000)


def test_those_who_leave_take_their_part_of_what_is_to_come() -> None:
    months = projected(
        [Cohort(100, Money(10_000), Interval.MONTH, 0)],
        begins=JANUARY,
        months=3,
        prudence=Prudence(churn_percent=Fraction(10)),
    )
    assert [(m.customers, m.collected) for m in months] == [(100, 1_000_000), (90, 900_000), (81, 810_000)]


def test_months_follow_one_another_over_the_turn_of_the_year() -> None:
    assert [month_after(date(2026, 11, 21), n) for n in (0, 1, 2, 14)] == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2028, 1, 1),
    ]


cohorts = st.builds(
    Cohort,
    st.integers(0, 500),
    st.integers(1, 1_000_000).map(Money),
    st.sampled_from(Interval),
    first=st.integers(0, 11),
)


@given(st.lists(cohorts, max_size=6), st.integers(0, 100), st.integers(0, 10_000_000))
def test_no_centavo_is_lost_and_the_reserve_is_never_touched(book: list[Cohort], spend: int, reserve: int) -> None:
    months = projected(book, begins=JANUARY, months=12, prudence=Prudence(spend, reserve))
    assert sum(m.collected for m in months) == sum(m.spent for m in months) + months[-1].reserve + months[-1].kept
    assert all(m.spent * 100 <= m.mrr * spend and m.kept >= 0 for m in months)
    assert all(before.reserve <= after.reserve <= reserve for before, after in pairwise(months))
    yearly = sum(c.customers * c.price.centavos for c in book if c.interval is Interval.YEAR)
    monthly = sum(c.customers * c.price.centavos * (12 - c.first) for c in book if c.interval is Interval.MONTH)
    assert sum(m.collected for m in months) == yearly + monthly


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("name: X\nprices: {month: 149}\njoins: {1: {month: 1}}\n", "prices.month"),
        ('name: X\nprices: {month: "149.00"}\njoins: {1: {year: 1}}\n', "prices has no such price"),
        ('name: X\nprices: {month: "149.00"}\njoins: {0: {month: 1}}\n', "joins.0"),
        ('name: X\nprices: {month: "149.00"}\njoins: {1: {month: -1}}\n', "joins.1.month"),
        ("name: [", "not YAML"),
        ("- 1", "page"),
    ],
)
def test_a_page_that_cannot_be_reckoned_with_says_where(page: str, told: str) -> None:
    with pytest.raises(ScenarioInvalid, match=told):
        parse(page)
