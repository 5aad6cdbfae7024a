"""Legal texts: published by the business, read by everybody, each version for good."""

from datetime import UTC, datetime

from models.agreements.legal import LegalKind
from models.words import Words
from tests.api.conftest import World
from tests.api.test_brand import ACUARIO

TERMS = "# Todo\n\n## 1. Quiénes somos\n\nAcme & Cía, **siempre**. [Escríbenos](mailto:a@acme.mx)\n\n- uno\n- dos"


async def publish(world: World, text: str = TERMS, kind: str = "terms", **more: str) -> dict[str, object]:
    answer = await world.put(f"/v1/legal/{kind}", {"text": text, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


async def test_a_text_is_published_as_versions_audited_and_listed(world: World) -> None:
    assert (await publish(world, actor="ana", reason="new prices"))["version"] == 1
    assert (await publish(world))["version"] == 1, "the same words are no news"
    assert (await publish(world, TERMS + "\n- tres"))["version"] == 2
    listed = (await world.get("/v1/legal")).json()
    assert [(each["kind"], each["version"], each["url"]) for each in listed] == [
        ("terms", 2, "https://cobranza.example.mx/legal/acme/terminos")
    ]
    first, second = await world.store.audit_trail("acme", "")
    assert (first.action, first.actor, first.reason) == ("publish_legal_text", "api/ana", "new prices")
    assert second.detail == "terms version 2"
    assert (await world.get("/v1/legal")).json() == listed
    assert await world.store.legal_texts("other") == []


async def test_everybody_reads_it_with_its_version_and_day_and_can_go_back(world: World) -> None:
    await publish(world)
    await publish(world, TERMS + "\n- tres")
    answer = await world.http.get("/legal/acme/terminos")
    assert answer.status_code == 200
    text = answer.text
    for words in (
        "<h1>Términos y condiciones</h1>",
        "Versión 2, publicada el",
        "<h2>Todo</h2>",
        "<h3>1. Quiénes somos</h3>",
    ):
        assert words in text
    assert ("Acme &amp; Cía, <strong>siempre</strong>" in text, "<li>tres</li>" in text) == (True, True)
    assert "noindex" not in text
    earlier = (await world.http.get("/legal/acme/terminos?version=1")).text
    assert ("<li>tres</li>" in earlier, "Ver la versión vigente" in earlier, "noindex" in earlier) == (
        False,
        True,
        True,
    )
    assert (await world.http.get("/legal/acme/terminos?version=3")).status_code == 404


async def test_who_reads_english_gets_it_or_is_told_that_the_spanish_counts(world: World) -> None:
    await publish(world)
    spanish = (await world.http.get("/legal/acme/terminos?lang=en")).text
    assert "This text is published in Spanish" in spanish
    assert '<div class="prose" lang="es-MX">' in spanish
    await publish(world, english="## 1. Who we are")
    english = (await world.http.get("/legal/acme/terminos?lang=en")).text
    assert ("Who we are" in english, "in Spanish" in english) == (True, False)


async def test_what_a_business_writes_is_no_html_and_no_script(world: World) -> None:
    await publish(world, "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](https://a.mx/b.png)")
    text = (await world.http.get("/legal/acme/terminos")).text
    for bad in ("<script", 'href="javascript', "<img"):
        assert bad not in text


async def test_an_address_of_the_business_s_own_comes_first_and_pages_name_what_is_published(world: World) -> None:
    assert "/legal/acme" not in (await world.http.get("/planes/acme")).text
    for kind in LegalKind:
        await world.store.publish_text("acme", kind, Words("## Uno"), datetime.now(UTC))
    text = (await world.http.get("/planes/acme?lang=en")).text
    for kind in LegalKind:
        assert f'href="/legal/acme/{kind.path}?lang=en"' in text
    await world.put("/v1/brand", ACUARIO)
    answer = await world.http.get("/legal/acme/terminos")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://acuario.mx/terminos")
    assert (await world.http.get("/legal/acme/terminos?version=1")).status_code == 200, (
        "what was accepted stays readable"
    )
    assert (await world.http.get("/legal/acme/sla")).status_code == 200


async def test_a_text_that_is_not_there_and_one_that_may_not_be(world: World) -> None:
    for path in ("/legal/acme/terminos", "/legal/acme/terms", "/legal/nobody/sla"):
        assert (await world.http.get(path)).status_code == 404
    for body, field in (
        ({"text": ""}, "text"),
        ({"text": "a [COMPLETA: b]"}, "text"),
        ({"text": "a", "english": "\x01"}, "english"),
    ):
        answer = await world.put("/v1/legal/privacy", body)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    assert (await world.put("/v1/legal/cookies", {"text": "a"})).status_code == 422
