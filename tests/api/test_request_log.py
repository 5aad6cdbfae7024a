"""One line for each request: who, which route, how it ended, how long; never what was in the path."""

import logging
from typing import Any

import pytest

from api import request_log
from tests.api.conftest import ANA, World


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the log was told of requests, as it fills."""
    told: list[dict[str, Any]] = []

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(
                {name: getattr(record, name, None) for name in ("method", "route", "status", "ms", "levelname")}
            )

    caplog.set_level(logging.DEBUG, logger=request_log.__name__)
    handler = Told()
    request_log.log.addHandler(handler)
    yield told
    request_log.log.removeHandler(handler)


async def test_a_request_is_one_line_with_the_route_as_declared(world: World, lines: list[dict[str, Any]]) -> None:
    await world.get("/v1/subscriptions/nobody-of-ours")
    await world.http.get("/go/a-signed-token")
    await world.http.get("/.env")
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/v1/subscriptions/{subscription}", 404),
        ("GET", "/go/{token}", 404),
        ("GET", "(none)", 404),
    ]
    assert all(line["ms"] >= 0 for line in lines)


async def test_it_says_which_tenant_asked(world: World, lines: list[dict[str, Any]], monkeypatch: Any) -> None:
    named: list[tuple[str, ...]] = []
    monkeypatch.setattr(request_log, "bind_contextvars", lambda **who: named.append((who["tenant"], who["caller"][:2])))
    await world.get("/v1/plans")
    assert named == [("acme", "k_")]


async def test_health_is_told_only_when_it_fails(world: World, lines: list[dict[str, Any]]) -> None:
    await world.http.get("/ready")
    world.door.up = False
    await world.http.get("/ready")
    assert [(line["status"], line["levelname"]) for line in lines] == [(200, "DEBUG"), (503, "INFO")]


async def test_an_answer_carries_the_request_id_the_callers_own_when_it_is_usable(world: World) -> None:
    given = await world.http.get("/health", headers={"X-Request-Id": "0af7651916cd43dd"})
    assert given.headers["x-request-id"] == "0af7651916cd43dd"
    odd = await world.http.get("/health", headers={"X-Request-Id": "ana@example.mx\tx"})
    assert len(odd.headers["x-request-id"]) == 32


async def test_a_bug_is_told_by_route_and_place_without_what_was_asked(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise KeyError(ANA["email"])

    monkeypatch.setattr(world.store, "subscriber", broken)
    with caplog.at_level(logging.ERROR):
        answer = await world.get("/v1/subscriptions/s_of_hers")
    assert answer.status_code == 500
    (record,) = [each for each in caplog.records if each.name == "api.guards"]
    assert "KeyError in GET /v1/subscriptions/{subscription}" in record.getMessage()
    assert "s_of_hers" not in record.getMessage()
    assert ANA["email"] not in record.getMessage()
