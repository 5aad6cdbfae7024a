"""The codec server: Temporal's protocol, to the Temporal UI alone, and to each reader what is the reader's."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from activities.gateways.store_sql import SqlStore
from activities.ports.payments import Payments
from api.app import build
from api.deps import Context
from models.access.permissions import Role
from models.access.sessions import Session
from models.access.users import User
from models.safekeeping.keyring import Keyring
from models.settings import Settings
from tests.api.conftest import SETTINGS, World
from workflows.codec import Sealing

CODEC_KEY = "opens-everything-in-this-test"
UI = "https://temporal.example.mx"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"sofia"')


@dataclass
class Server:
    """The API with a codec key and a Temporal UI, and the key of tenant `acme`."""

    http: httpx.AsyncClient
    key: str
    context: Context

    async def session(self, role: Role) -> str:
        """The access token of somebody of that role who has logged in at `acme`."""
        now = datetime.now(UTC)
        user = User("acme", f"u_{role}", f"{role}@example.mx", role, now)
        session = Session("acme", f"n_{role}", user.id, now, now + timedelta(hours=1))
        store = cast(SqlStore, self.context.store)
        await store.add_user(user)
        await store.open_session(session, f"refreshes-{role}")
        return self.context.tokens.issue(session, now, timedelta(minutes=5))[0]

    async def asks(self, path: str, *payloads: Payload, key: str = "", **headers: str) -> httpx.Response:
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return await self.http.post(path, json={"payloads": [MessageToDict(p) for p in payloads]}, headers=headers)

    async def words(self, path: str, *payloads: Payload, key: str = "") -> list[str]:
        """What is told of each payload: its data, or that it stayed closed."""
        answer = await self.asks(path, *payloads, key=key)
        assert answer.status_code == 200, answer.text
        return [_word(payload) for payload in answer.json()["payloads"]]


def _word(payload: dict[str, Any]) -> str:
    encoding = base64.b64decode(payload["metadata"]["encoding"]).decode()
    return base64.b64decode(payload["data"]).decode() if encoding == "json/plain" else encoding


@asynccontextmanager
async def serving(world: World, **changes: Any) -> AsyncIterator[Server]:
    settings: Settings = SETTINGS.model_copy(
        update={"codec_key": SecretStr(CODEC_KEY), "temporal_ui_url": f"{UI}/namespaces", **changes}
    )
    app = build(settings=settings, store=world.store, payments=cast(Payments, world.payments), processes=world.door)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api.example.mx") as http:
        yield Server(http, world.key, app.state.context)


@pytest.fixture
async def server(world: World) -> AsyncIterator[Server]:
    async with serving(world) as server:
        yield server


async def sealed(process: str, ring: Keyring = SETTINGS.keyring) -> Payload:
    context = WorkflowSerializationContext("perdura", process)
    (closed,) = await Sealing(ring).with_context(context).encode([PLAIN])
    return closed


async def test_a_tenants_reader_opens_the_tenants_payloads_and_no_others(server: Server) -> None:
    mine, theirs, nobodys = await sealed("sub:acme:s_1"), await sealed("sub:other:s_2"), await sealed("sweep:inbox")
    told = await server.words("/codec/decode", mine, theirs, nobodys, PLAIN, key=server.key)
    assert told == ['"sofia"', "binary/encrypted", "binary/encrypted", '"sofia"']


async def test_another_tenants_payload_does_not_open_under_a_false_name(server: Server) -> None:
    theirs = await sealed("sub:other:s_2")
    theirs.metadata["perdura-tenant"] = b"acme"
    assert await server.words("/codec/decode", theirs, key=server.key) == ["binary/encrypted"]


@pytest.mark.parametrize(("role", "status"), [(Role.OWNER, 200), (Role.SUPPORT, 200), (Role.VIEWER, 403)])
async def test_people_open_their_tenants_payloads_if_their_role_allows_it(
    server: Server, role: Role, status: int
) -> None:
    token = await server.session(role)
    answer = await server.asks("/codec/decode", await sealed("sub:acme:s_1"), await sealed("sub:other:s_2"), key=token)
    assert answer.status_code == status
    if status == 200:
        assert [_word(payload) for payload in answer.json()["payloads"]] == ['"sofia"', "binary/encrypted"]


async def test_the_cookie_of_somebody_logged_in_opens_payloads_for_the_temporal_ui_and_no_other_page(
    server: Server,
) -> None:
    token, closed = await server.session(Role.SUPPORT), await sealed("sub:acme:s_1")
    cookie = {"Cookie": f"__Host-perdura_access={token}"}
    answer = await server.asks("/codec/decode", closed, Origin=UI, **cookie)
    assert (answer.status_code, answer.headers.get("access-control-allow-credentials")) == (200, "true")
    assert [_word(payload) for payload in answer.json()["payloads"]] == ['"sofia"']
    for origin in ("https://evil.example", ""):
        assert (await server.asks("/codec/decode", closed, Origin=origin, **cookie)).status_code == 403
    order = {"plan": "pro"}
    elsewhere = await server.http.post("/v1/subscriptions", json=order, headers={"Origin": UI, **cookie})
    assert elsewhere.status_code == 403


@pytest.mark.parametrize(("path", "key"), [("operator", CODEC_KEY), (CODEC_KEY, "")])
async def test_an_operator_opens_every_tenants(server: Server, path: str, key: str) -> None:
    told = await server.words(
        f"/codec/{path}/decode", await sealed("sub:acme:s_1"), await sealed("sweep:inbox"), key=key
    )
    assert told == ['"sofia"', '"sofia"']


async def test_a_payload_of_a_key_we_do_not_have_stays_closed_beside_the_others(server: Server) -> None:
    lost = await sealed("sub:acme:s_1", Keyring.parse(Keyring.fresh("lost")))
    told = await server.words("/codec/decode", lost, await sealed("sub:acme:s_1"), key=server.key)
    assert told == ["binary/encrypted", '"sofia"']


async def test_what_somebody_sends_is_sealed_in_the_name_of_their_tenant(server: Server) -> None:
    closed = (await server.asks("/codec/encode", PLAIN, key=server.key)).json()["payloads"]
    assert base64.b64decode(closed[0]["metadata"]["perdura-tenant"]) == b"acme"
    again = await server.http.post(
        "/codec/decode", json={"payloads": closed}, headers={"Authorization": f"Bearer {server.key}"}
    )
    assert [_word(payload) for payload in again.json()["payloads"]] == ['"sofia"']


async def test_nobody_unknown_is_answered(server: Server) -> None:
    closed = await sealed("sub:acme:s_1")
    for path in ("decode", "encode", "operator/decode", "wrong-key/decode", "wrong-key/encode"):
        for key in ("", "pk_live_unknown", "wrong-key"):
            assert (await server.asks(f"/codec/{path}", closed, key=key)).status_code == 401, (path, key)


async def test_a_tenants_key_is_not_an_operators(server: Server) -> None:
    assert (await server.asks("/codec/operator/decode", PLAIN, key=server.key)).status_code == 401


async def test_without_a_codec_key_there_is_no_operator(world: World) -> None:
    async with serving(world, codec_key=SecretStr("")) as server:
        assert (await server.asks("/codec/operator/decode", PLAIN)).status_code == 401
        assert (await server.asks("/codec/operator/decode", PLAIN, key="x")).status_code == 401


async def test_what_is_not_the_protocol_is_refused_by_field(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    for body in ("[]", "null", "{", '{"payloads": 3}', '"x"'):
        answer = await server.http.post("/codec/decode", content=body, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "payloads"), body


async def test_a_browser_may_ask_from_the_temporal_ui_and_from_nowhere_else(server: Server) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    allowed = await server.http.options("/codec/decode", headers={"Origin": UI, **asked})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, UI)
    refused = await server.http.options("/codec/decode", headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in refused.headers
    answer = await server.asks("/codec/decode", PLAIN, key=server.key, Origin=UI)
    assert answer.headers["access-control-allow-origin"] == UI
    elsewhere = await server.http.get("/v1/plans", headers={"Origin": UI, "Authorization": f"Bearer {server.key}"})
    assert "access-control-allow-origin" not in elsewhere.headers


def test_a_short_codec_key_is_refused() -> None:
    with pytest.raises(ValueError, match="24 characters"):
        Settings.__pydantic_validator__.validate_assignment(SETTINGS.model_copy(), "codec_key", "short")
