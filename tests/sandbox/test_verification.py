"""The gate bites: whatever the sandbox says, or is asked, against the vendors' contracts is found and named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stripe
from starlette.requests import Request

from sandbox.settings import SandboxSettings
from sandbox.stripe import registry
from sandbox.stripe.operations import register
from sandbox.stripe.refusal import Refusal
from sandbox.world import World
from tests.sandbox.conftest import Thread, client_for, settings_for

Obj = dict[str, Any]
FROM, TO = "whatsapp:+14155238886", "whatsapp:+525512345678"


@pytest.fixture
def world(tmp_path: Path) -> World:
    register()
    return World.new(settings_for(tmp_path))


def ask(world: World, method: str, path: str, query: str = "", version: str = stripe.api_version) -> Obj:
    """One request at Stripe's door."""
    headers = [(b"authorization", b"Bearer sk_test_perdura"), (b"stripe-version", version.encode())]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode() if method == "GET" else b""}
    request = Request({**scope, "headers": headers if version else headers[:1]})
    answer = world.gate.answer(request, method, path, query if method == "POST" else "", "req_x")
    body: Obj = json.loads(answer.body)
    return body


def found(world: World) -> list[str]:
    return [str(each) for each in world.verification.violations]


def lie(monkeypatch: pytest.MonkeyPatch, method: str, template: str, change: Callable[[Obj], Obj]) -> None:
    """Let an operation answer something else than it would."""
    routes = [
        replace(route, handler=lambda call, real=route.handler: change(real(call)))
        if (route.method, route.template) == (method, template)
        else route
        for route in registry.ROUTES
    ]
    monkeypatch.setattr(registry, "ROUTES", routes)


def test_what_is_true_is_not_found(world: World) -> None:
    made = ask(world, "POST", "/v1/customers", "email=a@example.com")
    ask(world, "GET", f"/v1/customers/{made['id']}")
    ask(world, "GET", "/v1/customers", "limit=3")
    ask(world, "DELETE", f"/v1/customers/{made['id']}")
    ask(world, "GET", "/v1/customers/cus_nobody")
    assert not found(world)
    assert world.verification.judged >= 8  # five answers and, of two events, the events and their objects


@pytest.mark.parametrize(
    ("template", "change", "path", "rule"),
    [
        ("{customer}", lambda c: {**c, "created": "yesterday"}, "$.created", "'yesterday' is not of type 'integer'"),
        ("{customer}", lambda c: {**c, "nickname": "Ana"}, "$", "'nickname' was unexpected"),
        ("{customer}", lambda c: {k: v for k, v in c.items() if k != "livemode"}, "$", "'livemode' is a required"),
        ("{customer}", lambda c: {**c, "tax_exempt": "never"}, "$.tax_exempt", "'never' is not"),
        ("{customer}", lambda c: {**c, "deleted": True}, "$", "a deleted object has only"),
        ("{customer}", lambda _: {"id": "x", "object": "balance"}, "$", "the SDK has no object 'balance'"),
        ("{customer}", lambda c: {**c, "object": "product"}, "$.object", "'product' is not _customer:Customer"),
        ("", lambda page: {**page, "count": 1}, "$", "'count' was unexpected"),
        ("", lambda page: {**page, "data": [{**page["data"][0], "email": 7}]}, "$.data[0].email", "7 is not"),
    ],
)
def test_a_false_answer_names_operation_place_and_rule(
    world: World, monkeypatch: pytest.MonkeyPatch, template: str, change: Callable[[Obj], Obj], path: str, rule: str
) -> None:
    template = f"/v1/customers/{template}".rstrip("/")
    made = ask(world, "POST", "/v1/customers", "email=a@example.com")
    lie(monkeypatch, "GET", template, change)
    ask(world, "GET", template.replace("{customer}", made["id"]))
    said = found(world)
    assert any(s.startswith(f"response of GET {template}: {path}: ") and rule in s for s in said), said


def test_a_false_error_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Obj) -> Obj:
        raise Refusal(402, "card_error", "No", mood="bad")

    lie(monkeypatch, "GET", "/v1/customers", refuse)
    ask(world, "GET", "/v1/customers")
    (said,) = found(world)
    assert said.startswith("response of GET /v1/customers: $.error: ")
    assert "'mood' was unexpected" in said


