"""Settings in the console: set by the API's own functions, by those who may, with secrets told once and faults at their fields."""

import asyncio
import re
from html import unescape

import httpx
import pytest

from models.access import passwords
from models.access.permissions import Role
from tests.api.conftest import PUBLIC, World
from tests.api.console.browsing import HIDDEN, Browser, signed_in, stranger
from tests.api.credentials import PASSWORD
from tests.pictures import picture

HERE = "/console/settings"
PAGES = ("", "/brand", "/issuer", "/tickets", "/people", "/keys", "/webhooks", "/me")
ISSUER = {
    "tax_id": "EKU9003173C9",
    "legal_name": "ESCUELA KEMPER URGATE",
    "tax_regime": "601",
    "postal_code": "06600",
    "vat": "16",
    "series": "P",
    "withholding": "none",
    "payment_method": "PUE",
}


@pytest.fixture
async def owner(world: World) -> Browser:
    return await signed_in(world)


async def test_every_page_is_there_in_both_languages_for_an_owner(owner: Browser) -> None:
    for page in PAGES:
        assert "<h1>" in await owner.page(f"{HERE}{page}")
        assert '<html lang="en">' in await owner.page(f"{HERE}{page}", english=True)


async def test_others_see_what_they_may_and_no_form(world: World) -> None:
    viewer = await signed_in(world, Role.VIEWER)
    hub = await viewer.page(HERE)
    assert [page for page in PAGES[1:] if f'href="{HERE}{page}"' in hub] == ["/brand", "/issuer", "/tickets", "/me"]
    assert 'name="primary"' not in await viewer.page(f"{HERE}/brand")
    assert 'name="tax_id"' not in await viewer.page(f"{HERE}/issuer")
    for page in ("/people", "/keys", "/webhooks"):
        assert (await viewer.get(f"{HERE}{page}")).status_code == 403


