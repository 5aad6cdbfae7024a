"""Tickets at the console: who waits first, the thread, the reply, and what may be ordered."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from activities.ports.processes import CommandRefused
from models.access.permissions import Role
from models.speaking.notices import Channel
from models.tickets import desk
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority
from models.tickets.refusals import TicketWhy
from models.tickets.thread import Entry, EntryKind, Event
from models.tickets.ticket import Ticket, TicketState
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in

ASKED = "Me cobraron dos veces <b>y no puedo entrar</b>"
HOUR = timedelta(hours=1)


@pytest.fixture
async def sofia(world: World) -> Browser:
    """Somebody of support."""
    return await signed_in(world, Role.SUPPORT)


@pytest.fixture
async def ticket(world: World) -> Ticket:
    """Opened eight hours and a minute ago by a message of Ana's."""
    await world.signed_up()
    answer = await world.post("/v1/tickets", {"customer_reference": "user-1042", "text": ASKED, "topic": "billing"})
    held = await world.store.ticket("acme", answer.json()["id"])
    assert held is not None
    late = replace(held, opened_at=NOW - 8 * HOUR, since=NOW - 8 * HOUR, due_at=NOW - timedelta(minutes=1))
    heard = desk.heard(late, Channel.WHATSAPP, NOW, NOW)
    entries = [
        Entry("acme", held.id, "te_1", EntryKind.EVENT, NOW, "api", 1, Event.OPENED, "message"),
        Entry("acme", held.id, "te_opening", EntryKind.CUSTOMER, NOW, "customer", 2, channel=Channel.WHATSAPP),
        Entry("acme", held.id, "te_3", EntryKind.EVENT, NOW, "perdura", 3, Event.RAISED, "high"),
        Entry("acme", held.id, "te_4", EntryKind.EVENT, NOW, "perdura", 4, Event.CASE_ENDED, "paid"),
    ]
    await world.store.save_ticket(heard, entries, NOW, opening="te_opening")
    return heard


async def test_the_list_says_who_waits_and_how_long(sofia: Browser, ticket: Ticket, world: World) -> None:
    page = await sofia.page("/console/tickets")
    assert "Ana López" in page
    assert "Venció" in page
    assert re.search(r"Venció <time[^>]*>hace \d+ min<", page)
    assert "&lt;b&gt;" in page
    assert "Was due" in await sofia.page("/console/tickets", english=True)
    part = await sofia.get("/console/tickets/list")
    again = await sofia.get("/console/tickets/list", headers={"If-None-Match": part.headers["etag"]})
    assert (part.status_code, again.status_code) == (200, 304)
    for query in ("state=closed", "mine=1", "priority=urgent", "topic=access"):
        assert "Ana López" not in await sofia.page(f"/console/tickets?{query}")
    for query in ("state=all", "state=open", "priority=normal&topic=billing", "state=nonsense"):
        assert "Ana López" in await sofia.page(f"/console/tickets?{query}")
    assert "Ana López" in await sofia.page("/console")  # among what waits today
    found = await sofia.get(f"/console/search?q={ticket.id}")
    assert found.headers["location"] == f"/console/tickets/{ticket.id}"


async def test_one_ticket_shows_its_thread_in_words(sofia: Browser, ticket: Ticket) -> None:
    page = await sofia.page(f"/console/tickets/{ticket.id}")
    for words in (
        "Me cobraron dos veces &lt;b&gt;",
        "WhatsApp",
        "Subió de prioridad",
        "Alta",
        "Terminó su caso",
        "Pagado",
    ):
        assert words in page, words
    assert 'name="seen" value="0"' in page
    assert (await sofia.get("/console/tickets/tk_nothing")).status_code == 404
    part = await sofia.get(f"/console/tickets/{ticket.id}/thread")
    assert "Me cobraron" in part.text


