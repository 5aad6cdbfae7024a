"""Signing up on a page: what is asked, what is kept, and that nobody gets two subscriptions or learns of anybody else's."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from activities.failures import Unavailable
from models.agreements.legal import LegalKind
from models.safekeeping.rotating_secret import RotatingSecret
from models.speaking.links import Purpose, dated_token
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.subscriptions import Status
from models.words import Words
from tests.api.account_holders import account
from tests.api.conftest import LINK_KEY, NOW, World
from tests.api.test_pets import LUNA, OWNER

Knowing = Callable[[World], Awaitable[str]]
"""Makes a customer with Luz's e-mail known; the account of theirs that a message is about."""

PAGE = "/contratar/acme/pro"
LUZ = {"name": "Luz Ríos", "email": "Luz@Example.mx", "phone": "55 2345 6789", "agreed": "yes"}


async def form(world: World, page: str = PAGE) -> dict[str, str]:
    """The hidden part of a form just opened."""
    text = (await world.http.get(page)).text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))


async def send(world: World, page: str = PAGE, **given: str) -> httpx.Response:
    return await world.http.post(page, data={**await form(world, page), **LUZ, **given})


async def done(world: World, answer: httpx.Response, **changes: Any) -> str:
    """The address of the result, once the process has recorded this."""
    (found,) = await world.store.subscribers("acme")
    await world.store.save_subscription(replace(found.record, **changes))
    return str(answer.headers["location"]).replace("/pago/", "/listo/")


async def test_a_form_well_filled_in_leads_to_the_provider_s_page(world: World) -> None:
    answer = await send(world)
    assert answer.status_code == 303, answer.text
    (found,) = await world.store.subscribers("acme")
    assert (found.customer.name, found.customer.email, found.customer.phone) == (
        "Luz Ríos",
        "luz@example.mx",
        "+525523456789",
    )
    assert re.fullmatch(r"web-[0-9a-f]{12}", found.customer.reference)
    assert [start.subscription for start in world.door.starts] == [found.record.id]
    onward = await world.http.get(answer.headers["location"])
    assert f'content="0; url=https://checkout.example/{found.record.id}"' in onward.text
    (entry,) = [e for e in await world.store.audit_trail("acme", found.record.id) if e.action == "terms accepted"]
    assert (entry.actor, entry.detail) == ("customer", "the price and its renewal")


async def test_the_button_pressed_twice_makes_one_subscription(world: World) -> None:
    once = {**await form(world), **LUZ}
    first, second = [await world.http.post(PAGE, data=once) for _ in range(2)]
    assert (first.status_code, second.status_code) == (303, 303)
    (found,) = await world.store.subscribers("acme")
    assert len(world.payments.checkouts) == 1
    assert {start.subscription for start in world.door.starts} == {found.record.id}
    assert len([e for e in await world.store.audit_trail("acme", found.record.id) if e.action == "terms accepted"]) == 1


async def test_of_many_forms_sent_at_once_one_makes_a_subscription(world: World) -> None:
    forms = [{**await form(world), **LUZ} for _ in range(4)]
    answers = await asyncio.gather(*(world.http.post(PAGE, data=each) for each in forms for _ in range(3)))
    told = {
        (answer.status_code, each)
        for each, answer in zip([n for n in range(4) for _ in range(3)], answers, strict=True)
    }
    assert sorted(status for status, _ in told) == [303, 409, 409, 409]
    assert len(await world.store.subscribers("acme")) == len(world.payments.checkouts) == 1


async def test_each_mistake_stands_beside_its_field_and_what_was_typed_stays(world: World) -> None:
    answer = await send(world, name="<Luz>", email="luz@", phone="12", agreed="", tax_id="XAXX")
    assert answer.status_code == 422
    text = answer.text
    for field in ("email", "phone", "tax_id", "agreed"):
        assert f'<a href="#{field}">' in text, field
    for words in ("Escribe un correo completo", "Escribe los 10 dígitos", "lee y acepta", "<details open>"):
        assert words in text
    assert ('value="&lt;Luz&gt;"' in text, 'value="luz@"' in text, 'value="XAXX"' in text) == (True, True, True)
    assert text.count("autofocus") == 1
    assert await world.store.subscribers("acme") == []
    english = await world.http.post(f"{PAGE}?lang=en", data={**await form(world), **LUZ, "name": " "})
    assert "Write your name." in english.text


