"""How often one caller may ask, what a browser elsewhere may, and who is not limited."""

from typing import Any

import httpx
import pytest

from api.app import build
from api.deps import Context
from tests.api.conftest import PUBLIC, SETTINGS, World
from tests.api.credentials import person, session


def limited(world: World, **changes: Any) -> httpx.AsyncClient:
    """The same API with other settings."""
    context: Context = world.app.state.context
    app = build(
        settings=SETTINGS.model_copy(update=changes),
        store=context.store,
        payments=context.payments,
        processes=context.door,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC)


async def test_who_asks_too_often_is_told_when_to_come_again_and_others_are_not_held_up(world: World) -> None:
    mine = {"Authorization": f"Bearer {world.key}"}
    async with limited(world, requests_per_minute=3) as http:
        left = []
        for _ in range(3):
            answer = await http.get("/v1/plans", headers=mine)
            assert answer.status_code == 200
            left.append((answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]))
        assert left == [("3", "2"), ("3", "1"), ("3", "0")]
        refused = await http.get("/v1/plans", headers=mine)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"]
        other = await session(world, await person(world))
        assert (await http.get("/v1/plans", headers=other)).status_code == 200


async def test_without_credentials_an_address_is_limited_but_webhooks_and_health_are_not(world: World) -> None:
    async with limited(world, guest_requests_per_minute=2) as http:
        seen = [(await http.get("/go/x")).status_code for _ in range(3)]
        assert seen == [404, 404, 429]
        wrong = await http.get("/v1/plans", headers={"Authorization": "Bearer pk_live_guess"})
        assert wrong.status_code == 429
        for path in ("/health", "/ready"):
            assert (await http.get(path)).status_code == 200
        assert (await http.post("/webhooks/stripe", content=b"{}")).status_code == 400
        known = await http.get("/v1/plans", headers={"Authorization": f"Bearer {world.key}"})
        assert known.status_code == 200


async def test_a_product_s_page_can_read_that_it_asked_too_often(world: World) -> None:
    async with limited(world, guest_requests_per_minute=1) as http:
        answers = [await http.get("/embed/entitlement?token=gone") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [401, 429]
        assert [answer.headers["access-control-allow-origin"] for answer in answers] == ["*", "*"]


async def test_pages_of_other_origins_use_the_api_only_when_they_are_allowed(world: World) -> None:
    asked = {"Origin": "https://app.example.mx", "Access-Control-Request-Method": "POST"}
    async with limited(world) as http:
        answer = await http.options("/v1/plans", headers=asked)
        assert "access-control-allow-origin" not in answer.headers
    async with limited(world, allowed_origins="https://app.example.mx, https://b.example") as http:
        answer = await http.options("/v1/plans", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://app.example.mx"
        foreign = await http.options("/v1/plans", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize("origins", ["*", "app.example.mx", "https://a.example/path"])
def test_origins_are_written_out(origins: str) -> None:
    with pytest.raises(ValueError, match="allowed_origins"):
        type(SETTINGS)(**{**SETTINGS.model_dump(), "allowed_origins": origins})
