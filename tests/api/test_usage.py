"""What customers may use and have used, over the API."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import yaml

from models import shipped
from models.access.permissions import Scope
from models.speaking.notices import Channel, NoticeKind
from models.telling.outgoing import EventType
from tests.api.conftest import ANA, World
from tests.api.credentials import key

ALLOWED = {"users": 5, "documents": 10}


@pytest.fixture
async def clinic(world: World) -> World:
    """Ana on a plan with limits."""
    page: dict[str, Any] = {
        "limits": {"documents": {"es": "documentos", "en": "documents", "per": "month"}, "users": "usuarios"},
        "features": {"api": "API"},
        "plans": [
            {"code": "pro", "name": "Pro", "prices": {"month": "149.00"}, "limits": ALLOWED, "features": ["api"]}
        ],
    }
    assert (await world.put("/v1/catalog", {"catalog": page})).status_code == 200
    await world.signed_up()
    return world


async def told(world: World, number: int, **more: Any) -> httpx.Response:
    body = {"key": f"use-{number}", "meter": "documents", "customer_reference": ANA["customer_reference"]}
    return await world.post("/v1/usage", {**body, **more})


async def meters(world: World) -> dict[str, dict[str, Any]]:
    answer = await world.get(f"/v1/entitlements/{ANA['customer_reference']}")
    assert answer.status_code == 200, answer.text
    return {each["meter"]: each for each in answer.json()["meters"]}


async def test_a_use_is_counted_once_by_its_key(clinic: World) -> None:
    first, again = (await told(clinic, 1, quantity=3)).json(), (await told(clinic, 1, quantity=3)).json()
    assert (first["used"], first["left"], first["repeated"]) == (3, 7, False)
    assert (again["used"], again["left"], again["repeated"]) == (3, 7, True)
    assert first["window"] in {f"{datetime.now(UTC):%Y-%m}", (await meters(clinic))["documents"]["window"]}


async def test_what_passes_the_limit_is_refused_unless_it_has_happened(clinic: World) -> None:
    await told(clinic, 1, quantity=9)
    refused = await told(clinic, 2, quantity=2)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:perdura:over_limit")
    assert {name: refused.json()[name] for name in ("used", "most", "left")} == {"used": 9, "most": 10, "left": 1}
    counted = (await told(clinic, 2, quantity=2, beyond="count")).json()
    assert (counted["used"], counted["left"], counted["level"]) == (11, 0, 100)


async def test_near_and_reached_are_in_the_answer_and_once_in_the_story(clinic: World) -> None:
    levels = [(await told(clinic, n)).json()["level"] for n in range(10)]
    assert levels == [0] * 7 + [80, 80, 100]
    found = await clinic.store.subscriber_by_reference("acme", ANA["customer_reference"])
    assert found is not None
    story = [(entry.action, entry.detail) for entry in await clinic.store.audit_trail("acme", found.record.id)]
    assert story == [("limit near", "documents: 8 of 10"), ("limit reached", "documents: 10 of 10")]


async def test_what_a_customer_may_use_is_told_whole(clinic: World) -> None:
    await told(clinic, 1, meter="users", quantity=4)
    answer = (await clinic.get(f"/v1/entitlements/{ANA['customer_reference']}")).json()
    assert (answer["access"], answer["plan"], [each["code"] for each in answer["features"]]) == ("full", "pro", ["api"])
    users = (await meters(clinic))["users"]
    assert {name: users[name] for name in ("used", "most", "left", "level", "window")} == {
        "used": 4,
        "most": 5,
        "left": 1,
        "level": 80,
        "window": "",
    }


async def test_a_wellness_plan_is_counted_down(world: World) -> None:
    page = yaml.safe_load(shipped.page("catalogs", "clinica-veterinaria") or "")
    assert (await world.put("/v1/catalog", {"catalog": page})).status_code == 200
    await world.signed_up(plan="cachorro-anual")
    left = [(await told(world, n, meter="consulta")).json().get("left") for n in range(5)]
    assert left == [3, 2, 1, 0, 0]  # the fifth is refused
    assert (await told(world, 9, meter="esterilizacion")).json()["left"] == 0
    assert (await told(world, 10, meter="vacunacion")).json()["left"] is None
    assert {code: each["used"] for code, each in (await meters(world)).items()} == {
        "consulta": 4,
        "vacunacion": 1,
        "desparasitacion": 0,
        "esterilizacion": 1,
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"meter": "pets"}, "meter"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"key": "two words"}, "key"),
        ({"subscription": "s_1"}, "customer_reference"),
    ],
)
async def test_a_mistake_is_told_by_its_field(clinic: World, wrong: dict[str, Any], field: str) -> None:
    answer = await told(clinic, 1, **wrong)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_another_use_under_the_same_key_is_told(clinic: World) -> None:
    await told(clinic, 1)
    answer = await told(clinic, 1, quantity=2)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "key")


async def test_use_is_told_with_a_key_that_may_write_and_of_ones_own_customers(clinic: World) -> None:
    body = {"key": "use-1", "meter": "documents", "customer_reference": ANA["customer_reference"]}
    reader = await clinic.http.post("/v1/usage", json=body, headers=await key(clinic, Scope.READ))
    assert reader.status_code == 403
    stranger = await clinic.http.post("/v1/usage", json=body, headers=await key(clinic, Scope.WRITE, tenant="other"))
    assert stranger.status_code == 404


async def test_customer_is_written_to_once_for_each_level_also_where_temporal_was_away(clinic: World) -> None:
    await asyncio.gather(*(told(clinic, n) for n in range(7)))
    assert clinic.door.notices == []
    clinic.door.up = False
    assert (await told(clinic, 7)).status_code == 200  # counted, though nobody can be written to
    clinic.door.up = True
    await told(clinic, 8)
    await told(clinic, 9)
    assert (await told(clinic, 10)).status_code == 409
    sent = [(notice.kind, notice.meter, notice.channel, notice.key.partition("/")[2]) for notice in clinic.door.notices]
    month = clinic.door.notices[0].key.split("/")[3]
    assert sent == [
        (kind, "documents", Channel.EMAIL, f"usage/documents/{month}/{kind}")
        for kind in (NoticeKind.USAGE_NEAR, NoticeKind.USAGE_REACHED)
    ]
    events = [
        event.type for event, _ in await clinic.store.events("acme", subscription=clinic.door.notices[0].subscription)
    ]
    assert events[-2:] == [EventType.USAGE_NEAR, EventType.USAGE_REACHED]
