"""Whatever is asked of the API, it answers what its own OpenAPI declares, in the declared shape, and never with a crash.

Requests are derived from `/openapi.json`: values it allows, values it does not, bodies that are none, with and without a
key, signed and unsigned, while everything works and while something behind the API does not. The seed is fixed.
"""

import asyncio
import base64
import copy
import json
import string
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, cast
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from twilio.request_validator import RequestValidator

from activities.failures import Failure, Missing, Refused, Unavailable
from activities.gateways.store_sql import SqlStore
from activities.ports.payments import Payments
from activities.ports.processes import CommandRefused, ProcessNotFound
from api.app import build
from models.messages import Opening
from models.speaking.links import Purpose, link
from models.subscribing.subscriptions import Status
from tests.api.acquaintance import FOLIO, Known, acquainted
from tests.api.conftest import (
    LINK_KEY,
    NOW,
    PUBLIC,
    SETTINGS,
    TWILIO_TOKEN,
    FakeDoor,
    FakePayments,
    World,
    opened,
    stripe_signature,
    two_tenants,
)
from tests.databases import prepared

EXAMPLES, MORE = 6, 24  # of each operation; as many with `make storm`
RIGHT = 2  # more of each, with nothing wrong: what is asked for properly is done, whatever the others happen to be
DESCRIPTION: dict[str, Any] = build(
    settings=SETTINGS, store=cast(SqlStore, None), payments=cast(Payments, None), processes=cast(Any, None)
).openapi()
OPERATIONS = [(method, path) for path, methods in DESCRIPTION["paths"].items() for method in methods]

# What needs a person's session, or the secret of something told once: here it is asked for and refused.
# Or it needs what the fixtures here do not have: certificates, an export, a canceled customer. It must still answer as declared.
CLOSED = (
    "/webhooks",
    "/auth/signup-trial",
    "/v1/sessions",
    "/v1/me",
    "/v1/invitations",
    "/codec",
    "/datos-fiscales",
    "/factura",
    "/promesa",
    "/contratar",
    "/cuenta",
    "/mis-datos",
    "/embed/entitlement",
    "/registro",
    "/auth",
    "/v1/deletions",
    "/v1/issuer",
    "/v1/documents/export",
)
UNPREPARED = (
    "/move_to_policy",
    "/substitute",
    "/erase",
    "/plan-changes",
    "/stay",
    "/cancellation",
    "/refund",
    "/{cause}",
)

GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", " ", "\x00", "\ud800", "ñandú 💸", "a" * 3000, "-1", "null", "../..", "%00", "' OR 1=1 --"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["a", "\ud800", "id", ""]), st.integers(), max_size=2),
)
CURSOR = base64.urlsafe_b64encode(b"2026-11-21T00:00:00+00:00|s_1").decode()
NEWCOMERS = [f"user-{number}" for number in range(100)]
PARTS = [{"centavos": 7_450, "due": (NOW + timedelta(days=30 * month)).isoformat()} for month in (1, 2)]
LEFT_OUT = {
    "animal",
    "assignee",
    "customer",
    "fiscal",
    "instalments",
    "page",
    "pet",
    "responsible",
    "substitute",
    "version",
}  # what the fixtures do not have
NAMES = string.ascii_letters + string.digits + "-_"


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema a reference points at."""
    while "$ref" in schema:
        schema = DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def among(schema: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body; of several that are told apart by a field, the one that it names."""
    schema = resolved(schema)
    if "discriminator" not in schema:
        return schema
    told = schema["discriminator"]
    return resolved({"$ref": told["mapping"][body[told["propertyName"]]]})


def values(schema: dict[str, Any], *, usual: bool = False) -> st.SearchStrategy[Any]:
    """Values the schema allows; its examples where there are any when they are to be usual."""
    schema = {**resolved(schema), **schema}  # what stands beside a reference counts too, its examples above all
    if usual and "examples" in schema:
        return st.sampled_from(schema["examples"])
    if several := schema.get("anyOf", schema.get("oneOf")):
        return st.one_of([values(each, usual=usual) for each in several])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    made: st.SearchStrategy[Any]
    match schema.get("type"):
        case "object" if "patternProperties" in schema:
            ((pattern, inside),) = schema["patternProperties"].items()
            made = st.dictionaries(st.from_regex(pattern), values(inside, usual=usual), max_size=2)
        case "object":
            fields = {name: values(each, usual=usual) for name, each in schema.get("properties", {}).items()}
            required = {name: fields.pop(name) for name in schema.get("required", [])}
            made = st.fixed_dictionaries(required, optional=fields)
        case "array":
            few = schema.get("minItems", 0)
            made = st.lists(values(schema["items"], usual=usual), min_size=few, max_size=max(few, 3))
        case "integer":
            made = st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            low, high = schema.get("exclusiveMinimum", schema.get("minimum")), schema.get("maximum")
            made = st.floats(low, high, exclude_min="exclusiveMinimum" in schema, allow_nan=False)
        case "boolean":
            made = st.booleans()
        case "null":
            made = st.none()
        case "string" if "pattern" in schema:
            made = st.from_regex(schema["pattern"]).filter(lambda text: len(text) <= schema.get("maxLength", 1000))
        case "string":
            made = st.text(NAMES, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 30), 30))
        case other:
            raise AssertionError(f"the OpenAPI has a schema this test cannot read: {other}")
    return made