async def test_tax_data_are_taken_along_and_checked(world: World) -> None:
    fiscal = {
        "tax_id": "XIA190128J61",
        "legal_name": "XENON INDUSTRIAL ARTICLES",
        "tax_regime": "601",
        "postal_code": "76343",
    }
    assert (await send(world, **{**fiscal, "postal_code": "7634"})).status_code == 422
    assert (await send(world, **fiscal)).status_code == 303
    (found,) = await world.store.subscribers("acme")
    assert found.customer.receiver is not None
    assert (found.customer.receiver.rfc, found.customer.receiver.postal_code) == ("XIA190128J61", "76343")


async def test_the_version_that_was_shown_is_the_one_that_is_accepted(world: World) -> None:
    await world.store.publish_text("acme", LegalKind.TERMS, Words("uno"), NOW)
    opened = await form(world)
    await world.store.publish_text("acme", LegalKind.TERMS, Words("dos"), NOW)
    answer = await world.http.post(PAGE, data={**opened, **LUZ})
    assert (answer.status_code, "versión 2" in answer.text) == (422, True)
    assert (await send(world)).status_code == 303
    (found,) = await world.store.subscribers("acme")
    (entry,) = [e for e in await world.store.audit_trail("acme", found.record.id) if e.action == "terms accepted"]
    assert entry.detail == "terms=2"
    (kept,) = await world.store.acceptances("acme")
    assert (kept.subject, kept.document, kept.version) == (found.customer.id, LegalKind.TERMS, "2")
    assert kept.address == "127.0.0.1"
    assert kept.accepted_at >= NOW


async def test_whoever_is_a_customer_already_is_written_to_and_the_page_tells_nothing_of_them(world: World) -> None:
    mine = await world.signed_up(email="luz@example.mx", name="Luz de la Vega")
    for _ in range(2):
        answer = await send(world)
        assert answer.status_code == 409
    assert "Revisa tu correo" in answer.text
    for secret in (mine, "Vega", "user-1042"):
        assert secret not in answer.text
    (notice,) = world.door.notices
    assert (notice.kind, notice.channel, notice.subscription) == (NoticeKind.ACCOUNT_LINK, Channel.EMAIL, mine)


async def former(world: World, **given: Any) -> str:
    """A customer whose subscription is over."""
    name = await world.signed_up(email="luz@example.mx", name="Luz de la Vega", **given)
    record = await world.store.subscription("acme", name)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    return name


async def of_a_pet(world: World) -> str:
    """A customer whose subscription is for their pet."""
    owner = OWNER | {"email": "luz@example.mx"}
    assert (await world.post("/v1/customers", owner)).status_code == 201
    pet = (await world.post("/v1/customers/dueno-7/pets", LUNA)).json()["id"]
    return await world.signed_up(**owner, pet=pet)


async def billed(world: World) -> str:
    """A customer known from a bill."""
    owner = OWNER | {"email": "luz@example.mx"}
    answer = await world.post("/v1/bills", {"customer": owner, "lines": [{"description": "Consulta", "price": 30_000}]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize("known", [former, of_a_pet, billed])
async def test_whoever_knows_a_customer_s_e_mail_neither_changes_nor_joins_them(world: World, known: Knowing) -> None:
    mine = await known(world)
    before = await world.store.customer_of("acme", mine)
    answer = await send(world, name="Mallory", phone="55 9999 9999")
    assert (answer.status_code, "Revisa tu correo" in answer.text) == (409, True)
    assert await world.store.customer_of("acme", mine) == before
    assert world.payments.checkouts == {}
    (notice,) = world.door.notices
    assert (notice.kind, notice.channel, notice.subscription) == (NoticeKind.ACCOUNT_LINK, Channel.EMAIL, mine)


async def test_a_customer_without_an_account_is_not_changed_either(world: World) -> None:
    assert (await world.post("/v1/customers", OWNER | {"email": "luz@example.mx"})).status_code == 201
    before = await world.store.customer_by_reference("acme", "dueno-7")
    assert (await send(world, name="Mallory")).status_code == 409
    assert await world.store.customer_by_reference("acme", "dueno-7") == before
    assert world.door.notices == [], "nothing yet that a message could be about"


async def test_whoever_opens_the_form_anew_goes_on_by_the_link_in_the_mail(world: World) -> None:
    await send(world)
    (found,) = await world.store.subscribers("acme")
    answer = await send(world)
    assert (answer.status_code, "Revisa tu correo" in answer.text) == (409, True)
    (notice,) = world.door.notices
    assert notice.subscription == found.record.id
    text = (await world.http.get(account(found.record))).text
    (onward,) = re.findall(r'href="([^"]+)">Terminar mi registro', text)
    page = await world.http.get(onward)
    assert f'content="0; url=https://checkout.example/{found.record.id}"' in page.text
    assert len(await world.store.subscribers("acme")) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": Status.TRIALING, "trial_end": NOW}, "Tu prueba comenzó"),
        ({"status": Status.ACTIVE, "period_end": NOW}, "Tu suscripción está activa"),
        ({"status": Status.CANCELED}, "ya no está vigente"),
        ({"status": Status.CANCELED, "refusal": "insufficient_funds"}, "El banco no aceptó tu tarjeta"),
    ],
)
async def test_the_result_says_what_is_true_now(world: World, changes: dict[str, Any], words: str) -> None:
    where = await done(world, await send(world), **changes)
    text = (await world.http.get(where)).text
    assert words in text
    assert "http-equiv" not in text
    assert ("/cuenta/" in text) == (changes["status"] is not Status.CANCELED)
    onward = await world.http.get(where.replace("/listo/", "/pago/"))
    assert (onward.status_code, onward.headers["location"]) == (303, where)


