"""Cash to come, over the API: what the subscriptions that go on bring in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.money import Money
from models.selling.plans import Interval, Plan
from models.subscribing.subscriptions import Status
from tests.api.conftest import World


async def test_the_book_brings_in_what_its_subscriptions_cost_and_debtors_and_leavers_nothing(world: World) -> None:
    assert (await world.get("/v1/analytics/cashflow")).json() == {"data": []}
    soon = datetime.now(UTC) + timedelta(minutes=1)
    await world.store.save_plan(Plan("acme", "pro-anual", "Pro", Money(120_000), Interval.YEAR))
    mine = await world.signed_up()
    record = await world.store.subscription("acme", mine)
    assert record is not None
    paying = replace(record, status=Status.ACTIVE, period_end=soon, price=Money(14_900))
    await world.store.save_subscription(paying)
    (told,) = (await world.get("/v1/analytics/cashflow?months=2&reserve=0")).json()["data"]
    assert told["currency"] == "MXN"
    assert [(m["customers"], m["collected"], m["mrr"], m["spent"]) for m in told["months"]] == [
        (1, 14_900, 14_900, 8_940)
    ] * 2
    await world.store.save_subscription(replace(paying, plan="pro-anual", price=Money(120_000)))
    (told,) = (await world.get("/v1/analytics/cashflow?months=2")).json()["data"]
    assert [(m["collected"], m["mrr"]) for m in told["months"]] == [(120_000, 10_000), (0, 10_000)]
    for gone in (replace(paying, status=Status.PAST_DUE), replace(paying, cancel_at_period_end=True)):
        await world.store.save_subscription(gone)
        assert (await world.get("/v1/analytics/cashflow")).json() == {"data": []}


async def test_a_figure_out_of_bounds_names_its_field(world: World) -> None:
    answer = await world.get("/v1/analytics/cashflow?months=37&churn_percent=100")
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"months", "churn_percent"}