async def test_somebody_is_invited_chooses_a_password_and_signs_in(world: World, owner: Browser) -> None:
    where = f"{HERE}/people"
    told = await owner.send(where, {"email": "sofia@acme.mx", "role": "support"}, of=where)
    link = re.search(rf"{PUBLIC}(/console/invitation\?code=[^<]+)<", told.text)
    assert link is not None
    newcomer, address = stranger(world), unescape(link[1])
    page = await newcomer.get(address)
    code = re.search(r'name="code" value="([^"]+)"', page.text)
    assert code is not None
    weak = {"code": code[1], "password": "corta"}
    answer = await newcomer.post("/console/invitation", data=weak, headers={"Origin": PUBLIC})
    assert answer.status_code == 422
    assert 'id="password-why"' in answer.text
    good = {"code": code[1], "password": PASSWORD}
    foreign = await newcomer.post("/console/invitation", data=good, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    answer = await newcomer.post("/console/invitation", data=good, headers={"Origin": PUBLIC})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    form = {"business": "acme", "email": "sofia@acme.mx", "password": PASSWORD}
    answer = await newcomer.post("/console/sign-in", data=form, headers={"Origin": PUBLIC})
    assert answer.status_code == 303
    again = await newcomer.post("/console/invitation", data=good, headers={"Origin": PUBLIC})
    assert again.status_code == 410
    assert "Esta invitación ya se usó" in again.text


async def test_people_change_and_the_last_owner_stays(world: World, owner: Browser) -> None:
    where, other = f"{HERE}/people", await signed_in(world, Role.SUPPORT)
    await owner.send(f"{where}/{other.user.id}/role", {"role": "viewer"}, of=where)
    changed = await world.store.user("acme", other.user.id)
    assert changed is not None
    assert changed.role is Role.VIEWER
    await owner.send(f"{where}/{other.user.id}/disable", of=where)
    assert (await other.get("/console")).status_code == 401
    await owner.send(f"{where}/{other.user.id}/enable", of=where)
    last = await owner.send(f"{where}/{owner.user.id}/role", {"role": "viewer"}, of=where)
    assert last.status_code == 409
    assert "Es la última persona dueña" in last.text
    assert (await owner.send(f"{where}/u_nobody/disable", of=where)).status_code == 404
    wrong = await owner.send(where, {"email": "no", "role": "support"}, of=where)
    assert wrong.status_code == 422
    assert 'id="email-why"' in wrong.text


async def test_a_key_is_shown_once_and_revoked(world: World, owner: Browser) -> None:
    where = f"{HERE}/keys"
    page = await owner.get(where)
    seal = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert seal is not None
    form = {"csrf": seal[1], "name": "tienda", "scopes": ["read", "orders"]}
    made = await owner.http.post(where, data=form, headers={"Origin": PUBLIC})
    secret = re.search(r"pk_live_[\w-]+", made.text)
    assert secret is not None
    assert (
        await world.http.get("/v1/subscriptions", headers={"Authorization": f"Bearer {secret[0]}"})
    ).status_code == 200
    assert secret[0] not in await owner.page(where)
    (key,) = [each for each in await world.store.keys("acme") if each.name == "tienda"]
    await owner.send(f"{where}/{key.id}/revoke", of=where)
    assert (
        await world.http.get("/v1/subscriptions", headers={"Authorization": f"Bearer {secret[0]}"})
    ).status_code == 401
    assert (await owner.send(where, {"name": " "}, of=where)).status_code == 422


async def test_a_form_pressed_twice_is_carried_out_once_and_its_secret_is_on_the_page_that_is_seen(
    world: World, owner: Browser
) -> None:
    async def pressed(where: str, path: str = "", **form: str) -> list[str]:
        """What a double click shows, and a third click when all is done."""
        told = dict(HIDDEN.findall((await owner.get(where)).text)) | form

        async def press() -> str:
            answer = await owner.http.post(f"{where}{path}", data=told, headers={"Origin": PUBLIC})
            assert answer.status_code == 200, answer.text
            return answer.text

        return [*await asyncio.gather(press(), press()), await press()]

    keys, hooks = f"{HERE}/keys", f"{HERE}/webhooks"
    seen = await pressed(keys, name="tienda", scopes="read")
    assert len({match[0] for page in seen if (match := re.search(r"pk_live_[\w-]+", page))}) == 1
    assert [each.name for each in await world.store.keys("acme")].count("tienda") == 1
    await pressed(keys, name="bodega", scopes="read")  # another key is another form
    await owner.send(hooks, {"url": "https://api.acme.mx/hooks", "description": ""}, of=hooks)
    (endpoint,) = await world.store.endpoints("acme")
    seen = await pressed(hooks, f"/{endpoint.id}/rotate")
    (rotated,) = await world.store.endpoints("acme")
    assert rotated.secret != endpoint.secret
    assert all(rotated.secret in unescape(page) for page in seen)


async def test_a_webhook_is_added_tested_stopped_and_removed(world: World, owner: Browser) -> None:
    where = f"{HERE}/webhooks"
    made = await owner.send(where, {"url": "https://api.acme.mx/hooks", "description": "tienda"}, of=where)
    assert "whsec_" in made.text
    (endpoint,) = await world.store.endpoints("acme")
    at = f"{where}/{endpoint.id}"
    await owner.send(f"{at}/test", of=where)
    assert world.door.woken == [("acme", endpoint.id)]
    await owner.send(f"{at}/disable", of=where)
    assert "Detenido" in await owner.page(where)
    assert (await owner.send(f"{at}/test", of=where)).status_code == 409
    await owner.send(f"{at}/enable", of=where)
    await owner.send(f"{at}/remove", of=where)
    assert await world.store.endpoints("acme") == []
    wrong = await owner.send(where, {"url": "ftp://x"}, of=where)
    assert wrong.status_code == 422
    assert 'id="url-why"' in wrong.text


async def test_the_look_of_the_business_is_set_and_its_logo_stays(world: World, owner: Browser) -> None:
    where = f"{HERE}/brand"
    saved = await owner.send(where, {"name": "Acuario", "primary": "#0b5fa5", "email": "hola@acme.mx"}, of=where)
    assert saved.status_code == 303
    brand = await world.store.brand("acme")
    assert (brand.name, str(brand.primary), brand.support.email) == ("Acuario", "#0b5fa5", "hola@acme.mx")
    wrong = await owner.send(where, {"name": "Acuario", "primary": "azul"}, of=where)
    assert wrong.status_code == 422
    assert 'id="primary-why"' in wrong.text
    assert 'value="azul"' in wrong.text


async def test_a_logo_is_chosen_shown_refused_and_taken_away(world: World, owner: Browser) -> None:
    where = f"{HERE}/brand"

    async def send(content: bytes, **more: str) -> httpx.Response:
        told = dict(HIDDEN.findall(await owner.page(where))) | {"name": "Acuario", **more}
        files = {"logo": ("logo.png", content)}
        return await owner.http.post(where, data=told, files=files, headers={"Origin": PUBLIC})

    assert (await send(picture())).status_code == 303
    brand = await world.store.brand("acme")
    assert brand.logo is not None
    assert f'src="{brand.logo_path}"' in unescape(await owner.page(where))
    assert (await send(b"")).status_code == 303
    assert (await world.store.brand("acme")).logo == brand.logo
    for content, words in ((b"<svg/>", "Es un SVG"), (b"0" * 200_001, "Pesa 200,001 bytes")):
        wrong = await send(content)
        assert wrong.status_code == 422
        assert f'id="logo-why">{words}' in wrong.text
    assert (await send(b"", no_logo="1")).status_code == 303
    assert (await world.store.brand("acme")).logo is None


async def test_who_issues_is_set_or_told_what_is_wrong(world: World, owner: Browser) -> None:
    where = f"{HERE}/issuer"
    assert (await owner.send(where, ISSUER, of=where)).status_code == 303
    issuer = await world.store.issuer_of("acme")
    assert issuer is not None
    assert (issuer.rfc, issuer.vat) == ("EKU9003173C9", 16)
    assert "EKU9003173C9" in await owner.page(HERE)
    await owner.send(where, {**ISSUER, "vat": "none"}, of=where)
    exempt = await world.store.issuer_of("acme")
    assert exempt is not None
    assert exempt.vat is None
    wrong = await owner.send(where, {**ISSUER, "postal_code": "00000"}, of=where)
    assert wrong.status_code == 422
    assert 'id="postal_code-why"' in wrong.text
    for rate in ("²", "15", "9" * 5_000):
        assert (await owner.send(where, {**ISSUER, "vat": rate}, of=where)).status_code == 422


async def test_a_password_is_changed_by_its_owner_alone(world: World, owner: Browser) -> None:
    where = f"{HERE}/me"
    wrong = await owner.send(f"{where}/password", {"old": "no", "new": "otra frase bastante larga"}, of=where)
    assert wrong.status_code == 422
    assert 'id="old-why"' in wrong.text
    assert "otra frase bastante larga" not in wrong.text
    good = await owner.send(f"{where}/password", {"old": PASSWORD, "new": "otra frase bastante larga"}, of=where)
    assert good.status_code == 303
    user = await world.store.user("acme", owner.user.id)
    assert user is not None
    assert passwords.fits("otra frase bastante larga", user.password)
