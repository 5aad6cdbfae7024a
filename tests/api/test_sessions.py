"""Logging in, going on, logging out: what a thief with an old token, a guesser and another site's page get."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from api.deps import Context
from api.tokens import Tokens
from models.access.permissions import Role
from models.access.sessions import Session
from models.safekeeping.rotating_secret import RotatingSecret
from tests.api.conftest import PUBLIC, World
from tests.api.credentials import PASSWORD, person, session

ANA = "ana@acme.mx"


async def log_in(world: World, password: str = PASSWORD, *, email: str = ANA, **more: Any) -> httpx.Response:
    body = {"tenant": "acme", "email": email, "password": password, **more}
    return await world.http.post("/v1/sessions", json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_person_logs_in_and_is_known_until_they_log_out(world: World) -> None:
    user = await person(world, Role.SUPPORT, email=ANA)
    answer = await log_in(world, email=" Ana@Acme.mx ")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    headers = bearer(body["access_token"])
    me = (await world.http.get("/v1/me", headers=headers)).json()
    assert (me["user"]["id"], me["user"]["role"], me["tenant"]) == (user.id, "support", "acme")
    assert "order" in me["permissions"]
    assert "money" not in me["permissions"]
    assert (await world.http.get("/v1/plans", headers=headers)).status_code == 200
    assert (await world.http.delete("/v1/sessions/current", headers=headers)).status_code == 204
    assert (await world.http.get("/v1/plans", headers=headers)).status_code == 401
    renewal = await world.http.post("/v1/sessions/refresh", json={"refresh_token": body["refresh_token"]})
    assert renewal.status_code == 401


async def test_logging_out_everywhere_ends_every_session(world: World) -> None:
    user = await person(world)
    here, there = await session(world, user), await session(world, user)
    assert (await world.http.delete("/v1/sessions", headers=here)).status_code == 204
    assert [(await world.http.get("/v1/me", headers=h)).status_code for h in (here, there)] == [401, 401]


async def test_a_refresh_token_is_good_once_and_its_second_use_ends_the_session(world: World) -> None:
    await person(world, email=ANA)
    first = (await log_in(world)).json()
    second = await world.http.post("/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    stolen = await world.http.post("/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    assert stolen.status_code == 401
    again = await world.http.post("/v1/sessions/refresh", json={"refresh_token": second.json()["refresh_token"]})
    assert again.status_code == 401
    assert (await world.http.get("/v1/me", headers=bearer(second.json()["access_token"]))).status_code == 401


async def test_of_a_token_sent_twice_at_once_one_use_at_most_succeeds(world: World) -> None:
    await person(world, email=ANA)
    token = (await log_in(world)).json()["refresh_token"]
    answers = await asyncio.gather(
        *(world.http.post("/v1/sessions/refresh", json={"refresh_token": token}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


@pytest.mark.parametrize("who", ["wrong password", "nobody", "no such tenant", "disabled", "invited only"])
async def test_every_failed_login_is_told_alike(world: World, who: str) -> None:
    user = await person(world, email=ANA)
    if who == "disabled":
        await world.store.save_user(replace(user, disabled_at=datetime.now(UTC)))
    if who == "invited only":
        await person(world, email="eva@acme.mx", password="")
    email = {"nobody": "no@acme.mx", "invited only": "eva@acme.mx"}.get(who, ANA)
    tenant = "nowhere" if who == "no such tenant" else "acme"
    password = "another password" if who == "wrong password" else PASSWORD
    answer = await log_in(world, password, email=email, tenant=tenant)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "e-mail or password is wrong"


async def test_the_sixth_try_in_a_minute_waits_even_with_the_right_password_and_so_does_one_for_nobody(
    world: World,
) -> None:
    await person(world, email=ANA)
    for email in (ANA, "nobody@acme.mx"):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(world.app, client=(f"203.0.113.{len(email)}", 1)), base_url=PUBLIC
        ) as http:
            body = {"tenant": "acme", "email": email, "password": "not the password"}
            seen = [(await http.post("/v1/sessions", json=body)).status_code for _ in range(5)]
            assert seen == [401] * 5
            locked = await http.post("/v1/sessions", json={**body, "password": PASSWORD})
            assert locked.status_code == 429
            assert 0 < int(locked.headers["retry-after"]) <= 60


async def test_one_address_cannot_try_account_after_account(world: World) -> None:
    seen = [(await log_in(world, "guess", email=f"{n}@acme.mx")).status_code for n in range(7)]
    assert seen == [401] * 5 + [429] * 2


async def test_a_session_ends_with_the_account_and_follows_its_role(world: World) -> None:
    user = await person(world, Role.OWNER)
    headers = await session(world, user)
    assert (await world.http.get("/v1/users", headers=headers)).status_code == 200
    await world.store.save_user(replace(user, role=Role.VIEWER))
    assert (await world.http.get("/v1/users", headers=headers)).status_code == 403
    await world.store.save_user(replace(user, disabled_at=datetime.now(UTC)))
    assert (await world.http.get("/v1/plans", headers=headers)).status_code == 401


class TestTokens:
    KEY, OLD = "a session key of thirty-two letters!", "the session key of the year before: kept"

    def _issued(self, key: str) -> str:
        now = datetime.now(UTC)
        opened = Session("acme", "z_1", "u_1", now, now + timedelta(days=1))
        return Tokens(RotatingSecret.parse(key)).issue(opened, now, timedelta(minutes=5))[0]

    def test_an_old_key_verifies_until_it_is_dropped(self) -> None:
        token = self._issued(self.OLD)
        assert Tokens(RotatingSecret.parse(f"{self.KEY},{self.OLD}")).read(token) is not None
        assert Tokens(RotatingSecret.parse(self.KEY)).read(token) is None

    def test_what_is_not_ours_says_nothing(self) -> None:
        ours = jwt.decode(self._issued(self.KEY), options={"verify_signature": False})
        kid = jwt.get_unverified_header(self._issued(self.KEY))["kid"]
        unsigned = jwt.encode(ours, None, "none", headers={"kid": kid})
        other = jwt.encode(ours, "somebody else's key, just as long as ours", "HS256", headers={"kid": kid})
        late = jwt.encode({**ours, "exp": 1}, self.KEY, "HS256", headers={"kid": kid})
        for token in (unsigned, other, late, "", "x", "a.b.c", "\ud800", self._issued(self.KEY)[:-2]):
            assert Tokens(RotatingSecret.parse(self.KEY)).read(token) is None
        assert "@" not in str(ours)


class TestCookies:
    @asynccontextmanager
    async def _browser(self, world: World) -> AsyncIterator[httpx.AsyncClient]:
        await person(world, email=ANA)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url=PUBLIC) as http:
            await self._logged_in(http)
            yield http

    async def _logged_in(self, http: httpx.AsyncClient) -> None:
        body = {"tenant": "acme", "email": ANA, "password": PASSWORD, "cookie": True}
        answer = await http.post("/v1/sessions", json=body, headers={"Origin": PUBLIC})
        assert answer.status_code == 201, answer.text
        assert (answer.json()["access_token"], answer.json()["refresh_token"]) == ("", "")
        put = answer.headers.get_list("set-cookie")
        assert len(put) == 2
        for cookie in put:
            assert {"HttpOnly", "Secure", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}

    async def test_a_page_of_ours_reads_and_changes(self, world: World) -> None:
        async with self._browser(world) as http:
            assert (await http.get("/v1/me")).status_code == 200
            order = {"name": "till", "scopes": ["read"]}
            assert (await http.post("/v1/keys", json=order, headers={"Origin": PUBLIC})).status_code == 201
            assert (await http.post("/v1/keys", json=order, headers={"X-Perdura-Request": "1"})).status_code == 201
            assert (await http.post("/v1/sessions/refresh", json={}, headers={"Origin": PUBLIC})).status_code == 200
            assert (await http.delete("/v1/sessions/current", headers={"Origin": PUBLIC})).status_code == 204
            assert (await http.get("/v1/me")).status_code == 401

    @pytest.mark.parametrize(
        "headers",
        [{}, {"Origin": "https://evil.example"}, {"Origin": "https://evil.example", "X-Perdura-Request": "1"}],
    )
    async def test_another_sites_page_changes_nothing(self, world: World, headers: dict[str, str]) -> None:
        async with self._browser(world) as http:
            order = {"name": "till", "scopes": ["read"]}
            assert (await http.post("/v1/keys", json=order, headers=headers)).status_code == 403
            assert (await http.post("/v1/sessions/refresh", json={}, headers=headers)).status_code == 403
            assert (await http.get("/v1/me")).status_code == 200
        context: Context = world.app.state.context
        assert [k.name for k in await context.store.keys("acme")] == ["api"]
