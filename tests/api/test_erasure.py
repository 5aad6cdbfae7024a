"""Erasing a customer's personal data over the API."""

from dataclasses import replace
from datetime import UTC, datetime

from activities.failures import Unavailable
from models.access.keys import issue
from models.access.permissions import Scope
from models.subscribing.subscriptions import Status
from tests.api.conftest import ANA, World

ORDER = {"actor": "sofia", "reason": "asked by letter"}


async def gone(world: World) -> str:
    """Ana has canceled; the id of her subscription."""
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_provider_customer("acme", record.customer, "cus_ana")
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    return subscription


async def test_erased_customer_is_nobody_here_and_at_the_provider_and_may_come_back(world: World) -> None:
    subscription = await gone(world)
    answer = await world.post(f"/v1/subscriptions/{subscription}/erase", ORDER)
    assert answer.status_code == 200, answer.text
    assert answer.json()["kept"] == []
    assert world.payments.forgotten == ["cus_ana"]
    for path in (
        f"/v1/subscriptions/{subscription}",
        f"/v1/subscriptions/{subscription}/timeline",
        "/v1/subscriptions",
    ):
        seen = (await world.get(path)).text
        assert [v for v in ("Ana López", "ana@example.mx", "5512345678", "user-1042") if v in seen] == []
    (entry,) = [
        e
        for e in (await world.get(f"/v1/subscriptions/{subscription}/timeline")).json()["entries"]
        if e["what"] == "personal data erased"
    ]
    assert entry["reason"] == "asked by letter"
    again = await world.post("/v1/subscriptions", ANA)
    assert again.status_code == 201
    assert again.json()["id"] != subscription


async def test_living_customer_is_not_erased(world: World) -> None:
    subscription = await world.signed_up()
    answer = await world.post(f"/v1/subscriptions/{subscription}/erase", ORDER)
    assert answer.status_code == 409
    assert "cancel it first" in answer.json()["detail"]
    assert world.payments.forgotten == []


async def test_while_the_provider_is_away_nothing_is_erased(world: World) -> None:
    subscription = await gone(world)
    world.payments.outage = Unavailable("the provider does not answer")
    answer = await world.post(f"/v1/subscriptions/{subscription}/erase", ORDER)
    assert answer.status_code == 503
    found = await world.store.subscriber("acme", subscription)
    assert found is not None
    assert found.customer.email == "ana@example.mx"


async def test_erasing_needs_more_than_giving_orders(world: World) -> None:
    subscription = await gone(world)
    few, key = issue("acme", "desk", frozenset(Scope) - {Scope.ADMIN}, datetime.now(UTC))
    await world.store.add_key(few, key)
    headers = {"Authorization": f"Bearer {key}"}
    answer = await world.http.post(f"/v1/subscriptions/{subscription}/erase", json=ORDER, headers=headers)
    assert answer.status_code == 403
