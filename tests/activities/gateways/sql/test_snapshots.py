"""Each day is kept once, whole, and as it was, whatever becomes of the subscriptions afterwards."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from activities.gateways.store_sql import SqlStore
from activities.measuring import Measuring
from activities.ports.measures import DayStatus
from models.collecting.cases import Outcome, Stage
from models.kpis.definitions import Kpi
from models.kpis.figures import Figure, Lost, Standing
from models.money import Money
from models.records import CaseRecord, Customer, SubscriptionRecord, Tenant
from models.selling.plans import Interval, Plan
from models.subscribing.subscriptions import Status

DAY = timedelta(days=1)
FIRST = date(2026, 11, 18)
TAKEN = datetime(2026, 11, 19, 6, 5, tzinfo=UTC)  # five past midnight in Mexico City
SOLD = {
    "pro": Plan("acme", "pro", "Pro", Money(14_900)),
    "year": Plan("acme", "year", "Year", Money(120_000), interval=Interval.YEAR),
}


async def entered(store: SqlStore, number: int, plan: str, status: Status, **changes: object) -> SubscriptionRecord:
    customer = Customer("acme", f"c_{number}", f"u_{number}", "Ana", f"ana{number}@example.mx", "+525512345678")
    record = SubscriptionRecord("acme", f"s_{number}", customer.id, plan, status, TAKEN, TAKEN)
    await store.sign_up(customer, replace(record, **changes))  # type: ignore[arg-type]
    return record


async def statuses(store: SqlStore, day: date) -> dict[str, DayStatus]:
    return {each.subscription: each async for page in store.statuses_of("acme", day) for each in page}


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    await store.create_tenant(Tenant("acme", "Acme"))
    for plan in SOLD.values():
        await store.save_plan(plan)
    return store


async def test_a_day_stays_as_it_was_and_only_what_changed_costs_a_row(acme: SqlStore) -> None:
    one = await entered(acme, 1, "pro", Status.ACTIVE)
    two = await entered(acme, 2, "year", Status.ACTIVE, price=Money(99_000))
    first = await acme.take_snapshot("acme", FIRST, at=TAKEN)
    assert (first.subscriptions, first.changed) == (2, 2)
    await acme.save_subscription(replace(one, status=Status.PAST_DUE))
    assert await acme.take_snapshot("acme", FIRST, at=TAKEN + DAY) == first, "taken once"
    second = await acme.take_snapshot("acme", FIRST + DAY, at=TAKEN + DAY)
    assert (second.subscriptions, second.changed) == (2, 1)
    await acme.save_subscription(replace(two, status=Status.CANCELED, price=Money(99_000)))
    third = await acme.take_snapshot("acme", FIRST + 4 * DAY, at=TAKEN + 4 * DAY, missed=2)
    assert (third.changed, third.missed) == (1, 2)
    yearly = DayStatus("s_2", Status.ACTIVE, "year", 99_000, "MXN", "year")
    assert await statuses(acme, FIRST) == {
        "s_1": DayStatus("s_1", Status.ACTIVE, "pro", 14_900, "MXN", "month"),
        "s_2": yearly,
    }
    assert {name: each.status for name, each in (await statuses(acme, FIRST + DAY)).items()} == {
        "s_1": Status.PAST_DUE,
        "s_2": Status.ACTIVE,
    }
    assert (await statuses(acme, FIRST + 4 * DAY))["s_2"] == replace(yearly, status=Status.CANCELED)
    assert [each.day for each in await acme.snapshots("acme", FIRST, FIRST + 9 * DAY)] == [
        FIRST,
        FIRST + DAY,
        FIRST + 4 * DAY,
    ]
    assert await statuses(acme, FIRST - DAY) == {}


async def test_standings_add_up_what_is_alike(acme: SqlStore) -> None:
    await entered(acme, 1, "pro", Status.ACTIVE)
    await entered(acme, 2, "pro", Status.ACTIVE, price=Money(10_000))
    await entered(acme, 3, "year", Status.TRIALING)
    assert set(await acme.standings("acme")) == {
        Standing(Status.ACTIVE, Interval.MONTH, "MXN", 2, 24_900),
        Standing(Status.TRIALING, Interval.YEAR, "MXN", 1, 120_000),
    }
    assert await acme.standings("other") == []


async def test_who_is_gone_of_a_past_base_and_whether_they_had_paid(acme: SqlStore) -> None:
    records = [await entered(acme, n, "pro", Status.ACTIVE) for n in range(1, 4)]
    trial = await entered(acme, 4, "pro", Status.TRIALING)
    await acme.take_snapshot("acme", FIRST, at=TAKEN)
    case = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.CLOSED, "ruthless v1", TAKEN)
    await acme.save_case(replace(case, outcome=Outcome.EXHAUSTED, closed_at=TAKEN + DAY))
    # A case that was lost long before, of one who stayed and then left by themselves, has not cost this subscription.
    earlier = replace(case, invoice="in_2", subscription="s_2", opened_at=TAKEN - 90 * DAY)
    await acme.save_case(replace(earlier, outcome=Outcome.EXHAUSTED, closed_at=TAKEN - 60 * DAY))
    for record in (*records[:2], trial):
        await acme.save_subscription(replace(record, status=Status.CANCELED))
    base = await acme.base_since("acme", FIRST - 20 * DAY)
    assert base.day == FIRST, "the first there is"
    assert base.standings == (Standing(Status.ACTIVE, Interval.MONTH, "MXN", 3, 44_700),)
    assert set(base.lost) == {
        Lost(unpaid=True, interval=Interval.MONTH, currency="MXN", count=1, centavos=14_900),
        Lost(unpaid=False, interval=Interval.MONTH, currency="MXN", count=1, centavos=14_900),
    }
    assert (await acme.base_since("acme", FIRST + DAY)).day is None


async def test_a_day_is_kept_with_its_figures_once_and_an_outage_is_named(acme: SqlStore) -> None:
    await entered(acme, 1, "pro", Status.ACTIVE)
    await entered(acme, 2, "pro", Status.PAST_DUE)
    keeping = Measuring(acme, day_seconds=86_400)
    entered_on = (await acme.kept())[0].created_at
    # A day is due once it has ended on the tenant's clock: not before the day after it was entered.
    assert await keeping.days_due(entered_on) == []
    tonight = entered_on + DAY
    (order,) = await keeping.days_due(tonight)
    for _ in range(2):
        kept = await keeping.keep_day(order)
    assert (kept.subscriptions, order.missed) == (2, ())
    assert await keeping.days_due(tonight) == []
    (later,) = await keeping.days_due(tonight + 4 * DAY)
    assert later.missed == tuple(order.day + n * DAY for n in (1, 2, 3))
    told = {each.kpi: each for each in await acme.figures_of("acme", order.day, order.day)}
    assert told[Kpi.PAST_DUE_SHARE] == Figure(Kpi.PAST_DUE_SHARE, order.day, 1, 2)
    assert told[Kpi.MRR] == Figure(Kpi.MRR, order.day, 29_800, 2, "MXN")
    assert told[Kpi.CHURN_VOLUNTARY].since == order.day
    assert [tenant for tenant, _ in await acme.newest_figures(Kpi.MRR, since=order.day)] == ["acme"]
    assert await acme.figures_of("acme", order.day, order.day, of=[Kpi.ARR]) == [told[Kpi.ARR]]
