"""A ticket in time: real workflow, real server whose clock skips, fakes at the ports."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from activities.failures import Refused
from activities.notices import Notices
from activities.ports.processes import CommandRefused, ProcessNotFound
from activities.ports.register import Register
from activities.ticketing import Ticketing
from models.access.permissions import Role
from models.access.users import User
from models.commands import TicketCommand
from models.messages import Answer, Command
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.messages import Assign, Escalation, Note, ReplyOrder, SetPriority, Settled, TicketStart, Word
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind, notice_key
from models.tickets.ticket import Origin, Priority, Ticket, TicketState, Topic
from tests.conftest import Stage, eventually
from tests.fakes.mail import FakeFiscalMail
from workflows.connection import verbs
from workflows.ids import ticket_id
from workflows.interface import Interface
from workflows.notice import NoticeWorkflow
from workflows.ticket import TicketWorkflow

HOUR = timedelta(hours=1)
ANA, EVA = Command("ana", "because"), Command("eva", "because")
SUPPORT = User("acme", "u_1", "sofia@acme.test", Role.SUPPORT, datetime(2026, 1, 1, tzinfo=UTC), password="hash")


class Desk(Stage):
    """A stage with one ticket on it, whose messages are sent by the real process."""

    name: str  # each test has a ticket of its own
    mail: FakeFiscalMail

    def activities(self) -> list[Callable[..., Any]]:
        ticketing = Ticketing(
            store=cast(Register, self.store),
            processes=self.door(still=True),
            mail=self.mail,
            public_url="https://p.test",
        )
        return [
            *verbs(ticketing),
            *(verb for verb in super().activities() if verb.__qualname__.startswith(Notices.__name__)),
        ]

    def door(self, *, still: bool = False) -> Interface:
        """`still`: what it starts keeps to the clock on the wall."""
        return Interface(self.still if still else self.client, queue=self.queue, patience=timedelta(seconds=40))

    def start(self, *, moves: int = 200, origin: Origin = Origin.PERSON, terms: Terms | None = None) -> TicketStart:
        terms, now = terms or Terms(), datetime.now(UTC)
        asked = Asked("acme", self.name, "c_1", Topic.BILLING, origin, "ana", subscription="s_1", cause="in_1/1")
        return TicketStart(desk.opened(asked, terms, Calendar(), now), terms, Calendar(), moves=moves)

    async def ordered(self, command: TicketCommand, order: Command) -> Answer:
        return await self.door().command_ticket("acme", self.name, command, order)

    async def asked(self) -> None:
        """The customer wrote first: they are answered at any hour, whatever the hour at which a test runs."""
        word = Word(await self.drafted(EntryKind.CUSTOMER, "¿Por qué no pasó mi pago?"), datetime.now(UTC))
        await self.door(still=True).hear_customer(self.start(), word)

    async def drafted(self, kind: EntryKind, text: str) -> str:
        id = f"te_{uuid.uuid4().hex[:8]}"
        await self.store.draft_entry(Entry("acme", self.name, id, kind, datetime.now(UTC), "ana", text=text), "c_1")
        return id

    async def replied(self, by: str, text: str, seen: int | None = None, channel: Channel | None = None) -> str:
        entry = await self.drafted(EntryKind.REPLY, text)
        await self.ordered(TicketCommand.REPLY, ReplyOrder(by, "reply", entry, seen, channel))
        return entry

    @property
    def handle(self) -> WorkflowHandle[Any, TicketState]:
        return self.client.get_workflow_handle_for(TicketWorkflow.run, ticket_id("acme", self.name))

    @property
    def ticket(self) -> Ticket:
        """As it is in the record."""
        return self.store.tickets_held[self.name]

    @property
    def told(self) -> list[str]:
        return self.store.told(self.name)

    async def until(self, *end: str) -> None:
        await eventually(lambda: self.told[-len(end) :] == list(end), seconds=40)


@pytest.fixture
async def house(stage: Stage) -> AsyncIterator[Desk]:
    house = Desk(stage.env, stage.still, stage.queue)
    house.name = f"tk_{uuid.uuid4().hex[:8]}"
    house.store.people, house.mail = [SUPPORT], FakeFiscalMail()
    async with house.working(TicketWorkflow, NoticeWorkflow):
        yield house
        with contextlib.suppress(RPCError):  # whatever it waited for when the test was over
            await house.handle.terminate()


async def test_nobody_answers_it_is_told_in_time_missed_once_and_rises_after_72_hours(house: Desk) -> None:
    begun = await house.door().start_ticket(house.start())
    await house.until("opened", "reminded", "missed", "raised")
    ticket = house.ticket
    assert (ticket.missed_at, ticket.priority) == (begun.opened_at + 8 * HOUR, Priority.HIGH)
    assert ticket.raised_at is not None
    assert ticket.raised_at - ticket.opened_at >= 72 * HOUR
    await eventually(lambda: house.mail.sends == 1)
    assert [key.rpartition("/")[2] for key in house.mail.sent] == ["u_1"]
    await house.ordered(TicketCommand.RESOLVE, ANA)
    assert await house.handle.result() is TicketState.CLOSED
    assert house.told == ["opened", "reminded", "missed", "raised", "resolved", "closed"]
    assert (await house.handle.query(TicketWorkflow.timeline))[0][1] == "opened"


async def test_an_answer_within_its_time_is_sent_and_counts_as_the_first_response(house: Desk) -> None:
    house.messenger.lose_answer = 1
    await house.asked()
    await house.ordered(TicketCommand.ASSIGN, Assign(*_by(ANA), to="u_1"))
    entry = await house.replied("ana", "Ya revisé tu pago, gracias.")
    ticket = house.ticket
    assert (ticket.state, ticket.replies, ticket.answered_by) == (TicketState.WAITING, 1, "ana")
    assert ticket.answered_at is not None
    assert (ticket.answered_at < ticket.due_at, ticket.missed_at) == (True, None)

    def sent() -> bool:
        return (notice_key(house.name, entry), Channel.WHATSAPP) in house.store.notices and bool(
            house.store.notices[notice_key(house.name, entry), Channel.WHATSAPP].reference
        )

    # The messenger's answer was lost: what it had accepted is found, and not sent once more.
    await eventually(sent, seconds=40)
    assert [body for _, _, body in house.messenger.sent] == ["*Acme*\nYa revisé tu pago, gracias."]


async def test_a_reply_that_reaches_nobody_opens_it_again(house: Desk) -> None:
    house.messenger.failures = [Refused("no WhatsApp there", "63003")]
    house.mail.failures = [Refused("no such mailbox", "550")]
    await house.asked()
    await house.replied("ana", "¿Sigue fallando?")
    await house.until("reply", "not_delivered")
    assert house.ticket.state is TicketState.OPEN
    assert (house.ticket.answered_by, house.ticket.replies) == ("ana", 1)
    lost = Settled("te_r", Delivery.FAILED, Channel.EMAIL, "551")
    for _ in range(2):  # whoever revives a ticket may tell it again
        await house.handle.signal(TicketWorkflow.reply_settled, lost)
    await house.ordered(TicketCommand.PRIORITY, SetPriority("ana", "they wait", priority=Priority.HIGH))
    await house.until("not_delivered", "priority")
    assert house.told.count("not_delivered") == 2


async def test_two_people_answer_at_once_and_one_is_told_so(house: Desk) -> None:
    await house.door(still=True).start_ticket(house.start())
    ends = await asyncio.gather(
        house.replied("ana", "Va el recibo", seen=0), house.replied("eva", "Ya quedó", seen=0), return_exceptions=True
    )
    (refused,) = [end for end in ends if isinstance(end, BaseException)]
    assert isinstance(refused, CommandRefused)
    assert "somebody has answered since you looked" in str(refused)
    assert house.ticket.replies == 1
    await house.replied("eva", "Ya quedó", seen=1)
    assert house.told.count("reply") == 2


async def test_a_case_has_one_ticket_that_rises_and_ends_with_it(house: Desk) -> None:
    start, door = house.start(origin=Origin.LADDER), house.door(still=True)
    for key in ("in_1/1", "in_1/1", "in_1/7", "in_1/7"):  # each is told twice, and counts once
        await door.escalate(start, Escalation(key, datetime.now(UTC), Priority.NORMAL, "perdura"))
    await house.until("opened", "escalated")
    assert house.ticket.priority is Priority.HIGH
    for _ in range(2):
        await door.end_case("acme", house.name, "paid")
    await house.until("case_ended", "resolved")
    assert (house.ticket.resolved_by, house.ticket.answered_at) == ("perdura", None)


async def test_the_end_of_its_case_settles_nothing_that_somebody_has_touched(house: Desk) -> None:
    door = house.door(still=True)
    await door.start_ticket(house.start(origin=Origin.LADDER))
    note = await house.drafted(EntryKind.NOTE, "Llamé: paga mañana")
    await house.ordered(TicketCommand.NOTE, Note("ana", "note", note, spoken=True))
    await door.end_case("acme", house.name, "paid")
    await house.until("note", "case_ended")
    assert (house.ticket.state, house.ticket.answered_by) == (TicketState.OPEN, "ana")


async def test_a_closed_ticket_opens_with_a_word_of_the_customers_or_by_order(house: Desk) -> None:
    # On the clock that skips a resolved ticket is closed at once.
    await house.door().start_ticket(house.start())
    await house.ordered(TicketCommand.RESOLVE, ANA)
    assert await house.handle.result() is TicketState.CLOSED
    with pytest.raises(ProcessNotFound):
        await house.ordered(TicketCommand.ASSIGN, Assign(*_by(ANA), to="u_1"))
    again = TicketStart(house.ticket, Terms(), Calendar())
    word = Word(await house.drafted(EntryKind.CUSTOMER, "Sigue igual"), datetime.now(UTC), Channel.WHATSAPP)
    door = house.door(still=True)
    for _ in range(2):  # delivered twice, it is one word
        await door.hear_customer(again, word)
    await house.until("closed", "customer")
    assert (house.ticket.state, house.ticket.words, house.ticket.reopened) == (TicketState.OPEN, 1, 1)
    await house.ordered(TicketCommand.CLOSE, ANA)
    await house.handle.result()
    answer = await door.reopen_ticket(TicketStart(house.ticket, Terms(), Calendar()), EVA, update_id="press-1")
    assert (answer.status, house.ticket.reopened) == (TicketState.OPEN, 2)


async def test_it_goes_on_in_a_new_history_without_losing_a_word(house: Desk) -> None:
    door = house.door(still=True)
    await door.start_ticket(house.start(moves=3))
    first = (await house.handle.describe()).run_id
    words = [Word(await house.drafted(EntryKind.CUSTOMER, f"Palabra {n}"), datetime.now(UTC)) for n in range(6)]
    for word in (*words, words[0]):
        await door.hear_customer(house.start(), word)

    async def taken_in() -> bool:
        # Asked of the process: a turn that was cut off stands in the record already, and is taken once more.
        return (await house.handle.query(TicketWorkflow.state)).number == 7

    await eventually(taken_in, seconds=40)
    for priority in (Priority.HIGH, Priority.URGENT, Priority.NORMAL):
        await house.ordered(TicketCommand.PRIORITY, SetPriority(*_by(ANA), priority=priority))
    await eventually(lambda: house.ticket.number == 10, seconds=40)
    assert house.told == ["opened", *["customer"] * 6, *["priority"] * 3]
    numbers = sorted(entry.number for entry in house.store.threads[house.name].values())
    assert numbers == list(range(1, 11))
    assert (await house.handle.describe()).run_id != first


def _by(order: Command) -> tuple[str, str]:
    return order.actor, order.reason
