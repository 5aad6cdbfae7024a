"""From trial to card to payment: what counts, of what, and by what it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.analytics.funnel import By, Funnel, Trial, funnel
from models.periods import Calendar
from models.subscribing.subscriptions import Status

D0 = datetime(2026, 11, 16, 12, tzinfo=UTC)  # a Monday, of week 47
TRIAL = Trial("pro", D0, Status.TRIALING, card_required=False)
PAID = replace(TRIAL, status=Status.ACTIVE, card=True, paid_at=D0 + timedelta(days=14))
LEFT = replace(TRIAL, status=Status.CANCELED)
ENDED = replace(TRIAL, status=Status.PAUSED)


def told(*trials: Trial, by: By = By.PLAN, zone: str = "America/Mexico_City") -> Funnel:
    return funnel(trials, since=D0, until=D0 + timedelta(days=90), by=by, calendar=Calendar(zone=zone))


@pytest.mark.parametrize(
    ("trial", "decided", "carded", "paid"),
    [
        (TRIAL, 0, 0, 0),
        (replace(TRIAL, card=True), 0, 0, 0),
        (replace(TRIAL, status=Status.PAST_DUE, card=True), 0, 0, 0),  # its first charge is being collected
        (replace(TRIAL, status=Status.SUSPENDED, card=True), 0, 0, 0),
        (replace(TRIAL, status=Status.ACTIVE, card=True), 0, 0, 0),  # its first charge is on its way
        (LEFT, 1, 0, 0),
        (replace(LEFT, card=True), 1, 1, 0),
        (ENDED, 1, 0, 0),
        (PAID, 1, 1, 1),
        (replace(PAID, status=Status.CANCELED), 1, 1, 1),  # paid once and left later: converted
        (replace(PAID, status=Status.PAST_DUE), 1, 1, 1),
        (replace(PAID, card=False), 1, 1, 1),
    ],
)
def test_what_one_trial_counts_as(trial: Trial, decided: int, carded: int, paid: int) -> None:
    total = told(trial).total
    assert (total.trials, total.running) == (1, 1 - decided)
    assert (total.decided, total.carded, total.paid) == (decided, carded, paid)


def test_rates_have_the_denominators_that_are_said() -> None:
    total = told(*[PAID] * 3, *[LEFT] * 4, replace(LEFT, card=True), *[ENDED] * 2, *[TRIAL] * 90).total
    assert (total.decided, total.carded, total.paid, total.running) == (10, 4, 3, 90)
    assert total.card_rate.value == pytest.approx(0.4)
    assert total.paid_rate.value == pytest.approx(0.3)
    assert total.paid_of_carded.value == pytest.approx(0.75)
    assert not total.paid_rate.sure


def test_cohorts_are_weeks_on_the_tenants_clock_and_groups_by_plan_and_card() -> None:
    sunday_night = replace(TRIAL, began_at=datetime(2026, 11, 16, 3, tzinfo=UTC))  # still Sunday in Mexico
    assert [group.key for group in told(TRIAL, sunday_night, by=By.COHORT).groups] == ["2026-W46", "2026-W47"]
    assert [group.key for group in told(TRIAL, sunday_night, by=By.COHORT, zone="UTC").groups] == ["2026-W47"]
    first_days = replace(TRIAL, began_at=datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert [group.key for group in told(first_days, by=By.COHORT).groups] == ["2026-W53"]
    others = (replace(TRIAL, plan="max"), replace(TRIAL, card_required=True))
    assert [(group.key, group.trials) for group in told(TRIAL, *others).groups] == [("max", 1), ("pro", 2)]
    assert [group.key for group in told(TRIAL, *others, by=By.CARD).groups] == ["with card", "without card"]


def test_of_nothing_nothing_is_known() -> None:
    found = told()
    assert (found.groups, found.total.trials, found.total.paid_rate.sure) == ((), 0, False)
