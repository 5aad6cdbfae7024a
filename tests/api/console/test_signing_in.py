"""Signing in to the console, staying there while one works, and out again."""

from datetime import UTC, datetime, timedelta

import pytest

from api.console.sign_in_page import ours
from api.deps import Context
from models.access.sessions import Session
from models.access.users import User
from tests.api.conftest import PUBLIC, World
from tests.api.console.browsing import COOKIE, signed_in, stranger
from tests.api.credentials import PASSWORD, person


async def test_signing_in_leads_to_the_page_that_was_asked_for(world: World) -> None:
    user, browser = await person(world), stranger(world)
    asked = await browser.get("/console/search?q=ana")
    assert asked.status_code == 401
    assert 'name="onward" value="/console/search?q=ana"' in asked.text
    form = {"business": "acme", "email": user.email, "password": PASSWORD, "onward": "/console/search?q=ana"}
    answer = await browser.post("/console/sign-in", data=form, headers={"Origin": PUBLIC})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/search?q=ana")
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE)]
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert (await browser.get(answer.headers["location"])).status_code == 200


def test_signing_in_leads_nowhere_else() -> None:
    for path in (
        "https://evil.example",
        "//evil.example",
        "/cuenta",
        "/console\\x",
        "/console-x",
        "/console/sign-in",
        "",
    ):
        assert ours(path) == "/console", path
    assert ours("/console/audit?who=u_1") == "/console/audit?who=u_1"


async def test_a_wrong_password_says_so_and_keeps_what_was_typed(world: World) -> None:
    user, browser = await person(world), stranger(world)
    form = {"business": "acme", "email": user.email, "password": "no", "onward": "/console"}
    answer = await browser.post("/console/sign-in", data=form, headers={"Origin": PUBLIC})
    assert answer.status_code == 401
    assert "El correo o la contraseña no coinciden" in answer.text
    assert user.email in answer.text
    assert COOKIE not in browser.cookies


async def test_the_form_of_another_site_signs_nobody_in(world: World) -> None:
    user, browser = await person(world), stranger(world)
    form = {"business": "acme", "email": user.email, "password": PASSWORD}
    for origin in ("https://evil.example", "null"):
        answer = await browser.post("/console/sign-in", data=form, headers={"Origin": origin})
        assert answer.status_code == 403
        assert f"{PUBLIC}/console" in answer.text
    assert COOKIE not in browser.cookies


async def test_too_many_tries_are_told_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_many(*_: object) -> timedelta:
        return timedelta(minutes=1)

    monkeypatch.setattr(world.store, "try_login", too_many)
    form = {"business": "acme", "email": "nobody@acme.mx", "password": "no"}
    answer = await stranger(world).post("/console/sign-in", data=form, headers={"Origin": PUBLIC})
    assert answer.status_code == 429
    assert "Demasiados intentos" in answer.text


async def test_signing_out_ends_the_session_everywhere(world: World) -> None:
    browser = await signed_in(world)
    taken = dict(browser.http.cookies)
    answer = await browser.send("/console/sign-out")
    assert answer.headers["location"] == "/console/sign-in"
    assert COOKIE not in browser.http.cookies
    other = stranger(world)
    other.cookies.update(taken)
    assert (await other.get("/console")).status_code == 401


def aged(world: World, user: User, session: str, *, left: timedelta) -> str:
    """The token of a session with so much of its time left."""
    context: Context = world.app.state.context
    now = datetime.now(UTC)
    return context.tokens.issue(Session(user.tenant, session, user.id, now, now + timedelta(days=1)), now, left)[0]


async def test_the_cookie_is_renewed_while_somebody_works_and_not_by_a_page_left_open(world: World) -> None:
    browser = await signed_in(world)
    context: Context = world.app.state.context
    claims = context.tokens.read(browser.http.cookies[COOKIE])
    assert claims is not None
    old = aged(world, browser.user, claims.session, left=timedelta(minutes=10))
    browser.http.cookies.set(COOKIE, old, domain="cobranza.example.mx")
    poll = await browser.get("/console", headers={"HX-Request": "true"})
    assert not any(COOKIE in each for each in poll.headers.get_list("set-cookie"))
    page = await browser.get("/console")
    assert any(COOKIE in each for each in page.headers.get_list("set-cookie"))
    assert not (await browser.get("/console")).headers.get_list("set-cookie")
    over = aged(world, browser.user, claims.session, left=timedelta(seconds=-1))
    assert (await stranger(world).get("/console", headers={"Cookie": f"{COOKIE}={over}"})).status_code == 401


async def test_with_one_business_alone_nobody_need_name_it(world: World) -> None:
    several = await stranger(world).get("/console/sign-in")
    assert '<input id="business"' in several.text
    assert await world.store.sole_business() == ""


async def test_a_link_from_elsewhere_is_opened_once_more_from_here(world: World) -> None:
    browser = stranger(world)
    first = await browser.get("/console/search?q=a", headers={"Sec-Fetch-Site": "cross-site"})
    assert 'http-equiv="refresh" content="0; url=/console/search?q=a"' in first.text
    again = await browser.get("/console/search?q=a", headers={"Sec-Fetch-Site": "same-origin"})
    assert 'type="password"' in again.text