def chosen(schema: dict[str, Any]) -> bool:
    """Whether it is one of a closed set."""
    return any("enum" in resolved(each) for each in schema.get("anyOf", [schema]))


@st.composite
def spoiled(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """An object with something missing, wrong or too much."""
    body = dict(whole)
    for name in draw(st.sets(st.sampled_from(sorted(body) or ["x"]), max_size=2)):
        if draw(st.booleans()):
            body.pop(name, None)
        else:
            body[name] = draw(GARBAGE)
    if draw(st.integers(0, 3)) == 0:
        body[draw(st.sampled_from(["x", "\ud800", "__proto__", ""]))] = draw(GARBAGE)
    return body


@st.composite
def bodies(draw: st.DrawFn, schema: dict[str, Any], *, mine: str, form: bool, right: bool) -> bytes:
    """A body for the operation: right, spoiled, or nothing of the kind."""
    sorts = ["usual"] if right else ["usual", "usual", "usual", "allowed", "spoiled", "spoiled", "garbage"]
    sort = draw(st.sampled_from(sorts))
    if sort == "garbage":
        return draw(st.sampled_from([b"", b"{", b"[" * 5000, b"null", b"[]", b'"\\ud800"']) | st.binary(max_size=30))
    whole = draw(values(schema, usual=sort != "allowed"))
    if sort == "usual" and isinstance(whole, dict):
        new = draw(st.sampled_from(NEWCOMERS))
        about = {
            "customer_reference": new if "email" in whole else "user-1042",
            "email": f"{new}@example.mx",
            "invoice": "in_1",
            "lines": [{"description": "Baño", "price": 30_000}],
            "parts": PARTS,
            "policy": "standard-21d",
            "assignee": "",
            "payment_method": "pm_card_visa",
        }
        asked = among(schema, whole).get("properties", {})
        whole |= {name: about[name] for name in about if name in asked and not chosen(asked[name])}
        if "subscription" in asked:  # one of the two says who is meant
            whole["subscription"] = None if "anyOf" in asked["subscription"] else mine
        for name in LEFT_OUT - set(among(schema, whole).get("required", [])):
            whole.pop(name, None)
    if sort == "spoiled" and isinstance(whole, dict):
        whole = draw(spoiled(whole))
    return urlencode(whole, errors="replace").encode() if form else json.dumps(whole).encode()


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """What may come signed by Stripe."""
    inside = {"id": draw(st.sampled_from(["in_1", "sub_1", "s_0"]) | GARBAGE), "object": "invoice"}
    whole = {"id": f"evt_{draw(st.integers(0, 10**9))}", "type": "invoice.paid", "data": {"object": inside}}
    return draw(st.sampled_from([whole, whole, draw(spoiled(whole))]))


FORMS = st.dictionaries(
    st.sampled_from(["MessageSid", "MessageStatus", "ErrorCode", "Body", "From", "SmsStatus", "ñ"]),
    st.sampled_from(["SM1", "delivered", "failed", "read", "", "63016", "63018x", "STOP", "\x00"])
    | st.text(max_size=9),
)


@cache
def components() -> dict[str, Any]:
    """What the OpenAPI's schemas refer to; an object holds what it declares and nothing more."""
    told: dict[str, Any] = copy.deepcopy(DESCRIPTION["components"])
    for each in told["schemas"].values():
        if "properties" in each:
            each.setdefault("additionalProperties", False)
    return told


@cache
def validator(schema: str) -> Draft202012Validator:
    """For a schema, written as JSON, within the OpenAPI."""
    return Draft202012Validator({**json.loads(schema), "components": components()})


def check(method: str, path: str, answer: httpx.Response) -> None:
    """Raises AssertionError naming what the OpenAPI does not declare."""
    status, kind = answer.status_code, answer.headers.get("content-type", "").partition(";")[0]
    responses = DESCRIPTION["paths"][path][method]["responses"]
    assert str(status) in responses, (status, answer.text)
    assert "Traceback" not in answer.text
    declared = responses[str(status)].get("content", {})
    if status >= 400 and "text/html" not in declared and path != "/ready":
        assert kind == "application/problem+json", (status, kind)
        body = answer.json()
        assert [e.message for e in validator('{"$ref": "#/components/schemas/ProblemBody"}').iter_errors(body)] == []
        assert body["status"] == status
        assert body["detail"].strip()
        assert status != 422 or body["errors"], body
        return
    if declared:
        assert kind in declared, (status, kind)
    if declared and kind == "application/json":
        wrong = [
            f"{e.json_path}: {e.message}"
            for e in validator(json.dumps(declared[kind]["schema"])).iter_errors(answer.json())
        ]
        assert wrong == []


@dataclass(frozen=True)
class Weather:
    """How the parts behind the API do."""

    up: bool = True
    opening: Opening | None = field(default_factory=lambda: Opening(Status.ACTIVE))
    refusal: Exception | None = None
    outage: Failure | None = None


FAIR = Weather()
FOUL = [
    Weather(up=False),
    Weather(opening=None),
    Weather(opening=Opening(Status.CANCELED, "insufficient_funds")),
    Weather(refusal=CommandRefused("not now")),
    Weather(refusal=ProcessNotFound()),
    Weather(outage=Unavailable("no answer")),
    Weather(outage=Missing("gone")),
    Weather(outage=Refused("no such page", "resource_missing")),
]


@dataclass(frozen=True)
class Lived:
    """What a world is given that somebody else lived in before: what they know, and what the parts behind the API remember."""

    key: str
    known: Known
    door: dict[str, Any]
    payments: dict[str, Any]


def remembered(part: FakeDoor | FakePayments) -> dict[str, Any]:
    """A copy, without the record."""
    return {name: copy.deepcopy(value) for name, value in vars(part).items() if name != "store"}


async def _lived_in(database: str) -> Lived:
    async with opened(database, await prepared(database, two_tenants)) as world:
        known = await acquainted(world)
        await world.settled()
        return Lived(world.key, known, remembered(world.door), remembered(world.payments))


@pytest.fixture
async def lived(database: str) -> AsyncIterator[tuple[World, Known]]:
    """Each operation has a world of its own, in which all began alike. It is lived in once in a process, and copied."""
    before = await prepared(database, _lived_in)
    async with opened(database, before.key) as world:
        vars(world.door).update(copy.deepcopy(before.door))
        vars(world.payments).update(copy.deepcopy(before.payments))
        yield world, before.known


def token_of(link: str, draw: st.DrawFn, *, right: bool) -> str:
    """The token of a link, whole or tampered with."""
    token = link.rpartition("/")[2]
    if right:
        return token
    cut = draw(st.integers(0, token.index(".")))
    return draw(st.sampled_from([token, token, token[:cut], token[:cut] + "ñ" + token[cut:], f"{token}=="]))


@st.composite
def requests(draw: st.DrawFn, method: str, path: str, known: Known, *, right: bool = False) -> httpx.Request:
    """A request for the operation; a right one has nothing wrong and nothing that could be left out around its body."""
    operation = DESCRIPTION["paths"][path][method]
    query: dict[str, Any] = {}
    where = path
    headers: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        name, schema = parameter["name"], parameter["schema"]
        if parameter["in"] == "path":
            value = token_of(known.link, draw, right=right) if name == "token" else known.at(path)[name]
            if not right and draw(st.integers(0, 4)) == 0:
                value = draw(st.sampled_from([known.theirs, "s_nobody"]) | st.text(max_size=20))
            where = where.replace(f"{{{name}}}", quote(value, safe="", errors="replace") or "x")
        elif parameter["in"] == "header":
            if not right and draw(st.integers(0, 4)) == 0:
                presses = [f"press-{number}" for number in range(12)]
                headers[name] = draw(st.sampled_from([*presses, "two words", "x" * 300]))
        elif parameter["in"] == "cookie":
            continue
        elif right and name in {"subscription", "tenant", "uuid"}:  # says who or what is meant
            query[name] = {"subscription": known.mine, "tenant": "acme", "uuid": FOLIO}[name]
        elif parameter["required"] or (not right and draw(st.booleans())):
            likely = (
                [known.mine, "user-1042"] if name in {"subscription", "customer_reference"} else [CURSOR, CURSOR[:-3]]
            )
            usual = st.sampled_from(likely)
            proper = st.just("user-1042") if name == "customer_reference" else values(schema, usual=True)
            query[name] = draw(proper if right else usual | usual | values(schema) | st.text(max_size=20))
    content = b""
    if "requestBody" in operation:
        ((sort, body),) = operation["requestBody"]["content"].items()
        form = sort != "application/json"
        content = draw(bodies(body["schema"], mine=known.mine, form=form, right=right))
        if form and not right:
            content = draw(st.sampled_from([urlencode(draw(FORMS), errors="replace").encode(), content]))
        kinds = [sort] if right else [sort] * 6 + ["text/plain", f"{sort}; charset=x"]
        headers["Content-Type"] = draw(st.sampled_from(kinds))
    if path == "/webhooks/stripe":
        content = json.dumps(draw(events())).replace("\\ud800", "x").encode()
        content = draw(st.sampled_from([content, content, content, draw(st.binary(max_size=30))]))
        headers["Stripe-Signature"] = draw(
            st.sampled_from([stripe_signature(content)] * 4 + ["t=1,v1=x", "", "t=,v1="])
        )
    if path == "/webhooks/twilio":
        told = draw(FORMS)
        content = urlencode(told, errors="replace").encode()
        signature = RequestValidator(TWILIO_TOKEN).compute_signature(f"{PUBLIC}{path}", told)
        headers["X-Twilio-Signature"] = draw(st.sampled_from([signature] * 4 + ["x", ""]))
    wrong = [] if right else [f"Bearer {known.other_key}", "Bearer x", "Basic eDp4", "Bearer", ""]
    key = draw(st.sampled_from([f"Bearer {known.key}"] * 8 + wrong))
    if key:
        headers["Authorization"] = key
    params = {name: value for name, value in query.items() if value is not None}
    return httpx.Request(
        method.upper(), f"{PUBLIC}{where}", params=urlencode(params, errors="replace"), content=content, headers=headers
    )


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_every_operation_answers_as_declared(
    lived: tuple[World, Known], method: str, path: str, in_full: bool
) -> None:
    world, known = lived
    loop, examples = asyncio.get_running_loop(), MORE if in_full else EXAMPLES
    refusals: list[str] = []

    def asked(wanted: st.SearchStrategy[httpx.Request], skies: st.SearchStrategy[Weather], often: int) -> Counter[int]:
        seen: Counter[int] = Counter()

        @seed(20261121)
        @settings(
            max_examples=often,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(wanted, skies)
        def ask(request: httpx.Request, weather: Weather) -> None:
            world.door.up, world.door.opening, world.door.refusal = weather.up, weather.opening, weather.refusal
            world.payments.outage = weather.outage
            answer = asyncio.run_coroutine_threadsafe(world.http.send(request), loop).result(10)
            seen[answer.status_code] += 1
            refusals.append(answer.text[:300] if answer.is_error else "")
            assert answer.status_code < 500 or weather is not FAIR, (
                f"{answer.status_code} {request!r} {request.content!r}"
            )
            check(method, path, answer)

        ask()
        return seen

    # Hypothesis is synchronous; the API stays on its own loop
    done = await asyncio.to_thread(asked, requests(method, path, known, right=True), st.just(FAIR), RIGHT)
    why = [*refusals]
    any_sky = st.just(FAIR) | st.just(FAIR) | st.sampled_from(FOUL)
    seen = await asyncio.to_thread(asked, requests(method, path, known), any_sky, examples)
    assert sum(seen.values()) == examples, seen
    excused = path.startswith(CLOSED) or path.endswith(UNPREPARED)
    assert excused or any(status < 400 for status in done), (done, why)  # not all knocks are turned away


def crashes() -> dict[str, tuple[str, str, bytes]]:
    """Requests that once crashed it: method, path and the signed body."""
    token = link(PUBLIC, LINK_KEY, Purpose.PAY, "acme", "s_1").rpartition("/")[2]
    cursor = base64.urlsafe_b64encode(b"0001-01-01T00:00:00+14:00|s_1").decode()
    event = json.dumps({"id": "evt_\ud800", "type": "x", "data": {"object": {}}}).encode()
    return {
        "the seal of a link is not ASCII": ("GET", f"/go/{token}%C3%B1", b""),
        "a cursor before the first instant": ("GET", f"/v1/subscriptions?cursor={quote(cursor)}", b""),
        "half a character in the id of a signed event": ("POST", "/webhooks/stripe", event),
        "a signed body of brackets alone": ("POST", "/webhooks/stripe", b"[" * 100_000),
    }


@pytest.mark.parametrize("case", crashes())
async def test_what_once_crashed_it_is_refused(world: World, case: str) -> None:
    method, path, body = crashes()[case]
    headers = {"Authorization": f"Bearer {world.key}", "Stripe-Signature": stripe_signature(body)}
    answer = await world.http.request(method, path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500
