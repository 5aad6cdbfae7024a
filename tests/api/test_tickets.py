"""Tickets over the API: opened, listed, answered, ordered, and the terms they run by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from activities.ports.processes import CommandRefused, ProcessesUnavailable, Unanswered
from models.access.permissions import Role
from models.tickets import desk
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority
from models.tickets.ticket import Origin, Priority
from tests.api.conftest import World
from tests.api.credentials import person

TEXT = "Llamó Ana: le cobraron dos veces.\nQuiere que le llamen."


@pytest.fixture
async def opened(world: World) -> str:
    await world.signed_up()
    body = {"customer_reference": "user-1042", "topic": "billing", "priority": "high", "text": TEXT, "actor": "ana"}
    answer = await world.post("/v1/tickets", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/tickets/{answer.json()['id']}"
    return str(answer.json()["id"])


async def order(world: World, ticket: str, verb: str, **body: Any) -> httpx.Response:
    return await world.post(f"/v1/tickets/{ticket}/{verb}", {"actor": "ana", **body})


async def test_a_person_opens_a_ticket_with_its_clock(world: World, opened: str) -> None:
    told = (await world.get(f"/v1/tickets/{opened}")).json()
    assert (told["origin"], told["state"], told["priority"]) == (Origin.PERSON, "open", "high")
    assert (told["asked"], told["customer_reference"]) == (TEXT, "user-1042")
    due = datetime.fromisoformat(told["due_at"]) - datetime.fromisoformat(told["opened_at"])
    assert due == timedelta(hours=4)
    assert told["thread"] == []  # its process writes it
    listed = (await world.get("/v1/tickets", params={"open": "true", "by_clock": "true"})).json()
    assert [each["id"] for each in listed["data"]] == [opened]
    assert listed["next_cursor"] is None


async def test_the_same_press_opens_one_ticket(world: World) -> None:
    await world.signed_up()
    body = {"customer_reference": "user-1042", "text": TEXT}
    headers = {"Authorization": f"Bearer {world.key}", "Idempotency-Key": "press-1"}
    answers = [await world.http.post("/v1/tickets", json=body, headers=headers) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len((await world.get("/v1/tickets")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"customer_reference": "nobody", "text": TEXT}, 404),
        ({"subscription": "s_nobody", "text": TEXT}, 404),
        ({"text": TEXT}, 422),
        ({"customer_reference": "user-1042", "text": " "}, 422),
        ({"customer_reference": "user-1042", "text": "bell \x07"}, 422),
        ({"customer_reference": "user-1042", "text": "a" * 1501}, 422),
    ],
)
async def test_a_ticket_of_nobody_or_about_nothing_is_refused(world: World, body: dict[str, Any], status: int) -> None:
    await world.signed_up()
    assert (await world.post("/v1/tickets", body)).status_code == status


async def test_every_order_reaches_the_process_signed(world: World, opened: str) -> None:
    user = await person(world, Role.SUPPORT)
    sofia = {"reason": "hers"}
    assert (await order(world, opened, "assign", assignee=user.id, **sofia)).status_code == 200
    assert (await order(world, opened, "note", text="Le llamé", spoken=True)).status_code == 200
    assert (await order(world, opened, "reply", text="Hola\nAna", replies_seen=0, channel="email")).status_code == 200
    assert (await order(world, opened, "priority", priority="urgent", reason="waits")).status_code == 200
    for verb in ("resolve", "close", "reopen"):
        assert (await order(world, opened, verb, reason="done")).status_code == 200
    given = [(command, said) for _, command, said in world.door.orders]
    assert [command for command, _ in given] == [
        *("assign", "note", "reply", "set_priority", "resolve", "close", "reopen"),
    ]
    assign, note, reply, urgent = (said for _, said in given[:4])
    assert isinstance(assign, Assign)
    assert assign.to == user.id
    assert isinstance(note, Note)
    assert note.spoken
    assert isinstance(reply, ReplyOrder)
    assert (reply.seen, reply.channel) == (0, "email")
    assert await world.store.entry_text("acme", opened, reply.entry) == "Hola\nAna"
    assert isinstance(urgent, SetPriority)
    assert urgent.priority is Priority.URGENT
    assert {said.actor for _, said in given} == {"api/ana"}
    assert world.door.reopened[0].ticket.id == opened


@pytest.mark.parametrize(
    ("refusal", "status", "kept"),
    [
        (CommandRefused("somebody has answered since you looked"), 409, False),
        (ProcessesUnavailable("away"), 503, False),
        (Unanswered("no worker"), 503, True),  # it may still be sent: its text must be there
    ],
)
async def test_a_text_stays_only_where_it_may_be_sent(
    world: World, opened: str, refusal: Exception, status: int, kept: bool
) -> None:
    world.door.refusal = refusal
    headers = {"Authorization": f"Bearer {world.key}", "Idempotency-Key": "press-2"}
    path = f"/v1/tickets/{opened}/reply"
    answer = await world.http.post(path, json={"text": "Hola"}, headers=headers)
    assert answer.status_code == status
    (held,) = await _texts(world, opened)
    assert held == (TEXT if not kept else "Hola")


async def _texts(world: World, ticket: str) -> set[str]:
    """What lies in the record of a ticket beside what it was opened with; that, where there is nothing."""
    found = set()
    async with world.store._db._engine.connect() as connection:
        rows = await connection.execute(text("SELECT id FROM ticket_entries"))
        for (entry,) in rows:
            found.add(await world.store.entry_text("acme", ticket, entry))
    return found - {TEXT} or found


async def test_nobody_of_ours_or_who_may_not_answer_is_given_a_ticket(world: World, opened: str) -> None:
    viewer = await person(world, Role.VIEWER)
    for user in (viewer.id, "u_nobody"):
        answer = await order(world, opened, "assign", assignee=user, reason="x")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "assignee"
    assert (await order(world, "tk_nothing", "resolve", reason="x")).status_code == 404


async def test_pages_go_on_where_they_ended(world: World, opened: str) -> None:
    for number in range(4):
        await world.post("/v1/tickets", {"customer_reference": "user-1042", "text": f"{number}", "priority": "urgent"})
    for by_clock in ("true", "false"):
        seen, cursor = [], None
        while True:
            params = {"limit": "2", "by_clock": by_clock} | ({"cursor": cursor} if cursor else {})
            page = (await world.get("/v1/tickets", params=params)).json()
            seen += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 5
        assert seen.index(opened) == 4  # due last, and opened first
    assert (await world.get("/v1/tickets", params={"cursor": "nonsense"})).status_code == 422


async def test_terms_are_set_checked_and_counted(world: World, opened: str) -> None:
    assert (await world.get("/v1/tickets/settings")).json()["normal_minutes"] == 480
    own = {"normal_minutes": 600, "opens": 9, "closes": 18, "days": [0, 1, 2, 3, 4], "ends_with_case": False}
    assert (await world.put("/v1/tickets/settings", own)).json()["days"] == [0, 1, 2, 3, 4]
    assert (await world.get("/v1/tickets/settings")).json()["ends_with_case"] is False
    wrong = await world.put("/v1/tickets/settings", {"normal_minutes": 60, "high_minutes": 90, "urgent_minutes": 30})
    assert wrong.json()["errors"][0]["field"] == "high_minutes"
    (entry, *_) = [each for each in await world.store.audit_trail("acme", "") if each.action == "terms of tickets set"]
    assert '"normal_minutes":600' in entry.detail
    held = await world.store.ticket("acme", opened)
    assert held is not None
    late = desk.missed(desk.answered(held, "u_1", datetime.now(UTC)))
    await world.store.save_ticket(late, [], datetime.now(UTC))
    figures = (await world.get("/v1/tickets/figures", params={"topic": "billing"})).json()
    assert (figures["opened"], figures["answered"], figures["missed"], figures["in_time"]) == (1, 1, 1, 0)
    assert figures["mean_seconds"] == figures["median_seconds"]
    soon = datetime.now(UTC) + timedelta(days=1)
    assert (await world.get("/v1/tickets/figures", params={"since": soon.isoformat()})).status_code == 422
