"""A customer's own account: what it shows and to whom, and how its link is come by."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.cfdi.documents import DocumentKind, DocumentState
from models.money import Money
from models.records import SubscriptionRecord
from models.selling.pets import Animal, Pet
from models.selling.plans import Feature, Limit, Plan
from models.speaking.links import Purpose
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.subscriptions import Status
from models.words import Words
from tests.api.account_holders import account, holder, stamped, used
from tests.api.conftest import NOW, PUBLIC, World

TEAM = Plan(
    "acme",
    "team",
    "Equipo",
    Money(49_900),
    limits=(Limit("documents", 100, Words("documentos al mes"), monthly=True), Limit("users", None, Words("usuarios"))),
    features=(Feature("reports", Words("Reportes")),),
)


async def luz(world: World, **changes: Any) -> SubscriptionRecord:
    await world.store.save_plan(TEAM)
    return await holder(world.store, "acme", "team", **changes)


async def text_of(world: World, record: SubscriptionRecord, query: str = "") -> str:
    answer = await world.http.get(account(record) + query)
    assert answer.status_code == 200, answer.text
    assert "noindex" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def test_plan_price_and_what_comes_next_stand_there(world: World) -> None:
    record = await luz(world)
    text = await text_of(world, record)
    for words in ("Luz López Ríos", "Equipo", "$499.00", "Activa", "Se renueva el", "Actualizar mi tarjeta"):
        assert words in text
    english = await text_of(world, record, "?lang=en")
    assert ("Your account" in english, '<html lang="en">' in english, "Renews on" in english) == (True, True, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": Status.TRIALING, "trial_end": NOW + timedelta(days=3)}, "Tu prueba termina el"),
        ({"cancel_at_period_end": True}, "Hasta ese día tienes el servicio completo"),
        ({"status": Status.PAUSED}, "No se cobra nada mientras dura la pausa"),
        ({"status": Status.CANCELED}, "Tu suscripción terminó"),
        ({"status": Status.INCOMPLETE, "provider_id": ""}, "Terminar mi registro"),
        ({"status": Status.PAST_DUE, "amount_due": Money(49_900)}, "No pudimos cobrar tu suscripción"),
        ({"status": Status.SUSPENDED, "amount_due": Money(49_900)}, "Servicio suspendido"),
    ],
)
async def test_each_state_says_what_it_means(world: World, changes: dict[str, Any], words: str) -> None:
    text = await text_of(world, await luz(world, **changes))
    assert words in text
    owes = "amount_due" in changes
    assert ("Pagar $499.00 MXN" in text) == owes
    if owes:
        (token,) = set(re.findall(r'href="(/go/[^"]+)">Pagar', text))
        assert (await world.http.get(token)).headers["location"].startswith("/pagar/")
    assert ('class="banner"' in text) == (changes.get("status") is Status.SUSPENDED), "red is for whoever is cut off"


async def test_every_payment_has_its_invoice_or_says_why_not(world: World) -> None:
    record = await luz(world)
    await stamped(world.store, "acme", record.id, "ch_user-7_0", Money(49_900), state=DocumentState.REJECTED)
    await stamped(world.store, "acme", record.id, "re_1", Money(10_000), kind=DocumentKind.CREDIT)
    text = await text_of(world, record)
    assert text.count(">PDF</a>") == 3
    assert "−$100.00 MXN" in text
    assert "Corregir mis datos fiscales" in text
    pdf, xml = (re.findall(rf'href="(/go/[^"]+)"[^>]*>{kind}</a>', text)[0] for kind in ("PDF", "XML"))
    assert (await world.http.get(pdf)).content == b"%PDF-1.7"
    assert (await world.http.get(xml)).headers["content-type"].startswith("application/xml")


async def test_a_sale_without_rfc_and_one_being_invoiced_say_so(world: World) -> None:
    record = await luz(world, months=1)
    assert "CFDI en proceso" in await text_of(world, record)
    await stamped(world.store, "acme", record.id, "ch_user-7_0", Money(49_900), state=DocumentState.GENERAL_PUBLIC)
    assert "Público en general" in await text_of(world, record)


async def test_use_is_measured_against_the_plan(world: World) -> None:
    record = await luz(world)
    await used(world.store, record, documents=85, users=3)
    text = await text_of(world, record)
    for words in ("85 de 100", "3, sin límite", "Estás cerca del límite", "<meter", 'value="85"'):
        assert words in text


async def test_the_card_is_changed_at_the_provider_who_leads_back_here(world: World) -> None:
    record = await luz(world)
    path = account(record)
    answer = await world.http.get(f"{path}/tarjeta")
    assert answer.headers["location"] == f"https://portal.example/cus_user-7?back={PUBLIC}{path}"
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    assert "ya terminó" in (await world.http.get(f"{path}/tarjeta")).text


async def test_only_a_good_link_of_today_opens_it(world: World) -> None:
    record = await luz(world)
    for bad in ("/cuenta/x", account(record)[:-2], account(record, purpose=Purpose.PAY)):
        assert (await world.http.get(bad)).status_code == 404
    over = await world.http.get(account(record, hours=-1))
    assert (over.status_code, "Ese enlace ya venció" in over.text, "Luz" in over.text) == (404, True, False)


async def test_the_link_is_mailed_to_the_customer_and_nobody_learns_who_is_one(world: World) -> None:
    record = await luz(world)
    answers = [
        await world.http.post("/cuenta", data={"tenant": "acme", "email": email})
        for email in ("USER-7@example.mx", "nobody@example.mx", "user-7@example.mx")
    ]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    assert "va en camino" in answers[0].text
    (notice,) = world.door.notices
    assert (notice.kind, notice.channel, notice.subscription) == (NoticeKind.ACCOUNT_LINK, Channel.EMAIL, record.id)
    assert notice.on is not None
    assert notice.on - NOW > timedelta(hours=23)


async def test_a_wrong_address_is_said_and_too_many_tries_are_slowed_down(world: World) -> None:
    wrong = await world.http.post("/cuenta", data={"tenant": "acme", "email": "luz@"})
    assert (wrong.status_code, "Escribe un correo completo" in wrong.text, 'value="luz@"' in wrong.text) == (
        422,
        True,
        True,
    )
    seen = [
        (await world.http.post("/cuenta", data={"tenant": "acme", "email": "x@example.mx"})).status_code
        for _ in range(7)
    ]
    assert seen == [200] * 5 + [429] * 2
    assert (await world.http.get("/cuenta?tenant=nobody")).status_code == 404
    assert (await world.http.get("/cuenta")).status_code == 404
    world.door.up = False
    assert (await world.http.post("/cuenta", data={"tenant": "acme", "email": "x@example.mx"})).status_code == 503


async def test_whoever_has_several_subscriptions_gets_from_one_to_the_other(world: World) -> None:
    record = await luz(world)
    await world.store.save_pet(Pet("acme", "pet_1", record.customer, "Canela", Animal("perro")))
    other = replace(record, id="s_other", provider_id="sub_other", status=Status.INCOMPLETE, pet="pet_1")
    customer = await world.store.customer("acme", record.customer)
    await world.store.sign_up(customer, other)
    assert "Tus otras suscripciones" not in await text_of(world, record)
    await world.store.save_subscription(replace(other, status=Status.ACTIVE))
    text = await text_of(world, record)
    (there,) = re.findall(r'<a href="(/cuenta/[^"]+)">Equipo · Canela</a>', text)
    assert "Luz López Ríos · Canela" in (await world.http.get(there)).text
