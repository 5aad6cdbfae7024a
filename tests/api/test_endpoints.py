"""Endpoints for webhooks over the API: kept by owners, tested and replayed, and never told their secret twice."""

from datetime import UTC, datetime, timedelta

from models.telling.deliveries import Reply, judged
from models.telling.endpoints import MOST, Disabled
from models.telling.outgoing import EventType
from tests.api.conftest import World

URL = "https://api.acme.example/perdura"
LONG_AGO = "2020-01-01T00:00:00Z"


async def added(world: World, **more: object) -> dict:
    answer = await world.post("/v1/webhooks/endpoints", {"url": URL, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def changed(world: World, endpoint: str, **what: object) -> dict:
    headers = {"Authorization": f"Bearer {world.key}"}
    answer = await world.http.patch(f"/v1/webhooks/endpoints/{endpoint}", json=what, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_an_endpoint_is_added_changed_rotated_and_removed_and_the_audit_says_so(world: World) -> None:
    made = await added(world, events=["invoice.paid", "cfdi.stamped"])
    assert made["secret"].startswith("whsec_")
    (listed,) = (await world.get("/v1/webhooks/endpoints")).json()
    assert "secret" not in listed
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert (await changed(world, made["id"], events=[]))["events"] == []

    place = f"/v1/webhooks/endpoints/{made['id']}"
    rotated = await world.post(f"{place}/rotate", {"overlap_hours": 2})
    assert rotated.status_code == 201
    assert rotated.json()["secret"] != made["secret"]
    assert (await world.post(f"{place}/rotate")).status_code == 409  # two secrets at a time are enough

    assert (await changed(world, made["id"], disabled=True))["disabled_for"] == "order"
    for order in ("test", "replay"):
        assert (await world.post(f"{place}/{order}", {"since": LONG_AGO})).status_code == 409
    assert (await changed(world, made["id"], disabled=False))["disabled_at"] is None

    headers = {"Authorization": f"Bearer {world.key}"}
    assert (await world.http.delete(place, headers=headers)).status_code == 204
    assert (await world.http.delete(place, headers=headers)).status_code == 404
    said = [entry.action for entry in await world.store.audit_trail("acme", "") if entry.detail == made["id"]]
    assert said == [
        "webhook endpoint added",
        "webhook endpoint changed",
        "webhook secret rotated",
        "webhook endpoint disabled",
        "webhook endpoint enabled",
        "webhook endpoint removed",
    ]


async def test_what_cannot_be_written_to_is_refused_by_field(world: World) -> None:
    for body, field in (
        ({"url": "http://api.acme.example"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": URL, "events": ["invoice.payed"]}, "events"),
    ):
        answer = await world.post("/v1/webhooks/endpoints", body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    made = await added(world)
    for body in ({}, {"since": "2026-11-21T00:00:00"}):
        assert (await world.post(f"/v1/webhooks/endpoints/{made['id']}/replay", body)).status_code == 422
    for _ in range(MOST - 1):
        await added(world)
    assert (await world.post("/v1/webhooks/endpoints", {"url": URL})).status_code == 409


async def test_events_are_seen_on_their_way_tested_and_sent_again_under_their_id(world: World) -> None:
    made = await added(world)
    subscription = await world.signed_up()
    (event,) = (await world.get(f"/v1/webhooks/events?subscription={subscription}")).json()["data"]
    assert (event["type"], event["sequence"]) == (EventType.ACTIVATED, 1)
    assert event["customer_reference"] == "user-1042"
    assert "ana l" not in str(event).lower()
    assert "ana@" not in str(event).lower()
    assert (await world.get(f"/v1/webhooks/events?subscription={subscription}&after=1")).json()["data"] == []

    (waiting,) = (await world.get("/v1/webhooks/deliveries?state=pending")).json()["data"]
    assert (waiting["event"], waiting["endpoint"], waiting["attempts"]) == (event, made["id"], 0)
    delivery = await world.store.next_delivery("acme", made["id"], subscription)
    assert delivery is not None
    await world.store.settle_delivery(judged(delivery, Reply(204), datetime.now(UTC)))
    place = f"/v1/webhooks/endpoints/{made['id']}"
    assert (await world.post(f"{place}/replay", {"since": LONG_AGO})).json() == {"events": 0}
    again = await world.post(f"{place}/replay", {"events": [event["id"]], "delivered": True})
    assert (again.status_code, again.json()) == (202, {"events": 1})
    assert world.door.woken == [("acme", made["id"])] * 2
    (waiting,) = (await world.get("/v1/webhooks/deliveries?state=pending")).json()["data"]
    assert waiting["event"]["id"] == event["id"]

    world.door.up = False  # it is sent once Temporal is back
    tested = await world.post(f"{place}/test")
    assert tested.status_code == 202
    waiting = (await world.get("/v1/webhooks/deliveries")).json()["data"][0]
    assert (waiting["event"]["id"], waiting["event"]["type"]) == (tested.json()["event"], "webhook.test")


async def test_a_failed_endpoint_says_why(world: World) -> None:
    made = await added(world)
    await world.store.disable_endpoint("acme", made["id"], Disabled.GONE, datetime.now(UTC) - timedelta(hours=1))
    (listed,) = (await world.get("/v1/webhooks/endpoints")).json()
    assert listed["disabled_for"] == "gone"
