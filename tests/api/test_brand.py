"""A business says how it looks, and every page its customers see looks so; nobody else's does."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import httpx
import pytest

from models.speaking.links import Purpose
from models.subscribing.subscriptions import Status
from tests.api.conftest import World
from tests.api.pages.test_pay import owing
from tests.api.pages.test_pay import path as pay_path
from tests.api.pages.test_tax_data import PATH as TAX_DATA
from tests.api.pages.test_tax_data import refused, token
from tests.api.test_links import path as link_path
from tests.pictures import picture

ACUARIO = {
    "name": "Acuario <& Cía>",
    "legal_line": "Servicios Acuario, S.A. de C.V.",
    "primary": "#0b5fa5",
    "accent": "#f2a900",
    "phone": "55 1234 5678",
    "whatsapp": "55 8765 4321",
    "email": "ayuda@acuario.mx",
    "website": "https://acuario.mx",
    "terms_url": "https://acuario.mx/terminos",
    "privacy_url": "https://acuario.mx/privacidad",
    "logo": base64.b64encode(picture()).decode(),
}


async def put(world: World, body: dict[str, Any]) -> httpx.Response:
    return await world.http.put("/v1/brand", json=body, headers={"Authorization": f"Bearer {world.key}"})


async def test_what_is_set_is_shown_and_audited_by_name_without_the_values(world: World) -> None:
    before = (await world.get("/v1/brand")).json()
    assert (before["name"], before["logo"], before["corrections"]) == ("Acme", None, [])
    answer = await put(world, {**ACUARIO, "actor": "ana", "reason": "new look"})
    assert answer.status_code == 200, answer.text
    told = (await world.get("/v1/brand")).json()
    assert told == answer.json()
    assert (told["phone"], told["primary"], told["logo"]["width"]) == ("+525512345678", "#0b5fa5", 400)
    assert told["corrections"][0].startswith("accent: #f2a900 on white has a contrast of 2.0:1")
    (entry,) = await world.store.audit_trail("acme", "")
    assert (entry.action, entry.actor, entry.reason) == ("set_brand", "api/ana", "new look")
    assert entry.detail == "name, legal_line, primary, accent, support, website, terms_url, privacy_url, logo"
    await put(world, ACUARIO)
    assert len(await world.store.audit_trail("acme", "")) == 1, "what changes nothing is no news"


async def test_a_logo_stays_until_another_comes_or_it_is_taken_away(world: World) -> None:
    first = (await put(world, ACUARIO)).json()["logo"]
    words = {name: value for name, value in ACUARIO.items() if name != "logo"}
    assert (await put(world, {**words, "name": "Acuario"})).json()["logo"] == first
    other = base64.b64encode(picture("JPEG")).decode()
    assert (await put(world, {**words, "logo": other})).json()["logo"]["media_type"] == "image/jpeg"
    assert (await put(world, {**words, "logo": ""})).json()["logo"] is None


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"name": "  "}, "name", "customers know"),
        ({"primary": "blue"}, "primary", "hexadecimal"),
        ({"website": "http://acuario.mx"}, "website", "https://"),
        ({"email": "nobody"}, "email", "not an e-mail"),
        ({"logo": "%%%"}, "logo", "not base64"),
        ({"logo": "ñ"}, "logo", "not base64"),
        ({"logo": base64.b64encode(b"<svg/>").decode()}, "logo", "SVG, which may hold scripts"),
        ({"logo": base64.b64encode(bytes(200_001)).decode()}, "logo", "200,000 at most"),
        ({"logo": "A" * 300_000}, "logo", "at most"),
        ({"font": "Comic Sans"}, "font", "not permitted"),
    ],
)
async def test_a_wrong_field_is_named_with_its_remedy_and_nothing_is_changed(
    world: World, changes: dict[str, str], field: str, why: str
) -> None:
    answer = await put(world, {**ACUARIO, **changes})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], why in error["message"]) == (field, True), error
    assert (await world.get("/v1/brand")).json()["name"] == "Acme"


async def test_the_logo_is_there_for_everybody_and_may_be_kept(world: World) -> None:
    url = (await put(world, ACUARIO)).json()["logo"]["url"]
    shown = await world.http.get(url)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert shown.content.startswith(b"\x89PNG")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await world.http.head(url)).status_code == 200
    again = await world.http.get(url, headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await world.http.get("/brand/acme/logo")
    assert (plain.content == shown.content, plain.headers["cache-control"]) == (True, "public, max-age=86400")
    for nothing in ("/brand/other/logo", "/brand/nobody/logo", "/brand/%00/logo", "/brand/a%20b/logo"):
        assert (await world.http.get(nothing)).status_code == 404, nothing


async def _pages(world: World) -> dict[str, httpx.Response]:
    """Every page a customer of `acme` can see."""
    await refused(world)
    subscription = await owing(world, "in_1", "in_2", status=Status.SUSPENDED, customer_reference="u2", email="b@x.mx")
    over = await world.signed_up(customer_reference="u3", email="c@x.mx")
    record = await world.store.subscription("acme", over)
    assert record is not None
    promise = link_path(Purpose.PROMISE, subscription).replace("/go/", "/promesa/")
    return {
        "pay": await world.http.get(pay_path(subscription)),
        "nothing to pay": await world.http.get(pay_path(over)),
        "promise": await world.http.get(promise),
        "promised": await world.http.post(promise, data={"day": "tomorrow"}),
        "tax data": await world.http.get(TAX_DATA + token()),
        "tax data wrong": await world.http.post(
            TAX_DATA + token(),
            data={**dict.fromkeys(("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use"), "")},
        ),
        "no portal": await world.http.get(link_path(Purpose.CARD, over)),
        "bad link": await world.http.get("/go/x"),
    }


NOBODYS = {"bad link"}


async def test_every_page_wears_the_brand_with_a_strict_policy(world: World) -> None:
    await put(world, ACUARIO)
    for name, answer in (await _pages(world)).items():
        text, policy = answer.text, answer.headers["content-security-policy"]
        (sheet,) = re.findall("<style>(.*?)</style>", text)
        known = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
        assert f"style-src 'sha256-{known}'" in policy, name
        assert "unsafe" not in policy, name
        assert policy.startswith("default-src 'none'"), name
        assert not re.search(r"<script|\son\w+=|\sstyle=|javascript:", text), name
        if name in NOBODYS:
            assert "<header>" not in text
            continue
        assert re.search(
            r'<img src="/brand/acme/logo\?v=\w{16}" alt="Acuario &lt;&amp; Cía&gt;" width="\d+" height="\d+">', text
        ), name
        assert "--primary:#0b5fa5" in sheet, name
        for told in (
            "https://wa.me/525587654321",
            "mailto:ayuda@acuario.mx",
            "https://acuario.mx/privacidad",
            "S.A. de C.V.",
        ):
            assert told in text, (name, told)


async def test_one_tenant_s_look_is_on_no_page_of_another_s(world: World) -> None:
    theirs = await world.store.issue_key("other")
    answer = await world.http.put("/v1/brand", json=ACUARIO, headers={"Authorization": f"Bearer {theirs}"})
    assert answer.status_code == 200
    for name, shown in (await _pages(world)).items():
        assert not re.search("Acuario|acuario|0b5fa5|/brand/", shown.text), name
    assert (await world.get("/v1/brand")).json()["name"] == "Acme"
    assert (await world.http.get("/brand/acme/logo")).status_code == 404


class Read(HTMLParser):
    """What a screen reader goes by."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


