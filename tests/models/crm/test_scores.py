"""Scores say why: each is the sum of its reasons, and what is worse never looks better."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.changing.change_records import ChangeKind, ChangeState
from models.collecting.cases import Outcome
from models.crm.reasons import Because
from models.crm.scores import Health, Level, Score, churn_risk, default_risk, health
from models.crm.standing import Change, Standing
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status
from tests.models.crm.people import DAY, NOW, debt, held, sale, standing

ON_TIME = tuple(sale(number, ago=30 * (12 - number)) for number in range(12))
ACTIVE = standing(held=(held(),), sales=ON_TIME)


@pytest.mark.parametrize(
    ("who", "points", "level", "because"),
    [
        (ACTIVE, 0, Level.LOW, {Because.PAYS_ON_TIME}),
        (standing(), 10, Level.LOW, {Because.UNKNOWN_PAYER}),
        (replace(ACTIVE, debts=(debt(0),)), 15, Level.LOW, {Because.OVERDUE, Because.PAYS_ON_TIME}),
        (replace(ACTIVE, debts=(debt(20),)), 35, Level.MEDIUM, {Because.OVERDUE, Because.PAYS_ON_TIME}),
        (standing(debts=(debt(35), debt(5, 2))), 75, Level.HIGH, {Because.OVERDUE, Because.MORE_DEBTS, Because.UNKNOWN_PAYER}),
        (standing(sales=(sale(1, days_to_pay=9), sale(2))), 15, Level.LOW, {Because.PAID_LATE}),
        (standing(sales=(sale(1, days_to_pay=None, given_up=True),)), 25, Level.LOW, {Because.GIVEN_UP, Because.UNKNOWN_PAYER}),
        (
            replace(ACTIVE, debts=(replace(debt(40), outcome=Outcome.PAID, broken_promises=1),)),
            2,
            Level.LOW,
            {Because.CHARGES_FAILED, Because.PROMISES_BROKEN, Because.PAYS_ON_TIME},
        ),
    ],
)  # fmt: skip
def test_risk_of_not_paying(who: Standing, points: int, level: Level, because: set[Because]) -> None:
    score = default_risk(who, NOW)
    assert (score.points, score.level) == (points, level)
    assert {reason.because for reason in score.reasons} == because


@pytest.mark.parametrize(
    ("who", "points", "because"),
    [
        (standing(), 0, set()),
        (ACTIVE, 0, {Because.LOYAL}),
        (replace(ACTIVE, held=(held(ending=True),)), 40, {Because.LEAVING, Because.LOYAL}),
        (replace(ACTIVE, held=(held(Status.SUSPENDED),)), 25, {Because.NO_SERVICE, Because.LOYAL}),
        (replace(ACTIVE, held=(held(Status.PAUSED),)), 25, {Because.PAUSED, Because.LOYAL}),
        (replace(ACTIVE, held=(held(Status.CANCELED),)), 100, {Because.GONE}),
        (
            replace(standing(held=(held(Status.TRIALING, card=False, trial_end=NOW + 2 * DAY),)), since=NOW - 5 * DAY),
            40,
            {Because.IN_TRIAL, Because.TRIAL_ENDS},
        ),
        (
            replace(ACTIVE, changes=(Change(ChangeKind.DOWNGRADE, ChangeState.DONE, NOW - 10 * DAY),), spoken_at=None),
            10,
            {Because.DOWNGRADED, Because.SILENT, Because.LOYAL},
        ),
        (replace(ACTIVE, debts=(debt(5),)), 10, {Because.OVERDUE, Because.CHARGES_FAILED, Because.LOYAL}),
    ],
)
def test_risk_of_leaving(who: Standing, points: int, because: set[Because]) -> None:
    score = churn_risk(who, NOW)
    assert (score.points, {reason.because for reason in score.reasons}) == (points, because)


@pytest.mark.parametrize(
    ("who", "points", "well"),
    [
        (ACTIVE, 100, Health.EXCELLENT),
        (standing(), 50, Health.FAIR),
        (replace(ACTIVE, debts=(debt(20),)), 69, Health.GOOD),
        (replace(ACTIVE, held=(held(Status.SUSPENDED),), debts=(debt(35), debt(20, 2))), 39, Health.POOR),
    ],
)
def test_health(who: Standing, points: int, well: Health) -> None:
    score = health(who, NOW)
    assert (score.points, score.health) == (points, well)


days = st.integers(0, 120)
sales = st.lists(
    st.builds(
        lambda ago, late, lost: sale(ago, days_to_pay=late, ago=ago + 120, given_up=lost and late is None),
        st.integers(1, 700),
        st.none() | st.floats(0, 60),
        st.booleans(),
    ),
    max_size=15,
).map(lambda found: tuple(sorted(found, key=lambda each: each.issued_at)))
people = st.builds(
    lambda bought, owed, status: standing(
        sales=bought, debts=tuple(debt(ago, n) for n, ago in enumerate(owed)), held=(held(status),)
    ),
    sales,
    st.lists(days, max_size=4),
    st.sampled_from([Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.TRIALING]),
)


@given(people)
def test_points_are_the_sum_of_the_reasons_within_their_range(who: Standing) -> None:
    for score, base in ((default_risk(who, NOW), 0), (churn_risk(who, NOW), 0), (health(who, NOW), 100)):
        assert score.points == max(0, min(100, base + sum(reason.weight for reason in score.reasons)))
        assert all(reason.weight and reason.words(each) for reason in score.reasons for each in Language)


@given(people, st.floats(3.1, 90))
def test_one_more_late_payment_never_lowers_the_risk(who: Standing, late: float) -> None:
    more = replace(who, sales=(*who.sales, sale(0, days_to_pay=late, ago=100)))
    assert default_risk(more, NOW).points >= default_risk(who, NOW).points


@given(people)
def test_one_more_payment_in_time_never_raises_it(who: Standing) -> None:
    more = replace(who, sales=(*who.sales, sale(0, ago=1)))
    assert default_risk(more, NOW).points <= default_risk(who, NOW).points


@given(people, days)
def test_one_more_debt_lowers_no_risk_and_raises_no_health(who: Standing, ago: int) -> None:
    more = replace(who, debts=(*who.debts, debt(ago, 99)))
    assert default_risk(more, NOW).points >= default_risk(who, NOW).points
    assert churn_risk(more, NOW).points >= churn_risk(who, NOW).points
    assert health(more, NOW).points <= health(who, NOW).points


@given(people, st.integers(0, 60))
def test_a_debt_never_looks_better_for_being_older(who: Standing, older: int) -> None:
    later = NOW + timedelta(days=older)
    if who.owed:
        assert _weight(default_risk(who, later), Because.OVERDUE) >= _weight(default_risk(who, NOW), Because.OVERDUE)


def _weight(score: Score, because: Because) -> int:
    return sum(reason.weight for reason in score.reasons if reason.because is because)
