"""Changing plans, leaving and staying on the account's pages: shown first, done as shown, once, and said in the customer's words."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.ports.processes import CommandRefused
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.changing.stay_offers import Cause, OfferKind, StayOffer
from models.commands import SubscriptionCommand
from models.messages import Cancel, ChangePlan, TakeOffer
from models.money import Money
from models.subscribing.subscriptions import Status
from models.tickets.ticket import Origin, Topic
from tests.api.account_holders import account
from tests.api.conftest import World
from tests.api.test_plan_changes import NOW, ana, become  # noqa: F401 - a fixture

LEAVING = StayOffer(OfferKind.DISCOUNT, percent=30, months=3)


async def home(world: World, name: str) -> str:
    record = await world.store.subscription("acme", name)
    assert record is not None
    return account(record)


def hidden(text: str, name: str) -> str:
    """The value of a form's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', text)
    assert found is not None, text
    return found[1]


async def test_the_other_plans_are_listed_and_one_is_shown_to_the_centavo(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    assert f'href="{here}/plan"' in (await world.http.get(here)).text
    listed = (await world.http.get(f"{here}/plan")).text
    assert (f'href="{here}/plan/max"' in listed, f'href="{here}/plan/pro"' in listed) == (True, False)
    text = (await world.http.get(f"{here}/plan/max")).text
    for words in (
        "Cambiar a Max",
        "Lo que no usaste de Pro",
        "-$50.00 MXN",
        "$150.00 MXN",
        "Hoy pagas</span><span>$100.00 MXN",
        "$299.00 MXN",
        "5 → <strong>10",
        "sin límite",
        "lo ganas",
        "CFDI de ingreso",
    ):
        assert words in text, words
    assert not world.door.orders
    english = (await world.http.get(f"{here}/plan/max?lang=en")).text
    assert ("You pay today" in english, "Confirm the change" in english) == (True, True)


async def test_what_was_shown_is_ordered_in_the_customer_s_name(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    shown = (await world.http.get(f"{here}/plan/max")).text
    body = {"confirmation": hidden(shown, "confirmation"), "plan": "max"}
    answer = await world.http.post(f"{here}/plan", data=body)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?done=plan")
    (process, command, order) = world.door.orders[-1]
    assert (process, command, order.actor) == (ana, SubscriptionCommand.CHANGE_PLAN, "customer")
    assert isinstance(order, ChangePlan)
    assert (order.plan, order.due) == ("max", Money(10_000))
    assert "tu cambio de plan quedó confirmado" in (await world.http.get(answer.headers["location"])).text


async def test_less_waits_for_the_period_and_says_what_would_be_over(world: World, ana: str) -> None:  # noqa: F811
    text = (await world.http.get(f"{await home(world, ana)}/plan/mini")).text
    for words in ("conservas tu plan actual", "estarías por arriba de", "usas 3 de 1", "ya no lo tendrás", "$0.00 MXN"):
        assert words in text, words


async def test_where_something_else_would_happen_now_it_is_shown_again(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    shown = (await world.http.get(f"{here}/plan/max")).text
    world.payments.due = 12_345
    body = {"confirmation": hidden(shown, "confirmation"), "plan": "max"}
    answer = await world.http.post(f"{here}/plan", data=body)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}/plan/max?again=true")
    assert "Algo cambió" in (await world.http.get(answer.headers["location"])).text
    stale = await world.http.post(f"{here}/plan", data={"confirmation": "x", "plan": "../.."})
    assert stale.headers["location"] == f"{here}/plan"
    assert not world.door.orders


async def test_leaving_says_until_when_and_what_is_lost_and_can_be_taken_back(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    text = (await world.http.get(f"{here}/cancelar")).text
    for words in ("Conservas Pro hasta el", "100 documentos", "API", "no se emiten más"):
        assert words in text, words
    answer = await world.http.post(f"{here}/cancelar", data={"confirmation": hidden(text, "confirmation")})
    assert answer.headers["location"] == f"{here}?done=leave"
    order = world.door.orders[-1][2]
    assert isinstance(order, Cancel)
    assert order.at_period_end
    await become(world, ana, cancel_at_period_end=True)
    kept = (await world.http.get(here)).text
    assert "Conservar mi suscripción" in kept
    for _ in range(2):
        answer = await world.http.post(f"{here}/conservar", data={"nonce": hidden(kept, "nonce")})
    assert answer.headers["location"] == f"{here}?done=keep"
    assert world.door.orders[-1][1] is SubscriptionCommand.KEEP
    assert len(set(world.door.updates[-2:])) == 1, "pressed twice it is one order"


async def test_an_offer_to_stay_is_made_and_taken(world: World, ana: str) -> None:  # noqa: F811
    await world.store.save_stay_offer("acme", Cause.CANCELLATION, LEAVING)
    here = await home(world, ana)
    text = (await world.http.get(f"{here}/cancelar")).text
    assert "paga 30 % menos durante 3 meses" in text
    answer = await world.http.post(f"{here}/quedarme", data={"confirmation": hidden(text, "confirmation")})
    assert answer.headers["location"] == f"{here}?done=stay"
    assert isinstance(world.door.orders[-1][2], TakeOffer)


async def test_a_change_that_waits_is_shown_and_undone(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    record = ChangeRecord(
        tenant="acme",
        id="pc_1",
        subscription=ana,
        kind=ChangeKind.DOWNGRADE,
        state=ChangeState.WAITING,
        plan_before="pro",
        plan_after="mini",
        price_before=Money(14_900),
        price_after=Money(9_900),
        charged=Money(0),
        confirmed_at=NOW,
        effective_at=NOW + timedelta(days=20),
        actor="customer",
    )
    await world.store.save_plan_change(record)
    text = (await world.http.get(here)).text
    assert ("pasas a <strong>Mini</strong> por $99.00 MXN" in text, f'href="{here}/plan"' in text) == (True, False)
    refused = await world.http.get(f"{here}/plan")
    assert (refused.status_code, "Ya hay un cambio de plan en espera" in refused.text) == (409, True)
    await world.http.post(f"{here}/deshacer", data={"nonce": hidden(text, "nonce")})
    assert world.door.orders[-1][1] is SubscriptionCommand.UNDO_PLAN_CHANGE


@pytest.mark.parametrize(
    ("changes", "step", "words"),
    [
        ({"status": Status.PAUSED}, "plan", "Tu suscripción está en pausa"),
        ({"status": Status.CANCELED}, "plan", "No hay una suscripción activa"),
        ({"status": Status.CANCELED}, "cancelar", "Vuelve a tu cuenta"),
        ({"cancel_at_period_end": True}, "cancelar", "está por terminar"),
        ({"status": Status.PAST_DUE, "amount_due": Money(14_900)}, "plan/max", "Tienes un pago pendiente"),
        ({}, "plan/nothing", "No encontramos"),
        ({}, "plan/pro", "Vuelve a tu cuenta"),
    ],
)
async def test_what_cannot_be_done_says_why_in_their_words(
    world: World,
    ana: str,  # noqa: F811
    changes: dict[str, Any],
    step: str,
    words: str,
) -> None:
    here = await home(world, ana)
    await become(world, ana, **changes)
    answer = await world.http.get(f"{here}/{step}")
    assert (answer.status_code in (404, 409), words in answer.text) == (True, True), answer.text


async def test_a_pause_is_ended_and_a_refusal_of_the_process_is_told_kindly(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    await become(world, ana, status=Status.PAUSED)
    assert "Reanudar mi suscripción" in (await world.http.get(here)).text
    await world.http.post(f"{here}/reanudar", data={})
    assert world.door.orders[-1][1] is SubscriptionCommand.RESUME
    world.door.refusal = CommandRefused("it is not paused")
    refused = await world.http.post(f"{here}/reanudar", data={})
    assert (refused.status_code, "paused" in refused.text) == (409, False)
    world.door.refusal, world.door.up = None, False
    assert (await world.http.post(f"{here}/reanudar", data={})).status_code == 503


async def test_another_site_s_page_presses_nothing_here(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await world.http.post(f"{here}/reanudar", data={}, headers=headers)).status_code == 404
    record = await world.store.subscription("acme", ana)
    assert record is not None
    over = account(replace(record), hours=-1)
    assert (await world.http.post(f"{over}/reanudar", data={})).status_code == 404
    assert not world.door.orders


async def test_a_customer_asks_for_a_person_once_and_is_told_that_it_arrived(world: World, ana: str) -> None:  # noqa: F811
    here = await home(world, ana)
    nonce = hidden((await world.http.get(here)).text.partition("/ayuda")[2], "nonce")
    for _ in range(2):
        sent = await world.http.post(f"{here}/ayuda", data={"text": "No puedo entrar,\r\nme ayudan?", "nonce": nonce})
        assert (sent.status_code, sent.headers["location"]) == (303, f"{here}?done=help")
    assert "Una persona te contestará" in (await world.http.get(f"{here}?done=help")).text
    ((first, word), (again, same)) = world.door.heard
    assert (word.entry, first.ticket.id) == (same.entry, again.ticket.id)
    assert (first.ticket.origin, first.ticket.topic, word.channel) == (Origin.ACCOUNT, Topic.ACCESS, None)
    assert await world.store.entry_text("acme", first.ticket.id, word.entry) == "No puedo entrar,\nme ayudan?"
    for nothing in ("", " \x07 ", "a" * 1501):
        answer = await world.http.post(f"{here}/ayuda", data={"text": nothing, "nonce": nonce})
        assert (answer.status_code, "Escribe de 1 a 1500 caracteres" in answer.text) == (422, True)
    elsewhere = await world.http.post(f"{here}/ayuda", data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 404
    assert len(world.door.heard) == 2
