"""The shell: health, headers, sizes, descriptions, and errors that show nothing of the inside."""

import asyncio
from typing import Any

import pytest

from activities.failures import Unavailable
from api.guards import LARGEST, BodyLimit
from tests.api.conftest import ANA, World

# Where there are no credentials yet: they are what the body holds.
OPEN = {("post", "/v1/sessions"), ("post", "/v1/sessions/refresh"), ("post", "/v1/invitations/accept")}


async def test_health_needs_nothing_and_readiness_names_what_is_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await world.http.get("/health")).json() == {"status": "ok"}
    assert (await world.http.get("/ready")).json() == {"sql": "ok", "temporal": "ok"}
    world.door.up = False
    answer = await world.http.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"sql": "ok", "temporal": "down"})

    async def no_answer() -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(world.store, "ping", no_answer)
    answer = await world.http.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"sql": "down", "temporal": "down"})
    assert (await world.http.get("/health")).status_code == 200


async def test_every_answer_carries_the_security_headers(world: World) -> None:
    for path in ("/health", "/v1/plans", "/nowhere", "/docs", "/go/x"):
        headers = (await world.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src" in headers["content-security-policy"]
        assert headers["strict-transport-security"]
        assert headers["cache-control"] == "no-store"


async def test_body_that_is_too_large_is_refused_announced_or_not(world: World) -> None:
    big = b"x" * (LARGEST + 1)
    announced = await world.http.post("/webhooks/stripe", content=big)

    async def chunks() -> Any:
        for _ in range(3):
            yield big[: LARGEST // 2]

    streamed = await world.http.post("/webhooks/stripe", content=chunks())
    headers = {"Authorization": f"Bearer {world.key}", "Content-Type": "application/json"}
    guarded = await world.http.post("/v1/subscriptions", content=chunks(), headers=headers)
    for answer in (announced, streamed, guarded):
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", ["/webhooks/stripe", "/v1/subscriptions", "/datos-fiscales/x"])
async def test_body_that_does_not_come_is_not_waited_for(world: World, route: str) -> None:
    pieces = iter([{"type": "http.request", "body": b"{", "more_body": True}])
    sent: list[Any] = []

    async def receive() -> Any:
        for piece in pieces:
            return piece
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/x-www-form-urlencoded" if "datos" in route else b"application/json")]
    headers.append((b"authorization", f"Bearer {world.key}".encode()))
    scope = {"type": "http", "method": "POST", "path": route, "raw_path": route.encode(), "query_string": b""}
    scope |= {
        "headers": headers,
        "client": ("203.0.113.9", 1),
        "server": ("x", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    guarded = BodyLimit(world.app, patience=0.05)
    await asyncio.wait_for(guarded({**scope, "root_path": "", "state": {}}, receive, send), 10)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]  # or the rest of the body could go on trickling in


async def test_wait_for_a_visitor_to_leave_is_not_limited() -> None:
    seen: list[str] = []
    pieces = iter([{"type": "http.request", "body": b"x", "more_body": False}])

    async def receive() -> Any:
        for piece in pieces:
            return piece
        await asyncio.sleep(0.1)  # longer than the patience with a body
        return {"type": "http.disconnect"}

    async def app(_: Any, receive: Any, __: Any) -> None:
        seen.extend([(await receive())["type"], (await receive())["type"]])

    async def send(_: Any) -> None: ...

    await BodyLimit(app, patience=0.02)({"type": "http", "method": "POST", "headers": []}, receive, send)
    assert seen == ["http.request", "http.disconnect"]


async def test_address_with_one_slash_more_leads_nowhere_else(world: World) -> None:
    answer = await world.http.get(
        "/v1/plans/", headers={"Authorization": f"Bearer {world.key}", "Host": "evil.example"}
    )
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_errors_are_problems_whatever_their_kind(world: World) -> None:
    for answer, status in (
        (await world.http.get("/nowhere"), 404),
        (await world.http.put("/v1/plans"), 405),
        (
            await world.http.post("/v1/subscriptions", content=b"{", headers={"Authorization": f"Bearer {world.key}"}),
            422,
        ),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "errors"} <= answer.json().keys()


async def test_bug_is_answered_without_its_story_and_logged_without_values(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError(f"{ANA['email']} in a message")

    monkeypatch.setattr(world.store, "sign_up", broken)
    answer = await world.post("/v1/subscriptions", ANA)
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:perdura:bug"
    for text in (answer.text, caplog.text):
        assert ANA["email"] not in text
    assert "File" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "RuntimeError in POST /v1/subscriptions" in caplog.text


async def test_sql_down_is_503_and_a_webhook_is_not_acknowledged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_answer(*_: Any) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(world.store, "key_holder", no_answer)
    monkeypatch.setattr(world.store, "receive", no_answer)
    assert (await world.get("/v1/plans")).status_code == 503
    thing = {"id": "evt_1", "object": "event", "type": "x", "data": {"object": {"id": "in_1"}}}
    answer = await world.stripe(thing)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_description_names_every_route_with_tag_summary_and_errors(world: World) -> None:
    schema = (await world.http.get("/openapi.json")).json()
    page = await world.http.get("/docs")
    assert page.status_code == 200
    # Nothing from elsewhere: the page is whole on a machine without internet.
    assert "https://" not in page.text
    assert "//" not in page.headers["content-security-policy"]
    assert (await world.http.get("/docs-assets/swagger-ui-bundle.js")).status_code == 200
    known = {tag["name"] for tag in schema["tags"]}
    for path, verbs in schema["paths"].items():
        for verb, route in verbs.items():
            assert set(route["tags"]) <= known, (verb, path)
            assert route["summary"]
            if path.startswith(("/v1", "/billing")) and (verb, path) not in OPEN:
                assert route["security"], f"{verb} {path} is open to anybody"
                assert "401" in route["responses"]
    problem, fault = (schema["components"]["schemas"][name]["properties"] for name in ("ProblemBody", "FieldError"))
    assert {"errors", "code"} <= set(problem)
    assert "code" in fault
    signup = schema["components"]["schemas"]["Signup"]["properties"]
    assert all(field.get("examples") or "$ref" in str(field) for field in signup.values())
