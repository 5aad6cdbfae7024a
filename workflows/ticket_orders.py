"""What people may order a ticket to do. Each order is an update: checked when it comes and again when its turn comes."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from temporalio import workflow

from models.messages import Answer, Command
from models.refusals import Refusal
from models.speaking.notices import Channel, NoticeRequest
from models.tickets import desk, refusals
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority, TicketStart
from models.tickets.thread import Entry, EntryKind, Event
from models.tickets.ticket import Ticket
from workflows import ticket_report
from workflows.refusals import refused


class TicketOrders(ABC):
    """The half of a ticket that obeys people. The other half, `TicketWorkflow`, keeps the clock."""

    _start: TicketStart
    _ticket: Ticket
    _begun: bool
    _turn: asyncio.Lock

    @abstractmethod
    async def _record(
        self, ticket: Ticket, entry: Entry, order: Command, what: str, notice: NoticeRequest | None = None
    ) -> None:
        """Become this ticket, and write it with its entry and its story."""

    @workflow.update(description='To whom it goes: {"actor": "ana", "reason": "…", "to": "u_…"}; empty: nobody')
    async def assign(self, order: Assign) -> Answer:
        async with self._in_turn():
            self._may_assign(order)
            return await self._obey(order, desk.assigned(self._ticket, order.to), Event.ASSIGNED, order.to)

    @workflow.update(description='A note that is in the record: {"actor": "ana", "reason": "note", "entry": "te_…"}')
    async def note(self, order: Note) -> Answer:
        async with self._in_turn():
            self._may_note(order)
            ticket = desk.spoken_to(self._ticket, order.actor, workflow.now()) if order.spoken else self._ticket
            spoken = "spoken" if order.spoken else ""
            await self._record(ticket, self._written(EntryKind.NOTE, order, order.entry, detail=spoken), order, "note")
            return self._answer()

    @workflow.update(description='A reply that is in the record: {"actor": "ana", "reason": "reply", "entry": "te_…"}')
    async def reply(self, order: ReplyOrder) -> Answer:
        async with self._in_turn():
            self._may_reply(order)
            carried = ticket_report.reply(self._ticket, order, self._start.calendar)
            ticket = desk.answered(self._ticket, order.actor, workflow.now())
            written = self._written(EntryKind.REPLY, order, order.entry, channel=order.channel)
            await self._record(ticket, written, order, "reply", carried)
            return self._answer()

    @workflow.update(description='How soon: {"actor": "ana", "reason": "…", "priority": "urgent"}')
    async def set_priority(self, order: SetPriority) -> Answer:
        async with self._in_turn():
            self._may_set_priority(order)
            start, now = self._start, workflow.now()
            ticket = desk.prioritised(self._ticket, order.priority, start.terms, start.calendar, now)
            return await self._obey(order, ticket, Event.PRIORITY, order.priority)

    @workflow.update(description='Settled: {"actor": "ana", "reason": "paid by transfer"}')
    async def resolve(self, order: Command) -> Answer:
        async with self._in_turn():
            self._may_resolve(order)
            return await self._obey(order, desk.resolved(self._ticket, order.actor, workflow.now()), Event.RESOLVED)

    @workflow.update(description='Not settled after all: {"actor": "ana", "reason": "they called again"}')
    async def reopen(self, order: Command) -> Answer:
        async with self._in_turn():
            self._may_reopen(order)
            return await self._obey(order, desk.reopened(self._ticket, workflow.now()), Event.REOPENED)

    @workflow.update(description='Nothing more will come: {"actor": "ana", "reason": "a duplicate"}')
    async def close(self, order: Command) -> Answer:
        async with self._in_turn():
            self._may_close(order)
            return await self._obey(order, desk.closed(self._ticket, workflow.now()), Event.CLOSED)

    @assign.validator
    def _may_assign(self, order: Assign) -> None:
        _refuse(refusals.cannot_assign(self._ticket, order))

    @note.validator
    def _may_note(self, order: Note) -> None:
        _refuse(refusals.cannot_note(self._ticket, order))

    @reply.validator
    def _may_reply(self, order: ReplyOrder) -> None:
        _refuse(refusals.cannot_reply(self._ticket, order))

    @set_priority.validator
    def _may_set_priority(self, order: SetPriority) -> None:
        _refuse(refusals.cannot_set_priority(self._ticket, order))

    @resolve.validator
    def _may_resolve(self, order: Command) -> None:
        _refuse(refusals.cannot_resolve(self._ticket, order))

    @reopen.validator
    def _may_reopen(self, order: Command) -> None:
        _refuse(refusals.cannot_reopen(self._ticket, order))

    @close.validator
    def _may_close(self, order: Command) -> None:
        _refuse(refusals.cannot_close(self._ticket, order))

    @contextlib.asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """After the act in progress, and never before the beginning is in the record."""
        await workflow.wait_condition(lambda: self._begun)
        async with self._turn:
            yield

    async def _obey(self, order: Command, ticket: Ticket, event: Event, detail: str = "") -> Answer:
        entry = ticket_report.happened(self._ticket, event, order, workflow.now(), detail, order.reason)
        await self._record(ticket, entry, order, event)
        return self._answer()

    def _written(
        self, kind: EntryKind, order: Command, entry: str, *, detail: str = "", channel: Channel | None = None
    ) -> Entry:
        """The entry whose text is in the record already."""
        ticket, number = self._ticket, self._ticket.number + 1
        return Entry(
            ticket.tenant,
            ticket.id,
            entry,
            kind,
            workflow.now(),
            order.actor,
            number,
            detail=detail,
            channel=channel,
        )

    def _answer(self) -> Answer:
        return ticket_report.answer(self._start, self._ticket, workflow.now())


def _refuse(why: Refusal) -> None:
    if why:
        raise refused(why)