async def test_a_reply_goes_out_once_and_knows_what_was_seen(sofia: Browser, ticket: Ticket, world: World) -> None:
    here = f"/console/tickets/{ticket.id}"
    sent = await sofia.send(f"{here}/reply", {"text": "Ya quedó,\r\nAna."}, of=here)
    assert (sent.status_code, sent.headers["location"]) == (303, here)
    ((_, command, said),) = world.door.orders
    assert command == "reply"
    assert isinstance(said, ReplyOrder)
    assert (said.actor, said.seen) == (sofia.user.id, 0)
    assert await world.store.entry_text("acme", ticket.id, said.entry) == "Ya quedó,\nAna."
    assert "Respuesta enviada" in await sofia.page(here)


async def test_what_could_not_be_sent_is_not_lost(sofia: Browser, ticket: Ticket, world: World) -> None:
    here = f"/console/tickets/{ticket.id}"
    world.door.refusal = CommandRefused(TicketWhy.ANSWERED())
    kept = await sofia.send(f"{here}/reply", {"text": "Va de nuevo"}, of=here)
    assert kept.status_code == 409
    assert ">Va de nuevo</textarea>" in kept.text
    assert "Alguien contestó después" in kept.text
    empty = await sofia.send(f"{here}/reply", {"text": " "}, of=here)
    assert (empty.status_code, "Escribe de 1 a" in empty.text) == (422, True)


async def test_orders_are_given_with_a_reason(sofia: Browser, ticket: Ticket, world: World) -> None:
    here = f"/console/tickets/{ticket.id}"
    await sofia.send(f"{here}/assign", {"assignee": sofia.user.id}, of=here)
    await sofia.send(f"{here}/note", {"text": "Le llamé", "spoken": "1"}, of=here)
    await sofia.send(f"{here}/priority", {"priority": "urgent", "reason": "espera desde ayer"}, of=here)
    await sofia.send(f"{here}/state", {"to": "resolve", "reason": "aclarado"}, of=here)
    assign, note, priority, resolve = (said for _, _, said in world.door.orders)
    assert isinstance(assign, Assign)
    assert isinstance(note, Note)
    assert note.spoken
    assert isinstance(priority, SetPriority)
    assert (resolve.actor, resolve.reason) == (sofia.user.id, "aclarado")
    for verb, form in (("priority", {"priority": "urgent"}), ("state", {"to": "close"}), ("note", {"text": ""})):
        assert (await sofia.send(f"{here}/{verb}", form, of=here)).status_code == 422
    assert (await sofia.send(f"{here}/state", {"to": "burn", "reason": "x"}, of=here)).status_code == 404
    assert len(world.door.orders) == 4
    over = replace(ticket, state=TicketState.CLOSED, closed_at=NOW)
    await world.store.save_ticket(over, [], NOW)
    page = await sofia.page(here)
    assert "Abrir de nuevo" in page
    assert "/reply" not in page


async def test_a_person_opens_one_for_a_customer_who_called(sofia: Browser, world: World) -> None:
    await world.signed_up()
    path = "/console/tickets/new"
    assert 'value="user-1042"' in await sofia.page(f"{path}?customer=user-1042")
    form = {"customer": "user-1042", "text": "Llamó: no puede entrar", "topic": "access", "priority": "high"}
    opened = await sofia.send(path, form, of=path)
    assert opened.status_code == 303
    (listed,) = (await world.get("/v1/tickets")).json()["data"]
    assert opened.headers["location"] == f"/console/tickets/{listed['id']}"
    assert (listed["topic"], listed["opened_by"]) == ("access", sofia.user.id)
    for wrong, why, status in (
        ({**form, "customer": "nobody"}, "No hay un cliente con esa clave", 404),
        ({**form, "customer": ""}, "No hay un cliente con esa clave", 422),
        ({**form, "text": ""}, "Escribe de 1 a", 422),
    ):
        answer = await sofia.send(path, wrong, of=path)
        assert (answer.status_code, why in answer.text) == (status, True), wrong


async def test_whoever_may_only_look_is_offered_nothing(world: World, ticket: Ticket) -> None:
    viewer = await signed_in(world, Role.VIEWER)
    page = await viewer.page(f"/console/tickets/{ticket.id}")
    assert "Me cobraron" in page
    assert "Enviar respuesta" not in page
    assert (await viewer.get("/console/tickets/new")).status_code == 403
