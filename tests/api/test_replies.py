"""What customers write back: wishes are obeyed, a promise gets its page, the rest waits for a person."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from activities.ports.processes import CommandRefused, ProcessNotFound
from models.collecting.cases import Outcome, Stage
from models.messages import Promise
from models.money import Money
from models.records import CaseRecord, InboxEvent, InboxStatus, Provider
from models.speaking.links import Purpose, link
from models.speaking.notices import Channel, NoticeKind
from models.tickets import desk
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Ticket, TicketState, Topic
from models.watching.attention import Rule
from models.watching.invariants import reply_waiting
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, World

_sids = itertools.count(1)
CASE = CaseRecord("acme", "in_1", "", Money(14_900), Stage.GRACE, "ruthless v1", NOW)


async def writes(world: World, body: str, *, sender: str = "whatsapp:+5215512345678", **more: str) -> str:
    """Ana writes; WhatsApp shows her number with the old 1."""
    sid = f"SM{next(_sids):032x}"
    form = {"MessageSid": sid, "SmsStatus": "received", "From": sender, "To": "whatsapp:+14155238886", "Body": body}
    assert (await world.twilio({**form, **more})).status_code == 200
    await world.settled()
    return sid


async def debtor(world: World) -> str:
    subscription = await world.signed_up()
    await world.store.save_case(replace(CASE, subscription=subscription))
    return subscription


async def waiting(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get("/v1/replies")).json()["data"]
    return found


async def opted_out(world: World, subscription: str) -> frozenset[Channel]:
    customer = await world.store.customer_of("acme", subscription)
    return await world.store.opted_out("acme", customer.id)


async def test_baja_stops_that_channel_alone_and_is_confirmed_once(world: World) -> None:
    subscription = await debtor(world)
    await writes(world, "Baja, por favor")
    await writes(world, "BAJA")
    assert await opted_out(world, subscription) == {Channel.WHATSAPP}
    (told,) = world.door.notices
    assert (told.kind, told.channel, told.subscription) == (NoticeKind.STOPPED, Channel.WHATSAPP, subscription)
    await writes(world, "STOP", sender="+525512345678")
    assert await opted_out(world, subscription) == {Channel.WHATSAPP, Channel.SMS}
    await writes(world, "alta")
    assert await opted_out(world, subscription) == {Channel.SMS}
    assert [notice.kind for notice in world.door.notices][2:] == [NoticeKind.RESUMED]
    assert await waiting(world) == []


async def test_a_stop_that_twilio_has_obeyed_is_kept_and_not_answered_once_more(world: World) -> None:
    subscription = await debtor(world)
    await writes(world, "STOP", OptOutType="STOP")
    assert await opted_out(world, subscription) == {Channel.WHATSAPP}
    assert world.door.notices == []


async def test_ya_pague_has_the_provider_asked_and_waits_while_they_still_owe(world: World) -> None:
    subscription = await debtor(world)
    sid = await writes(world, "Ya pagué por SPEI ✅")
    assert [who for _, who, _ in world.door.news] == [subscription]
    (reply,) = await waiting(world)
    assert (reply["id"], reply["meaning"], reply["body"]) == (sid, "paid", "Ya pagué por SPEI ✅")
    later = datetime.now(UTC) + timedelta(minutes=10)
    (still,) = await world.store.waiting_replies(later)
    finding = reply_waiting(still)
    assert (finding.rule, finding.subject) == (Rule.REPLY_WAITING, sid)
    assert "SPEI" not in finding.text
    await world.store.save_case(replace(CASE, subscription=subscription, outcome=Outcome.PAID))
    assert await world.store.waiting_replies(later) == []


async def test_a_promise_is_answered_with_a_page_and_a_button_on_it_orders_it(world: World) -> None:
    subscription = await debtor(world)
    await writes(world, "el viernes les pago")
    (told,) = world.door.notices
    assert (told.kind, told.channel) == (NoticeKind.PROMISE_LINK, Channel.WHATSAPP)
    path = urlsplit(link(PUBLIC, LINK_KEY, Purpose.PROMISE, "acme", subscription)).path
    onward = await world.http.get(path)
    page = onward.headers["location"]
    shown = await world.http.get(page)
    assert (shown.status_code, "Mañana" in shown.text, "$149.00" in shown.text) == (200, True, True)
    assert world.door.orders == []
    done = await world.http.post(page, data={"day": "tomorrow"})
    assert (done.status_code, "Esperamos tu pago hasta el" in done.text) == (200, True)
    ((invoice, command, order),) = [each[:3] for each in world.door.orders]
    assert (invoice, command, order.actor) == ("in_1", "promise_to_pay", "customer")
    assert isinstance(order, Promise)
    assert order.until is not None
    assert timedelta(0) < order.until - datetime.now(UTC) < timedelta(days=2, hours=1)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [(CommandRefused("2 promises were made already"), "Ya no podemos esperar"), (ProcessNotFound(), "No hay nada")],
)
async def test_a_promise_that_cannot_be_taken_is_told_in_words(world: World, refusal: Exception, words: str) -> None:
    subscription = await debtor(world)
    page = urlsplit(link(PUBLIC, LINK_KEY, Purpose.PROMISE, "acme", subscription)).path.replace("/go/", "/promesa/")
    world.door.refusal = refusal
    answer = await world.http.post(page, data={"day": "friday"})
    assert (answer.status_code, words in answer.text) == (409, True)
    assert (await world.http.post(page, data={"day": "never"})).status_code == 422
    assert (await world.http.get(page[:-2])).status_code == 404
    card = urlsplit(link(PUBLIC, LINK_KEY, Purpose.CARD, "acme", subscription)).path.replace("/go/", "/promesa/")
    assert (await world.http.get(card)).status_code == 404


async def test_whoever_owes_nothing_is_asked_for_no_promise(world: World) -> None:
    subscription = await world.signed_up()
    await writes(world, "mañana pago")
    assert world.door.notices == []
    assert [start.ticket.topic for start, _ in world.door.heard] == [Topic.BILLING]  # a person sees what they mean
    page = urlsplit(link(PUBLIC, LINK_KEY, Purpose.PROMISE, "acme", subscription)).path.replace("/go/", "/promesa/")
    assert "No hay nada por pagar" in (await world.http.get(page)).text


async def test_what_nobody_understands_waits_until_a_person_settles_it(world: World) -> None:
    await debtor(world)
    await world.store.save_ticket_terms("acme", Terms(from_messages=False), actor="ana", at=NOW)
    sid = await writes(world, "¿quién es usted?")
    assert [reply["meaning"] for reply in await waiting(world)] == ["other"]
    assert world.door.heard == []
    settled = await world.post(f"/v1/replies/{sid}/settle", {"actor": "ana"})
    again = await world.post(f"/v1/replies/{sid}/settle", {"actor": "eva"})
    assert settled.json() == again.json()
    assert settled.json()["settled_by"].endswith("ana")
    assert await waiting(world) == []
    assert len((await world.get("/v1/replies?settled=true")).json()["data"]) == 1
    assert (await world.post("/v1/replies/SM404/settle", {"actor": "ana"})).status_code == 404


async def test_a_stranger_is_nobodys(world: World) -> None:
    await debtor(world)
    await writes(world, "BAJA", sender="whatsapp:+525599999999")
    assert world.door.notices == []
    assert await waiting(world) == []


async def test_a_message_told_twice_is_one(world: World) -> None:
    await debtor(world)
    form = {"MessageSid": "SM7", "SmsStatus": "received", "From": "+525512345678", "Body": "hola"}
    for _ in range(2):
        await world.twilio(form)
    await world.settled()
    event = InboxEvent(Provider.TWILIO, "SM7:received", "received", urlencode(form), NOW, object="SM7")
    assert await world.inbox.deliver(event) is InboxStatus.DELIVERED
    assert len(await waiting(world)) == 1
    assert world.door.heard == []  # hello asks for nothing


async def ticket(world: World) -> Ticket:
    """The one whose process was last told of a word, put into the record as it would be."""
    start, word = world.door.heard[-1]
    heard = desk.heard(start.ticket, word.channel, word.at, word.at)
    await world.store.save_ticket(heard, [], word.at, opening=start.opening)
    return heard


async def test_what_nobody_understands_is_a_ticket_with_all_that_follows(world: World) -> None:
    subscription = await debtor(world)
    sid = await writes(world, "no puedo entrar a mi cuenta")
    first = await ticket(world)
    assert (first.origin, first.topic, first.subscription) == (Origin.MESSAGE, Topic.ACCESS, subscription)
    assert await world.store.entry_text("acme", first.id, f"te_{sid}") == "no puedo entrar a mi cuenta"
    assert await waiting(world) == []  # the ticket's clock runs for it
    for text in ("mañana pago", "ya pagué", "gracias"):
        await writes(world, text)
    assert {start.ticket.id for start, _ in world.door.heard} == {first.id}
    assert len(world.door.heard) == 4
    assert [notice.kind for notice in world.door.notices] == [NoticeKind.PROMISE_LINK]
    assert await waiting(world) == []


async def test_two_messages_at_once_begin_one_ticket(world: World) -> None:
    await debtor(world)
    await writes(world, "quiero hablar con alguien")
    await writes(world, "¿me leen?")
    assert len({start.ticket.id for start, _ in world.door.heard}) == 1


async def test_a_word_opens_again_what_ended_lately_and_later_begins_another(world: World) -> None:
    await debtor(world)
    await writes(world, "no reconozco ese cargo")
    first = await ticket(world)
    for age, same in ((timedelta(days=29), True), (timedelta(days=31), False)):
        ended = replace(first, state=TicketState.CLOSED, closed_at=datetime.now(UTC) - age)
        await world.store.save_ticket(ended, [], NOW)
        await writes(world, "sigue igual el cobro")
        assert (world.door.heard[-1][0].ticket.id == first.id) is same
    await world.store.save_ticket(ended, [], NOW)
    before = len(world.door.heard)
    await writes(world, "ya pagué")  # asks for nobody: the provider is asked
    assert len(world.door.heard) == before
