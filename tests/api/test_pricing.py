"""The price list is there for everybody, in the business's look, and says all that the law and a buyer ask."""

import pytest

from activities.failures import Unavailable
from models.money import Money
from models.selling.plans import Feature, Interval, Limit, Plan
from models.words import Words
from tests.api.conftest import World


async def test_every_price_says_its_interval_its_trial_and_its_saving(world: World) -> None:
    await world.store.save_plan(
        Plan("acme", "pro-year", "Pro", Money(119_200), Interval.YEAR, tier="pro", card_required=False, trial_days=1)
    )
    monthly = (await world.http.get("/planes/acme")).text
    yearly = (await world.http.get("/planes/acme", params={"interval": "year", "lang": "en"})).text
    for words in (
        "$149.00",
        "MXN al mes",
        "IVA incluido",
        "14 días de prueba, con tarjeta",
        "Hoy no pagas nada",
        "1,000 documents",
    ):
        assert words in monthly, words
    for words in (
        "$1,192.00",
        "You save $596.00 MXN, 33 %",
        "4 months free",
        "1 day of trial, no card",
        "VAT included",
    ):
        assert words in yearly, words
    assert 'href="/contratar/acme/pro-year?lang=en"' in yearly
    assert '<html lang="en">' in yearly


async def test_it_is_open_to_search_engines_and_kept_for_a_minute(world: World) -> None:
    answer = await world.http.get("/planes/acme")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "noindex" not in answer.text
    assert 'hreflang="en" href="/planes/acme?lang=en"' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")


async def test_what_a_business_writes_is_text(world: World) -> None:
    feature = Feature("x", Words("<script>alert(1)</script>"))
    await world.store.save_plan(
        Plan("acme", "pro", "<b>Pro</b>", Money(1), limits=(Limit("gb", None, Words("espacio")),), features=(feature,))
    )
    text = (await world.http.get("/planes/acme")).text
    assert "<script>" not in text
    assert "<b>Pro" not in text
    assert "&lt;b&gt;Pro" in text
    assert "Sin límite de espacio" in text


async def test_a_free_plan_asks_for_nothing(world: World) -> None:
    await world.store.save_plan(Plan("acme", "pro", "Libre", Money(0)))
    text = (await world.http.get("/planes/acme")).text
    assert "Empezar gratis" in text
    assert "$0.00" not in text


@pytest.mark.parametrize("path", ["/planes/nobody", "/planes/a%00b"])
async def test_a_business_that_is_not_here_has_no_page(world: World, path: str) -> None:
    answer = await world.http.get(path)
    assert answer.status_code == 404
    assert "No encontramos esta página" in answer.text


async def test_books_that_do_not_answer_are_told_kindly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: str) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(world.store, "brand", away)
    answer = await world.http.get("/planes/acme")
    assert answer.status_code == 503
    assert "Vuelve a intentarlo en un minuto" in answer.text
