"""`Idempotency-Key`: two presses of a button are one order, and a key stands for one request."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from activities.failures import Unavailable
from activities.ports.processes import Unanswered
from models.access.permissions import Scope
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import CaseRecord
from tests.api.conftest import ANA, NOW, World
from tests.api.credentials import key

BODY = {"actor": "ana", "reason": "asked by phone"}


def keyed(headers: dict[str, str], value: str) -> dict[str, str]:
    return {**headers, "Idempotency-Key": value}


async def test_a_second_press_gets_the_first_answer_and_is_no_second_order(world: World) -> None:
    path = f"/v1/subscriptions/{await world.signed_up()}/overrides/suspend_now"
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "press-1")
    first = await world.http.post(path, json=BODY, headers=headers)
    second = await world.http.post(path, json=BODY, headers=headers)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert len(world.door.orders) == 1
    await world.http.post(path, json=BODY, headers=keyed(headers, "press-2"))
    assert len(world.door.orders) == 2
    assert len(set(world.door.updates)) == 2
    assert all(world.door.updates)


async def test_presses_at_the_same_instant_are_one_order(world: World) -> None:
    path = f"/v1/subscriptions/{await world.signed_up()}/overrides/suspend_now"
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "press-1")
    answers = await asyncio.gather(*(world.http.post(path, json=BODY, headers=headers) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(world.door.orders) == 1


async def test_a_key_stands_for_one_request(world: World) -> None:
    subscription = await world.signed_up()
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "press-1")
    path = f"/v1/subscriptions/{subscription}/overrides"
    assert (await world.http.post(f"{path}/suspend_now", json=BODY, headers=headers)).status_code == 200
    for other, body in (("suspend_now", {**BODY, "reason": "another"}), ("pause_subscription", BODY)):
        answer = await world.http.post(f"{path}/{other}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:perdura:key_reused")
    robot = keyed(await key(world, Scope.ORDERS), "press-1")  # another caller's keys are its own
    assert (await world.http.post(f"{path}/suspend_now", json=BODY, headers=robot)).status_code == 200
    assert len(world.door.orders) == 2


async def test_an_order_without_a_known_end_may_be_repeated_as_the_same_update(world: World) -> None:
    path = f"/v1/subscriptions/{await world.signed_up()}/overrides/suspend_now"
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "press-1")
    assert (await world.http.post(path, json=BODY, headers=headers)).status_code == 200
    headers = keyed(headers, "press-2")
    world.door.refusal = Unanswered("no worker answered in time")
    assert (await world.http.post(path, json=BODY, headers=headers)).status_code == 503
    world.door.refusal = None
    assert (await world.http.post(path, json=BODY, headers=headers)).status_code == 200
    assert len(world.door.orders) == 2


async def test_an_order_that_comes_again_is_about_the_debt_it_meant_at_first(world: World) -> None:
    """Its answer was lost, it was carried out, and another invoice is the oldest by now: one transfer pays one debt."""
    subscription = await world.signed_up()
    first = CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, "standard v1", NOW)
    for case in (first, replace(first, invoice="in_2", opened_at=NOW + timedelta(days=30))):
        await world.store.save_case(case)
    path = f"/v1/subscriptions/{subscription}/overrides/record_external_payment"
    order = {**BODY, "method": "spei", "reference": "SPEI-17"}
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "transfer-1")
    world.door.refusal = Unanswered("no worker answered in time")
    assert (await world.http.post(path, json=order, headers=headers)).status_code == 503
    world.door.refusal = None
    await world.store.save_case(replace(first, outcome=Outcome.PAID_OUTSIDE, closed_at=NOW, stage=Stage.CLOSED))
    assert (await world.http.post(path, json=order, headers=headers)).status_code == 200
    assert [process for process, _, _ in world.door.orders] == ["in_1"]
    assert (await world.http.post(path, json=order, headers=keyed(headers, "transfer-2"))).status_code == 200
    assert [process for process, _, _ in world.door.orders] == ["in_1", "in_2"], (
        "another order is about what is owed now"
    )


async def test_a_key_made_twice_is_one_key_and_its_secret_is_not_readable_in_sql(world: World) -> None:
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "make-1")
    order = {"name": "till", "scopes": ["read"]}
    first = await world.http.post("/v1/keys", json=order, headers=headers)
    second = await world.http.post("/v1/keys", json=order, headers=headers)
    assert first.json() == second.json()
    assert len(await world.store.keys("acme")) == 2


async def test_signing_up_again_with_the_same_key_is_the_same_answer(world: World) -> None:
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "signup-1")
    first = await world.http.post("/v1/subscriptions", json=ANA, headers=headers)
    second = await world.http.post("/v1/subscriptions", json=ANA, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert (second.json(), second.headers["location"]) == (first.json(), first.headers["location"])
    assert len(world.door.starts) == 1


async def test_a_signup_whose_answer_nobody_noted_is_the_same_signup_when_it_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = keyed({"Authorization": f"Bearer {world.key}"}, "signup-1")

    async def died(*told: object) -> None:
        raise Unavailable("the API was killed")

    monkeypatch.setattr("api.idempotency.HOLD", timedelta(0))  # and nobody waits for the dead
    with monkeypatch.context() as killed:
        killed.setattr(world.store, "answer_request", died)
        first = await world.http.post("/v1/subscriptions", json=ANA, headers=headers)
    second = await world.http.post("/v1/subscriptions", json=ANA, headers=headers)
    assert "idempotency-replayed" not in second.headers, "it was carried out again"
    assert (first.status_code, second.status_code) == (201, 201)
    assert (second.json(), second.headers["location"]) == (first.json(), first.headers["location"])
    assert {start.subscription for start in world.door.starts} == {first.json()["id"]}
    # Another order for the same customer is no repeat: it is told which subscription there is.
    third = await world.http.post("/v1/subscriptions", json=ANA, headers=keyed(headers, "signup-2"))
    assert (third.status_code, third.json()["subscription"]) == (409, first.json()["id"])


@pytest.mark.parametrize("value", ["", "with space", "ñ".encode("latin-1").decode("latin-1"), "x" * 256])
async def test_a_key_that_cannot_be_one_is_named(world: World, value: str) -> None:
    headers = {"Authorization": f"Bearer {world.key}", "Idempotency-Key": value.encode("latin-1")}
    answer = await world.http.post("/v1/keys", json={"name": "till", "scopes": ["read"]}, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, ["Idempotency-Key"])
