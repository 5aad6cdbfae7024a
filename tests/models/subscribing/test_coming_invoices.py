"""The next invoices of a subscription, with all that is known to be different about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.money import Money
from models.periods import Calendar
from models.records import SubscriptionRecord
from models.selling.plans import Interval, Plan
from models.subscribing.coming_invoices import Because, coming_invoices
from models.subscribing.subscriptions import Status

NOW = datetime(2026, 1, 20, 18, tzinfo=UTC)
ENDS = datetime(2026, 1, 31, 18, tzinfo=UTC)
PLANS = {
    "pro": Plan("acme", "pro", "Pro", Money(14_900)),
    "mini": Plan("acme", "mini", "Mini", Money(9_900)),
    "year": Plan("acme", "year", "Año", Money(120_001), Interval.YEAR),
}
RECORD = SubscriptionRecord(
    "acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW, period_start=NOW, period_end=ENDS, price=Money(14_900)
)
CHANGE = ChangeRecord(
    "acme", "pc_1", "s_1", ChangeKind.DOWNGRADE, ChangeState.WAITING, "pro", "mini", Money(14_900), Money(9_900),
    Money(0), NOW, ENDS, "ana",
)  # fmt: skip


def told(record: SubscriptionRecord, *changes: ChangeRecord, most: int = 3) -> list[tuple[str, int, str]]:
    found = coming_invoices(record, PLANS, changes, Calendar(), NOW, most=most)
    return [(f"{each.at:%m-%d}", each.amount.centavos, each.because) for each in found]


def test_renewals_keep_their_day_of_the_month_where_there_is_one() -> None:
    assert told(RECORD, most=6) == [
        (day, 14_900, "renewal") for day in ("01-31", "02-28", "03-31", "04-30", "05-31", "06-30")
    ]


def test_a_change_of_plan_that_waits_is_counted_from_its_day() -> None:
    assert told(RECORD, CHANGE) == [
        ("01-31", 9_900, "plan_changes"),
        ("02-28", 9_900, "renewal"),
        ("03-31", 9_900, "renewal"),
    ]
    late = replace(CHANGE, effective_at=ENDS + timedelta(days=20), plan_after="year", price_after=Money(120_001))
    assert [each[:2] for each in told(RECORD, late)] == [("01-31", 14_900), ("02-28", 120_001), ("02-28", 120_001)]
    assert [each[1] for each in told(RECORD, replace(CHANGE, state=ChangeState.UNDONE))] == [14_900] * 3


def test_a_discount_that_was_taken_to_stay_lasts_its_months() -> None:
    stayed = replace(CHANGE, state=ChangeState.RETAINED, offer="discount-30-2", settled_at=NOW)
    assert told(RECORD, stayed) == [
        ("01-31", 10_430, "discount"),
        ("02-28", 10_430, "discount"),
        ("03-31", 14_900, "renewal"),
    ]
    paused = replace(stayed, offer="pause-30")
    assert [each[1] for each in told(RECORD, paused)] == [14_900] * 3


def test_a_year_in_instalments_is_its_parts_to_the_centavo() -> None:
    began, ends = datetime(2025, 12, 31, 18, tzinfo=UTC), datetime(2026, 12, 31, 18, tzinfo=UTC)
    year = replace(RECORD, plan="year", price=Money(120_001), instalments=6, period_start=began, period_end=ends)
    found = told(year, most=7)
    assert found[:5] == [(day, 20_000, "instalment") for day in ("01-31", "02-28", "03-31", "04-30", "05-31")]
    assert found[5:] == [("12-31", 20_001, "instalment"), ("01-31", 20_000, "instalment")]
    assert len(told(replace(year, cancel_at_period_end=True), most=9)) == 5


def test_after_a_trial_comes_the_first_charge() -> None:
    trial = replace(RECORD, status=Status.TRIALING, trial_end=ENDS)
    assert [each[2] for each in told(trial)] == [Because.TRIAL_ENDS, Because.RENEWAL, Because.RENEWAL]


@pytest.mark.parametrize(
    "changes",
    [
        {"cancel_at_period_end": True},
        {"status": Status.PAUSED},
        {"status": Status.SUSPENDED},
        {"status": Status.CANCELED},
        {"price": None},
        {"period_end": None},
        {"plan": "gone"},
    ],
)
def test_nothing_comes_of_what_does_not_go_on(changes: dict[str, Any]) -> None:
    assert told(replace(RECORD, **changes)) == []
