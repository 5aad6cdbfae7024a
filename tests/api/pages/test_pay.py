"""The page on which a customer pays: what is owed, oldest first, and three ways to pay it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.failures import Unavailable
from models.collecting.cases import Outcome, Stage
from models.commands import CaseCommand
from models.messages import AgreeInstalments
from models.money import Money
from models.records import CaseRecord
from models.speaking.links import Purpose, link
from models.speaking.pay_instructions import Way
from models.subscribing.invoices import InvoiceStatus
from models.subscribing.subscriptions import Status
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, World, unpaid


def path(subscription: str, *, purpose: Purpose = Purpose.PAY) -> str:
    return link(PUBLIC, LINK_KEY, purpose, "acme", subscription).removeprefix(PUBLIC).replace("/go/", "/pagar/")


async def owing(world: World, *invoices: str, status: Status = Status.PAST_DUE, **changes: object) -> str:
    """A subscription that owes these invoices, the first one longest."""
    subscription = await world.signed_up(**changes)
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, status=status))
    for age, name in enumerate(reversed(invoices or ("in_1",))):
        since = NOW - timedelta(days=30 * age)
        await world.store.save_case(
            CaseRecord("acme", name, subscription, Money(14_900), Stage.GRACE, "ruthless v1", since)
        )
        world.payments.invoices[name] = unpaid(name, created=since)
    return subscription


async def test_what_is_owed_stands_there_oldest_first_with_its_total_and_every_way_to_pay(world: World) -> None:
    answer = await world.http.get(path(await owing(world, "in_old", "in_new")))
    assert answer.status_code == 200
    text = answer.text
    assert text.index("https://pay.example/in_old") < text.index("https://pay.example/in_new")
    assert ("$298.00 MXN" in text, "Tienes 2 pagos pendientes" in text) == (True, True)
    for words in ("Pagar con tarjeta", "Pagar en efectivo en OXXO", "Pagar por SPEI"):
        assert text.count(words) == 2
    assert "suspendido" not in text
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert "noindex" in text


@pytest.mark.parametrize(("language", "words"), [("es-MX", "Tu servicio está suspendido"), ("en", "is suspended")])
async def test_whoever_is_suspended_reads_it_first(world: World, language: str, words: str) -> None:
    subscription = await owing(world, status=Status.SUSPENDED, language=language)
    assert f'role="alert">{words[:5]}' in (text := (await world.http.get(path(subscription))).text) or words in text
    assert words in text


@pytest.mark.parametrize(
    ("way", "shown"),
    [
        (Way.OXXO, ("9800 0000 0012 3456 7890", "https://pay.example/voucher", "Válido hasta el")),
        (Way.SPEI, ("0021 8012 3456 7890 00", "BANAMEX", "Acme SA", "PRD7XK")),
    ],
)
async def test_a_voucher_or_a_transfer_is_made_on_demand_once_and_shown(
    world: World, way: Way, shown: tuple[str, ...]
) -> None:
    page = path(await owing(world))
    for _ in range(2):  # pressed twice
        answer = await world.http.post(page, data={"invoice": "in_1", "way": way})
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert [(invoice, asked) for invoice, asked, _ in world.payments.asked] == [("in_1", way)]
    text = (await world.http.get(page)).text
    for words in (*shown, "$149.00 MXN", "no cobraremos tu tarjeta"):
        assert words in text
    assert "Pagar con tarjeta" in text
    assert "Pagar en efectivo" not in text, "a second way beside the first could take the money twice"


async def test_an_amount_that_no_till_takes_is_not_offered_at_one(world: World) -> None:
    page = path(await owing(world))
    world.payments.invoices["in_1"] = unpaid(due=Money(2_000_000))
    text = (await world.http.get(page)).text
    assert ("OXXO" in text, "SPEI" in text) == (False, True)
    await world.http.post(page, data={"invoice": "in_1", "way": "oxxo"})
    assert world.payments.asked == []


async def test_nobody_else_s_invoice_is_touched_and_no_other_way_exists(world: World) -> None:
    page = path(await owing(world))
    world.payments.invoices["in_other"] = unpaid("in_other")
    assert (await world.http.post(page, data={"invoice": "in_other", "way": "oxxo"})).status_code == 303
    assert world.payments.asked == []
    assert (await world.http.post(page, data={"invoice": "in_1", "way": "cheque"})).status_code == 422


async def test_a_payment_in_process_offers_nothing_beside_it(world: World) -> None:
    page = path(await owing(world))
    world.payments.invoices["in_1"] = unpaid(in_flight=True)
    text = (await world.http.get(page)).text
    assert "Tu pago está en proceso" in text
    assert "Pagar con tarjeta" not in text


@pytest.mark.parametrize(("language", "words"), [("es-MX", "No hay nada por pagar"), ("en", "Nothing to pay")])
async def test_paid_a_moment_ago_means_nothing_to_pay(world: World, language: str, words: str) -> None:
    subscription = await owing(world, language=language)
    world.payments.invoices["in_1"] = unpaid(status=InvoiceStatus.PAID, due=Money(0))
    answer = await world.http.get(path(subscription))
    assert (answer.status_code, words in answer.text) == (200, True)
    assert f"<title>{words} · Acme</title>" in answer.text
    (case,) = await world.store.cases("acme", subscription)
    await world.store.save_case(replace(case, stage=Stage.CLOSED, outcome=Outcome.PAID))
    world.payments.invoices.clear()
    assert words in (await world.http.get(path(subscription))).text


async def test_an_invoice_paid_while_the_button_is_pressed_leads_back_to_the_page(world: World) -> None:
    page = path(await owing(world))
    world.payments.invoices["in_1"] = unpaid(status=InvoiceStatus.PAID, due=Money(0))
    answer = await world.http.post(page, data={"invoice": "in_1", "way": "oxxo"})
    assert (answer.status_code, world.payments.asked) == (303, [])


async def test_a_link_for_something_else_or_a_forged_one_opens_nothing(world: World) -> None:
    subscription = await owing(world)
    for bad in ("/pagar/x", path(subscription)[:-2], path(subscription, purpose=Purpose.CARD), path("s_nobody")):
        assert (await world.http.get(bad)).status_code == 404, bad
        assert (await world.http.post(bad, data={"invoice": "in_1", "way": "oxxo"})).status_code == 404, bad


async def test_provider_down_is_told_kindly(world: World) -> None:
    page = path(await owing(world))
    world.payments.outage = Unavailable("no answer")
    for answer in (await world.http.get(page), await world.http.post(page, data={"invoice": "in_1", "way": "spei"})):
        assert answer.status_code == 503
        assert "tu enlace sigue siendo válido" in answer.text


async def test_what_people_are_called_is_escaped(world: World) -> None:
    text = (await world.http.get(path(await owing(world, name="<b>Ana & Co")))).text
    assert "<b>Ana" not in text
    assert "&lt;b&gt;Ana &amp; Co" in text


async def test_support_agrees_on_parts_and_the_process_hears_of_each(world: World) -> None:
    subscription = await owing(world)
    days = [(NOW + timedelta(days=days)).isoformat() for days in (5, 20)]
    plan = [{"centavos": 4_900, "due": days[0]}, {"centavos": 10_000, "due": days[1]}]
    address = f"/v1/subscriptions/{subscription}/overrides/agree_instalments"
    answer = await world.post(address, {"actor": "ana", "reason": "asked by phone", "parts": plan})
    assert answer.status_code == 200, answer.text
    (process, command, order) = world.door.orders[-1]
    assert (process, command) == ("in_1", CaseCommand.INSTALMENTS)
    assert isinstance(order, AgreeInstalments)
    assert [(part.centavos, part.on) for part in order.parts] == [
        (4_900, NOW + timedelta(days=5)),
        (10_000, NOW + timedelta(days=20)),
    ]
    for wrong in (plan[:1], [{"centavos": 0, "due": days[0]}, plan[1]], [{"centavos": 5}, plan[1]]):
        refused = await world.post(address, {"actor": "ana", "reason": "x", "parts": wrong})
        assert refused.status_code == 422