async def test_every_page_can_be_used_without_eyes_mouse_or_script(world: World) -> None:
    await put(world, {**ACUARIO, "primary": "#ffe000"})
    for name, answer in (await _pages(world)).items():
        page = Read(answer.text)
        ids = [each["id"] for _, each in page.tags if "id" in each]
        assert len(ids) == len(set(ids)), name
        assert page.all("html") == [{"lang": "es-MX"}], name
        assert len(page.all("title")) == len(page.all("main")) == len(page.all("h1")) == 1, name
        assert "width=device-width" in str(page.all("meta")), name
        assert "user-scalable" not in answer.text, name
        heads = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(heads)), (name, heads)
        labels = {each["for"] for each in page.all("label")}
        for field in page.all("input", "select"):
            assert field.get("type") == "hidden" or field["id"] in labels, (name, field)
        for each in page.all("img"):
            assert each["alt"], name
        for _, attrs in page.tags:
            for refers in ("aria-describedby", "aria-labelledby"):
                assert attrs.get(refers) is None or attrs[refers] in ids, (name, attrs)
        for form in page.all("form"):
            assert form["method"] == "post", name
        assert ":focus-visible{outline:3px" in answer.text, name
    wrong = Read((await _pages_of_tax(world)).text)
    assert [each["name"] for each in wrong.all("input", "select") if each.get("aria-invalid") == "true"] == ["tax_id"]


async def _pages_of_tax(world: World) -> httpx.Response:
    return await world.http.post(
        TAX_DATA + token(),
        data={"tax_id": "X", "legal_name": "A", "tax_regime": "601", "postal_code": "06600", "cfdi_use": ""},
    )


@pytest.mark.parametrize("language", ["es-MX", "en"])
async def test_the_footer_speaks_the_customer_s_language(world: World, language: str) -> None:
    await put(world, ACUARIO)
    text = (await world.http.get(pay_path(await owing(world, language=language)))).text
    spanish = language == "es-MX"
    assert ("Aviso de privacidad" in text, "Privacy notice" in text) == (spanish, not spanish)
    assert f'<html lang="{language}">' in text
