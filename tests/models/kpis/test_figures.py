"""Every figure of the business against a book small enough to be worked out by hand; the arithmetic stands beside it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from models.analytics.funnel import Trial
from models.analytics.recovery import Collected
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, Followed
from models.collecting.cases import Outcome, Stage
from models.kpis.definitions import DEFINITIONS, Kpi, Unit
from models.kpis.figures import (
    Base,
    Facts,
    Figure,
    Lost,
    Standing,
    figures,
    first_response,
    lasted,
    revenue,
    shown,
)
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status
from models.tickets.figures import FirstResponse
from models.tickets.ticket import Topic

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)  # ten past midnight in Mexico City
TODAY = date(2026, 11, 21)
MONTH, YEAR = Interval.MONTH, Interval.YEAR


def case(number: int, age: float, **changes: object) -> Collected:
    record = CaseRecord(
        "acme", f"in_{number}", f"s_{number}", Money(14_900), Stage.GRACE, "ruthless v2", NOW - age * DAY
    )
    return Collected(replace(record, **changes), "pro")  # type: ignore[arg-type]


def paid(number: int, age: float, after: float) -> Collected:
    return case(number, age, outcome=Outcome.PAID, paid_at=NOW - age * DAY + after * DAY)


def answer(opened: datetime, answered: datetime | None = None) -> FirstResponse:
    return FirstResponse(opened, opened + DAY, Topic.BILLING, answered)


def downgrade(age: float, left_after: float | None = None) -> Followed:
    took = NOW - age * DAY
    record = ChangeRecord(
        *("acme", f"pc_{age}", "s_1", ChangeKind.DOWNGRADE, ChangeState.DONE, "pro", "starter"),
        *(Money(14_900), Money(9_900), Money(0), took, took, "customer"),
    )
    return Followed(record, None if left_after is None else took + left_after * DAY)


# The book of acme on the evening of 21 November:
#   40 active and 5 past due at 149.00 a month, 3 suspended at 149.00 a month, 12 active at 1,200.00 a year, 2 active at 10.00 USD;
#   7 trials, 4 paused and 9 canceled ones, which are in no base.
BOOK = Facts(
    standings=(
        Standing(Status.ACTIVE, MONTH, "MXN", 40, 40 * 14_900),
        Standing(Status.PAST_DUE, MONTH, "MXN", 5, 5 * 14_900),
        Standing(Status.SUSPENDED, MONTH, "MXN", 3, 3 * 14_900),
        Standing(Status.ACTIVE, YEAR, "MXN", 12, 12 * 120_000),
        Standing(Status.ACTIVE, MONTH, "USD", 2, 2_000),
        Standing(Status.TRIALING, MONTH, "MXN", 7, 7 * 14_900),
        Standing(Status.PAUSED, MONTH, "MXN", 4, 4 * 14_900),
        Standing(Status.CANCELED, MONTH, "MXN", 9, 9 * 14_900),
    ),
    # Thirty days before: 50 at 149.00 a month and 10 at 1,200.00 a year. Since then 3 left by themselves (2 by the month, 1 by the year)
    # and 2 by the month after their case had ended unpaid.
    base=Base(
        date(2026, 10, 22),
        (Standing(Status.ACTIVE, MONTH, "MXN", 50, 745_000), Standing(Status.ACTIVE, YEAR, "MXN", 10, 1_200_000)),
        (
            Lost(unpaid=False, interval=MONTH, currency="MXN", count=2, centavos=29_800),
            Lost(unpaid=False, interval=YEAR, currency="MXN", count=1, centavos=120_000),
            Lost(unpaid=True, interval=MONTH, currency="MXN", count=2, centavos=29_800),
        ),
    ),
    cases=(
        paid(1, 20, 1),  # within seven days
        paid(2, 20, 7),  # to the instant: within
        paid(3, 20, 9),  # too late for seven days, recovered all the same
        case(4, 20, outcome=Outcome.EXHAUSTED),
        case(5, 20),  # open for twenty days: its seven are over, it is not decided
        case(6, 20, outcome=Outcome.VOIDED),  # nobody owes it
        paid(7, 3, 1),  # its seven days are not over: left out though it was paid
        paid(8, 60, 2),  # before the window of the seven days, within that of the rate
    ),
    followed=(
        downgrade(50),  # stayed
        downgrade(45, left_after=40),  # left after its thirty days: stayed
        downgrade(40, left_after=10),  # left
        downgrade(5, left_after=2),  # left at once: told before its time is over
        downgrade(5),  # its time is not over: waits
    ),
    trials=(
        Trial("pro", NOW - 40 * DAY, Status.ACTIVE, card_required=True, card=True, paid_at=NOW - 33 * DAY),
        Trial("pro", NOW - 40 * DAY, Status.CANCELED, card_required=True, card=True),
        Trial("pro", NOW - 40 * DAY, Status.PAUSED, card_required=False),
        Trial("pro", NOW - 2 * DAY, Status.TRIALING, card_required=True, card=True),  # goes on
    ),
    responses=(
        answer(NOW - 5 * DAY, NOW - 5 * DAY + timedelta(minutes=10)),
        answer(NOW - 4 * DAY, NOW - 4 * DAY + timedelta(minutes=20)),
        answer(NOW - 3 * DAY, NOW - 3 * DAY + timedelta(minutes=90)),
        answer(NOW - 1 * DAY),  # waits
    ),
)

WORKED_OUT = {
    # (5 + 3) of (40 + 5 + 3 + 12 + 2)
    (Kpi.PAST_DUE_SHARE, ""): (8, 62, Fraction(8, 62)),
    # (10 + 20 + 90) min = 7,200 s over 3 answered cases
    (Kpi.FIRST_RESPONSE_MEAN, ""): (7_200, 3, Fraction(2_400)),
    # 10, 20, 90: the middle one
    (Kpi.FIRST_RESPONSE_MEDIAN, ""): (1_200, 3, Fraction(1_200)),
    # 1 and 2, of 1, 2, 3, 4, 5
    (Kpi.RECOVERED_IN_7_DAYS, ""): (2, 5, Fraction(2, 5)),
    # the first two, of four
    (Kpi.DOWNGRADES_RETAINED, ""): (2, 4, Fraction(1, 2)),
    (Kpi.TRIAL_TO_PAID, ""): (1, 3, Fraction(1, 3)),
    # 48 × 149.00 = 7,152.00 and 12 × 1,200.00 / 12 = 1,200.00
    (Kpi.MRR, "MXN"): (835_200, 60, Fraction(835_200)),
    (Kpi.ARR, "MXN"): (10_022_400, 60, Fraction(10_022_400)),
    (Kpi.MRR, "USD"): (2_000, 2, Fraction(2_000)),
    (Kpi.ARR, "USD"): (24_000, 2, Fraction(24_000)),
    (Kpi.CHURN_VOLUNTARY, ""): (3, 60, Fraction(1, 20)),
    (Kpi.CHURN_INVOLUNTARY, ""): (2, 60, Fraction(1, 30)),
    # 298.00 + 1,200.00 / 12 = 398.00 of 7,450.00 + 12,000.00 / 12 = 8,450.00
    (Kpi.CHURN_VOLUNTARY_REVENUE, "MXN"): (39_800, 845_000, Fraction(398, 8_450)),
    (Kpi.CHURN_INVOLUNTARY_REVENUE, "MXN"): (29_800, 845_000, Fraction(298, 8_450)),
    # 1, 2, 3, 7, 8 paid, of these and 4; 5 is open and 6 voided
    (Kpi.RECOVERY_RATE, ""): (5, 6, Fraction(5, 6)),
}


def test_every_figure_is_what_the_book_comes_to_by_hand() -> None:
    found = figures(BOOK, day=TODAY, now=NOW, calendar=Calendar())
    told = {(each.kpi, each.currency): (each.numerator, each.denominator, each.value) for each in found}
    assert told == WORKED_OUT
    assert {each.kpi for each in found} == set(Kpi), "none is left out"
    assert {each.since for each in found if "churn" in each.kpi} == {date(2026, 10, 22)}


def test_an_empty_book_has_no_shares_rather_than_shares_of_nothing() -> None:
    found = figures(Facts(), day=TODAY, now=NOW, calendar=Calendar())
    assert {each.value for each in found} == {None}
    assert {shown(each) for each in found} == {"—"}


@pytest.mark.parametrize(
    ("minutes", "median"),
    [((5,), 300), ((10, 20), 900), ((30, 10, 20), 1_200), ((1, 2, 3, 100), 150)],
)
def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(minutes: tuple[int, ...], median: int) -> None:
    answers = [answer(NOW, NOW + timedelta(minutes=each)) for each in minutes]
    assert first_response(answers, TODAY)[1].numerator == median


def test_arr_is_twelve_times_mrr_before_it_is_rounded() -> None:
    # 100.00 a year is 8.333… a month: ARR is 100.00 again, not 12 × 8.33
    found = revenue([Standing(Status.ACTIVE, YEAR, "MXN", 1, 10_000)], TODAY)
    assert [each.numerator for each in found] == [833, 10_000]


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(Kpi.PAST_DUE_SHARE, TODAY, 8, 62), "12.9 %"),
        (Figure(Kpi.MRR, TODAY, 835_200, 60, "MXN"), "$8,352.00 MXN"),
        (Figure(Kpi.FIRST_RESPONSE_MEAN, TODAY, 7_200, 3), "40 min"),
        (Figure(Kpi.FIRST_RESPONSE_MEDIAN, TODAY, 4_320, 1), "1 h 12 min"),
        (Figure(Kpi.CHURN_VOLUNTARY, TODAY, 0, 0), "—"),
    ],
)
def test_a_figure_is_read_as_people_write_it(figure: Figure, text: str) -> None:
    assert shown(figure) == text


def test_spans_are_read_in_the_two_largest_units() -> None:
    told = [lasted(timedelta(seconds=each)) for each in (0, 59, 60, 3_600, 90_061)]
    assert told == ["0 s", "59 s", "1 min", "1 h 0 min", "1 d 1 h"]


def test_every_definition_says_what_it_counts_in_both_languages() -> None:
    assert list(DEFINITIONS) == list(Kpi)
    for each in DEFINITIONS.values():
        for words in (each.name, each.numerator, each.denominator, each.window):
            assert words.es.strip()
            assert words.en.strip()
        assert each.unit is not Unit.SHARE or each.divided