@pytest.mark.parametrize(
    ("kind", "change", "previous", "path"),
    [
        ("customer.exploded", {}, None, "$.type"),
        ("customer.updated", {"livemode": "no"}, None, "$.data.object.livemode"),
        ("customer.updated", {}, {"shoe_size": 40}, "$.data.previous_attributes.shoe_size"),
    ],
)
def test_a_false_event_is_found(world: World, kind: str, change: Obj, previous: Obj | None, path: str) -> None:
    made = ask(world, "POST", "/v1/customers")
    world.account.emit(kind, {**made, **change}, previous)
    (said,) = found(world)
    assert said.startswith(f"event of {kind}, during no request: {path}: ")


@pytest.mark.parametrize(
    ("method", "path", "query", "version", "named"),
    [
        ("POST", "/v1/customers", "shoe_size=40", stripe.api_version, "POST /v1/customers: $.shoe_size"),
        ("POST", "/v1/payment_intents", "amount=x&currency=mxn", stripe.api_version, "$.amount: Invalid integer"),
        ("POST", "/v1/customers", "shoe_size=40", "", "$.shoe_size: not in the SDK"),
        ("GET", "/v1/fortunes", "", stripe.api_version, "GET /v1/fortunes"),
        (
            "POST",
            "/v1/customers",
            "cash_balance[settings][reconciliation_mode]=manual",
            stripe.api_version,
            "POST /v1/customers: $.cash_balance: the sandbox does not play this parameter",
        ),
    ],
)
def test_a_request_the_sdk_would_not_make_or_we_do_not_play_is_found(
    world: World, method: str, path: str, query: str, version: str, named: str
) -> None:
    ask(world, method, path, query, version)
    (said,) = found(world)
    assert said.startswith("request of ")
    assert named in said


def test_a_test_against_a_lying_sandbox_fails_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    lie(monkeypatch, "GET", "/v1/customers/{customer}", lambda c: {**c, "balance": "12"})
    with (
        pytest.raises(AssertionError, match=r"response of GET /v1/customers/\{customer\}: \$\.balance: '12' is not"),
        Thread(settings_for(tmp_path)) as running,
        client_for(running.url) as client,
    ):
        client.v1.customers.retrieve(client.v1.customers.create({}).id)


async def test_a_reset_forgives_nothing(world: World) -> None:
    ask(world, "GET", "/v1/fortunes")
    await world.reset()
    assert len(found(world)) == 1


def test_off_nothing_is_judged(tmp_path: Path) -> None:
    assert not SandboxSettings().verify
    world = World.new(settings_for(tmp_path, verify=False))
    ask(world, "POST", "/v1/customers", "shoe_size=40")
    ask(world, "POST", "/v1/customers")
    assert world.verification.shown() == {"on": False, "judged": 0, "violations": []}


@pytest.fixture
def lined(tmp_path: Path, contracts: Path) -> World:
    """A world that knows Twilio's document."""
    return World.new(settings_for(tmp_path, twilio_contract=contracts / "twilio" / "twilio_api_v2010.json"))


def test_a_false_message_of_twilio_is_found(lined: World) -> None:
    message = lined.line.create({"From": FROM, "To": TO, "Body": "x"})
    lined.walker.verifier.answered("POST Messages", message)
    assert not found(lined)
    message["status"] = "flying"
    message["colour"] = "blue"
    lined.walker.verifier.answered("POST Messages", message)
    status, colour = found(lined)
    assert status.startswith("response of POST Messages: $.status: 'flying' is not one of")
    assert colour == "response of POST Messages: $: missing or unknown: colour"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"MessageStatus": "flying"}, "'flying' is no status"),
        ({"ErrorCode": "63016"}, "ErrorCode comes with a failure"),
        ({"Weather": "fair"}, "Weather is not documented"),
        ({"MessageSid": "SM1"}, "MessageSid does not match"),
    ],
)
def test_a_false_callback_of_twilio_is_found(lined: World, change: dict[str, str], rule: str) -> None:
    message = lined.line.create({"From": FROM, "To": TO, "Body": "x"})
    lined.walker.verifier.told(lined.line.callback(message["sid"]))
    assert not found(lined)
    lined.walker.verifier.told(lined.line.callback(message["sid"]) | change)
    assert [said for said in found(lined) if said.startswith("callback of ") and rule in said]
