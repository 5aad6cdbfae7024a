"""The console's frame: whose forms are believed, what is offered and refused, both languages, and what a browser may run."""

import re

import pytest

from activities.failures import Unavailable
from api.console import places
from api.console.routes import PAGES
from api.console.visitor import SEAL
from api.problems import FieldError, invalid
from models.access.permissions import Role, of_role
from models.tickets.terms import TermsWhy
from tests.api.conftest import PUBLIC, World
from tests.api.console.browsing import Browser, signed_in

ADDRESSES = [place.path for place in places.PLACES] + ["/console/search"]


@pytest.fixture
async def owner(world: World) -> Browser:
    return await signed_in(world)


async def test_a_form_is_believed_only_with_the_seal_of_its_session(world: World, owner: Browser) -> None:
    other = await signed_in(world)
    seal = re.search(rf'name="{SEAL}" value="([^"]+)"', await other.page("/console"))
    assert seal is not None
    for form in ({}, {SEAL: ""}, {SEAL: "ñ"}, {SEAL: seal[1]}):
        answer = await owner.http.post("/console/sign-out", data=form, headers={"Origin": PUBLIC})
        assert answer.status_code == 403
        assert "no venía de esta sesión" in answer.text
    assert (await owner.get("/console")).status_code == 200


async def test_a_form_of_another_site_is_refused_whatever_it_holds(owner: Browser) -> None:
    seal = re.search(rf'name="{SEAL}" value="([^"]+)"', await owner.page("/console"))
    assert seal is not None
    answer = await owner.http.post(
        "/console/sign-out", data={SEAL: seal[1]}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert (await owner.get("/console")).status_code == 200


@pytest.mark.parametrize("path", ADDRESSES)
async def test_every_page_is_there_in_both_languages_and_runs_nothing_of_its_own(owner: Browser, path: str) -> None:
    spanish, english = await owner.page(path), await owner.page(path, english=True)
    assert '<html lang="es-MX">' in spanish
    assert '<html lang="en">' in english
    for text in (spanish, english):
        assert len(re.findall(r"<h1", text)) == 1
        assert re.search(r'<input id="search"[^>]* value=""', text)
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", text)
    assert re.search(r"<h1>(.*?)</h1>", spanish) != re.search(r"<h1>(.*?)</h1>", english)


async def test_the_policy_lets_a_browser_run_our_own_files_alone(owner: Browser) -> None:
    answer = await owner.get("/console")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_choice_of_a_language_is_remembered(owner: Browser) -> None:
    assert '<html lang="es-MX">' in (await owner.get("/console")).text
    await owner.get("/console?lang=en")
    assert '<html lang="en">' in (await owner.get("/console")).text


@pytest.mark.parametrize("role", Role)
async def test_the_navigation_offers_what_the_role_may_open(world: World, role: Role) -> None:
    browser = await signed_in(world, role)
    page = await browser.page("/console")
    for place in places.PLACES:
        offered = f'href="{place.path}" data-letter' in page
        assert offered == (place.permission in of_role(role))
        answer = await browser.get(place.path)
        assert answer.status_code == (200 if offered else 403)
        if not offered:
            assert "Tu papel en este negocio no lo permite" in answer.text


async def test_an_address_without_a_page_says_so(owner: Browser) -> None:
    answer = await owner.get("/console/nowhere/at/all")
    assert answer.status_code == 404
    assert "No encontramos esta página" in answer.text


async def test_when_the_record_does_not_answer_a_page_says_so(
    world: World, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(world.store, "subscriber", away)
    answer = await owner.get("/console/search?q=x")
    assert answer.status_code == 503
    assert "Espera un minuto" in answer.text
    monkeypatch.setattr(world.store, "brand", away)
    assert (await owner.get("/console/search?q=x")).status_code == 503


async def test_two_faults_of_one_field_are_both_told(
    world: World, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wrong(*_: object) -> None:
        raise invalid([FieldError(field="high", message=message) for message in (TermsWhy.SPAN(), TermsWhy.SOONER())])

    monkeypatch.setattr(world.store, "subscriber", wrong)
    told = await owner.get("/console/search?q=x")
    assert (told.status_code, told.text.count("<strong>high</strong>")) == (422, 2)


def test_every_place_has_a_letter_of_its_own() -> None:
    letters = [place.letter for place in places.PLACES]
    assert len(letters) == len(set(letters))
    assert all(re.fullmatch("[a-z]", letter) for letter in letters)
    assert PAGES[-1].routes[0].path == "/console/{rest:path}"  # type: ignore[attr-defined]


async def test_a_search_leads_on_where_one_thing_alone_was_meant(world: World, owner: Browser) -> None:
    subscription = await world.signed_up()
    answer = await owner.get("/console/search", params={"q": f" {subscription} "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/subscriptions/{subscription}")
    assert "Nada coincide con &lt;b&gt;" in (await owner.get("/console/search", params={"q": "<b>"})).text
