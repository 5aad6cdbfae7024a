"""Somebody at the console, as their browser would ask: with cookies, and forms that a page of ours has given them."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx

from models.access.permissions import Role
from models.access.users import User
from tests.api.conftest import PUBLIC, World
from tests.api.credentials import person, session

COOKIE = "__Host-perdura_access"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


@dataclass
class Browser:
    """One person, signed in. What it is answered is not followed on."""

    world: World
    http: httpx.AsyncClient
    user: User

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(path, **more)

    async def send(self, path: str, form: dict[str, str] | None = None, *, of: str = "/console") -> httpx.Response:
        """A form of the page `of`: with its hidden fields, and the `Origin` that a browser adds."""
        page = await self.get(of)
        told = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
        return await self.http.post(path, data={**told, **(form or {})}, headers={"Origin": PUBLIC})

    async def page(self, path: str, *, english: bool = False) -> str:
        """A page that must be there, as text."""
        answer = await self.get(path, headers={"Cookie": self._cookies(english)})
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    def _cookies(self, english: bool) -> str:
        held = {**dict(self.http.cookies), "perdura_language": "en" if english else "es"}
        return "; ".join(f"{name}={value}" for name, value in held.items())


def stranger(world: World) -> httpx.AsyncClient:
    """A browser that nobody has signed in with."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=world.app), base_url=PUBLIC)


async def signed_in(world: World, role: Role = Role.OWNER, *, tenant: str = "acme") -> Browser:
    """With a session's cookie; test_signing_in goes through the form."""
    user, http = await person(world, role, tenant=tenant), stranger(world)
    token = (await session(world, user))["Authorization"].removeprefix("Bearer ")
    http.cookies.set(COOKIE, token, domain=urlsplit(PUBLIC).hostname or "")
    return Browser(world, http, user)