async def test_an_open_page_is_gone_back_to_and_a_finished_one_is_waited_for(world: World) -> None:
    answer = await send(world)
    where = str(answer.headers["location"]).replace("/pago/", "/listo/")
    assert "Te falta un paso" in (await world.http.get(where)).text
    (name,) = world.payments.checkouts
    for status, words, waits in (("complete", "Estamos confirmando", True), ("expired", "ya no está vigente", False)):
        world.payments.checkouts[name] = replace(world.payments.checkouts[name], status=status)
        text = (await world.http.get(where)).text
        assert words in text
        assert ('<meta http-equiv="refresh" content="4">' in text) == waits


async def test_sent_again_after_it_was_paid_it_leads_to_the_result(world: World) -> None:
    once = {**await form(world), **LUZ}
    await world.http.post(PAGE, data=once)
    (name,) = world.payments.checkouts
    world.payments.checkouts[name] = replace(world.payments.checkouts[name], status="complete")
    answer = await world.http.post(PAGE, data=once)
    assert (answer.status_code, "/listo/" in answer.headers["location"]) == (303, True)


async def test_a_result_is_only_for_whoever_signed_up(world: World) -> None:
    mine = await world.signed_up()
    for token in (
        "x",
        dated_token(LINK_KEY, Purpose.SIGNUP, "acme", mine, NOW - timedelta(days=1)),
        dated_token(LINK_KEY, Purpose.ACCOUNT, "acme", mine, NOW + timedelta(days=1)),
        dated_token(LINK_KEY, Purpose.SIGNUP, "other", mine, NOW + timedelta(days=1)),
        dated_token(RotatingSecret.parse("another key"), Purpose.SIGNUP, "acme", mine, NOW + timedelta(days=1)),
    ):
        for step in ("listo", "pago"):
            assert (await world.http.get(f"/contratar/acme/{step}/{token}")).status_code == 404


async def test_what_is_not_sold_cannot_be_signed_up_for(world: World) -> None:
    plan = await world.store.plan("acme", "pro")
    for path in ("/contratar/acme/nothing", "/contratar/nobody/pro", "/contratar/acme/a%00"):
        assert (await world.http.get(path)).status_code == 404
        assert (await world.http.post(path, data=LUZ)).status_code == 404
    assert plan.trial_days == 14
    text = (await world.http.get(PAGE)).text
    for words in ("14 días", "Hoy pagas</span><span>$0.00 MXN", "$149.00 MXN", "IVA incluido", "noindex"):
        assert words in text


async def test_when_a_part_is_down_nothing_is_lost(world: World) -> None:
    once = {**await form(world), **LUZ}
    world.door.up = False
    assert "en un minuto" in (await world.http.post(PAGE, data=once)).text
    world.door.up, world.payments.outage = True, Unavailable("no answer")
    assert (await world.http.post(PAGE, data=once)).status_code == 503
    world.payments.outage = None
    assert (await world.http.post(PAGE, data=once)).status_code == 303
    assert len(await world.store.subscribers("acme")) == 1
