"""Tickets: the row, the thread and the events that follow, in one transaction; lists, and how soon they were answered."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, literal, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from activities.gateways.sql.crm.following import spoke
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.outgoing import Recorded, tell
from activities.ports.tickets import Listed, Place, TicketFilter
from models.crm import following
from models.records import Delivery
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Channel
from models.tables.columns import UtcDateTime
from models.tables.dunning import ReplyRow
from models.tables.journal import NoticeRow
from models.tables.parties import CustomerRow
from models.tables.sealed import CONTACT, ENTRY
from models.tables.tickets import TicketEntryRow, TicketRow
from models.telling.happenings import of_ticket
from models.tickets.figures import FirstResponse
from models.tickets.thread import Entry, EntryKind, Event, notice_key
from models.tickets.ticket import Origin, Priority, Ticket, TicketState, Topic

_TICKET, _ENTRY = table_of(TicketRow).c, table_of(TicketEntryRow).c
_NOTICE, _REPLY, _CUSTOMER = table_of(NoticeRow).c, table_of(ReplyRow).c, table_of(CustomerRow).c
_KEY, _ENTRY_KEY = ["tenant_id", "id"], ["tenant_id", "ticket_id", "id"]
LIVING = (TicketState.OPEN.value, TicketState.WAITING.value)
_OVER = (TicketState.RESOLVED.value, TicketState.CLOSED.value)
_ANSWERED = case((_TICKET.answered_at.is_(None) & _TICKET.state.in_(LIVING), 0), else_=1)

# A ticket's fields that are named alike in its row, and those that are not.
_RENAMED = {"tenant": "tenant_id", "customer": "customer_id", "subscription": "subscription_id"}
_CLOSED_SETS = {"topic": Topic, "origin": Origin, "state": TicketState, "priority": Priority}


def _ticket(row: TicketRow) -> Ticket:
    told: dict[str, Any] = {f.name: getattr(row, _RENAMED.get(f.name, f.name)) for f in fields(Ticket)}
    told |= {name: kind(told[name]) for name, kind in _CLOSED_SETS.items()}
    return Ticket(**(told | {"heard_by": Channel(row.heard_by) if row.heard_by else None}))


def _row(ticket: Ticket, opening: str) -> TicketRow:
    told = {_RENAMED.get(f.name, f.name): getattr(ticket, f.name) for f in fields(Ticket)}
    return TicketRow(**(told | {"heard_by": ticket.heard_by or "", "opening": opening}))


class Tickets:
    """The record of tickets."""

    _db: Database
    _keyring: Keyring
    _recorded: Recorded

    # --- what processes write

    async def ticket(self, tenant: str, ticket: str) -> Ticket | None:
        row = await self._db.first(select(TicketRow).where(*_mine(tenant, ticket)))
        return _ticket(row) if row else None

    async def save_ticket(self, ticket: Ticket, entries: Sequence[Entry], at: datetime, *, opening: str = "") -> None:
        async with self._db.transaction() as connection:
            before = await self._held_ticket(connection, ticket)
            row = _row(ticket, opening)
            await connection.execute(self._db.upsert(row, _KEY, keep=[*_KEY, "opening"] if before else _KEY))
            for entry in entries:
                written = self._entry_row(entry, ticket.customer)
                await connection.execute(self._db.upsert(written, _ENTRY_KEY, keep=["text", "customer_id"]))
            await tell(connection, self._db, of_ticket(before, ticket, at))
            if before is None or before.state is not ticket.state:
                await spoke(connection, self._db, following.of_ticket(ticket))
        self._recorded.note(ticket.tenant)

    async def draft_entry(self, entry: Entry, customer: str) -> bool:
        return await self._db.add_once(self._entry_row(entry, customer), _ENTRY_KEY)

    async def drop_draft(self, tenant: str, ticket: str, entry: str) -> None:
        await self._db.write(delete(TicketEntryRow).where(*_this(tenant, ticket, entry), _ENTRY.number == 0))

    async def entry_text(self, tenant: str, ticket: str, entry: str) -> str:
        row = await self._db.first(select(TicketEntryRow).where(*_this(tenant, ticket, entry)))
        return self._words_of(row) if row else ""

    async def words_in_ticket(self, tenant: str, ticket: str) -> Sequence[Entry]:
        said = (_ENTRY.tenant_id == tenant, _ENTRY.ticket_id == ticket, _ENTRY.kind == EntryKind.CUSTOMER.value)
        rows = await self._db.rows(select(TicketEntryRow).where(*said).order_by(_ENTRY.at, _ENTRY.number, _ENTRY.id))
        return [replace(self._entry(row, None), text="") for row in rows]

    async def living_tickets(self, tenant: str, *, after: tuple[str, str], limit: int) -> Sequence[Ticket]:
        """Those that are not closed, of this tenant or (empty) of all, by (tenant, id), after one of them."""
        whose = (_TICKET.tenant_id == tenant) if tenant else true()
        place = tuple_(_TICKET.tenant_id, _TICKET.id)
        later = place > tuple_(literal(after[0]), literal(after[1]))
        query = select(TicketRow).where(whose, later, _TICKET.state != TicketState.CLOSED.value)
        return [_ticket(row) for row in await self._db.rows(query.order_by(_TICKET.tenant_id, _TICKET.id).limit(limit))]

    async def latest_ticket(self, tenant: str, customer: str) -> Ticket | None:
        theirs = select(TicketRow).where(_TICKET.tenant_id == tenant, _TICKET.customer_id == customer)
        over = case((_TICKET.state.in_(LIVING), 0), else_=1)
        row = await self._db.first(theirs.order_by(over, _TICKET.since.desc(), _TICKET.id))
        return _ticket(row) if row else None

    async def wrote_since(self, tenant: str, customer: str, channel: Channel, since: datetime) -> bool:
        query = select(ReplyRow).where(
            _REPLY.tenant_id == tenant,
            _REPLY.customer_id == customer,
            _REPLY.channel == channel.value,
            _REPLY.received_at >= since,
        )
        return await self._db.first(query) is not None

    # --- what people ask

    async def tickets(
        self,
        tenant: str,
        which: TicketFilter,
        now: datetime,
        *,
        by_clock: bool = False,
        after: Place | None = None,
        limit: int = 50,
    ) -> Sequence[Listed]:
        query = select(TicketRow).where(_TICKET.tenant_id == tenant, *asked(which, now))
        if by_clock:
            query = query.order_by(_ANSWERED, _TICKET.due_at, _TICKET.id)
            if after is not None:
                ended = (literal(int(after.answered)), literal(after.at, UtcDateTime()), literal(after.id))
                query = query.where(tuple_(_ANSWERED, _TICKET.due_at, _TICKET.id) > tuple_(*ended))
        else:
            query = query.order_by(_TICKET.opened_at.desc(), _TICKET.id.desc())
            if after is not None:
                last = tuple_(literal(after.at, UtcDateTime()), literal(after.id))
                query = query.where(tuple_(_TICKET.opened_at, _TICKET.id) < last)
        return await self._with_owners(tenant, await self._db.rows(query.limit(limit)))

    async def listed_ticket(self, tenant: str, ticket: str) -> Listed | None:
        found = await self._with_owners(tenant, await self._db.rows(select(TicketRow).where(*_mine(tenant, ticket))))
        return found[0] if found else None

    async def thread(self, tenant: str, ticket: str) -> Sequence[Entry]:
        mine = (_ENTRY.tenant_id == tenant, _ENTRY.ticket_id == ticket, _ENTRY.number > 0)
        rows = await self._db.rows(select(TicketEntryRow).where(*mine).order_by(_ENTRY.number))
        keys = [notice_key(ticket, row.id) for row in rows if row.kind == EntryKind.REPLY.value]
        sent: dict[str, NoticeRow] = {}
        if keys:
            carried = select(NoticeRow).where(_NOTICE.tenant_id == tenant, _NOTICE.key.in_(keys))
            # Of several channels the last one tried tells how it ended.
            for notice in await self._db.rows(carried.order_by(_NOTICE.requested_at)):
                sent[notice.key] = notice
        return [self._entry(row, sent.get(notice_key(ticket, row.id))) for row in rows]

    async def late_responses(self, tenant: str, now: datetime, limit: int = 100) -> Sequence[Ticket]:
        late = select(TicketRow).where(_TICKET.tenant_id == tenant, *asked(TicketFilter(overdue=True), now))
        return [_ticket(row) for row in await self._db.rows(late.order_by(_TICKET.due_at, _TICKET.id).limit(limit))]

    async def first_responses(
        self, tenant: str, since: datetime, until: datetime, topic: Topic | None = None
    ) -> Sequence[FirstResponse]:
        query = select(
            _TICKET.opened_at, _TICKET.due_at, _TICKET.topic, _TICKET.answered_at, _TICKET.missed_at, _TICKET.state
        ).where(_TICKET.tenant_id == tenant, _TICKET.opened_at >= since, _TICKET.opened_at < until)
        if topic is not None:
            query = query.where(_TICKET.topic == topic.value)
        return [
            FirstResponse(opened, due, Topic(about), answered, missed, answered is None and state in _OVER)
            for opened, due, about, answered, missed, state in await self._db.figures(query)
        ]

    # --- rows

    def _entry_row(self, entry: Entry, customer: str) -> TicketEntryRow:
        key = (entry.tenant, entry.ticket, entry.id)
        return TicketEntryRow(
            tenant_id=entry.tenant,
            ticket_id=entry.ticket,
            id=entry.id,
            customer_id=customer,
            number=entry.number,
            kind=entry.kind,
            at=entry.at,
            actor=entry.actor,
            event=entry.event or "",
            detail=entry.detail,
            channel=entry.channel or "",
            text=ENTRY.seal(self._keyring, entry.text, key),
        )

    def _entry(self, row: TicketEntryRow, sent: NoticeRow | None) -> Entry:
        return Entry(
            tenant=row.tenant_id,
            ticket=row.ticket_id,
            id=row.id,
            kind=EntryKind(row.kind),
            at=row.at,
            actor=row.actor,
            number=row.number,
            event=Event(row.event) if row.event else None,
            detail=row.detail,
            channel=Channel(row.channel) if row.channel else None,
            text=self._words_of(row),
            delivery=Delivery(sent.delivery) if sent else None,
            by=Channel(sent.channel) if sent else None,
            error=sent.error if sent else "",
        )

    def _words_of(self, row: TicketEntryRow) -> str:
        return str(ENTRY.open(self._keyring, row.text, (row.tenant_id, row.ticket_id, row.id)))

    async def _texts_of(self, tenant: str, openings: Sequence[tuple[str, str]]) -> dict[str, str]:
        """What was asked, by ticket."""
        if not openings:
            return {}
        pairs = tuple_(_ENTRY.ticket_id, _ENTRY.id).in_(openings)
        rows = await self._db.rows(select(TicketEntryRow).where(_ENTRY.tenant_id == tenant, pairs))
        return {row.ticket_id: self._words_of(row) for row in rows}

    async def _with_owners(self, tenant: str, rows: Sequence[TicketRow]) -> list[Listed]:
        """With what was asked and whose they are: two more questions for a whole page."""
        if not rows:
            return []
        asked = await self._texts_of(tenant, [(row.id, row.opening) for row in rows if row.opening])
        whose = {row.customer_id for row in rows}
        known = select(CustomerRow).where(_CUSTOMER.tenant_id == tenant, _CUSTOMER.id.in_(whose))
        people = {row.id: row for row in await self._db.rows(known)}
        return [
            Listed(
                _ticket(row),
                asked.get(row.id, ""),
                self._owner_name(people[row.customer_id]),
                people[row.customer_id].reference,
            )
            for row in rows
        ]

    def _owner_name(self, row: CustomerRow) -> str:
        contact = CONTACT.open(self._keyring, row.contact, (row.tenant_id, row.id))
        return str(json.loads(contact)["name"]) if contact else ""

    async def _held_ticket(self, connection: AsyncConnection, ticket: Ticket) -> Ticket | None:
        """The row as it stands, nobody else's to change until this transaction is over."""
        query = select(TicketRow).where(*_mine(ticket.tenant, ticket.id)).with_for_update()
        async with AsyncSession(connection) as session:
            row = (await session.scalars(query)).first()
        return _ticket(row) if row else None


async def erase_texts(connection: AsyncConnection, tenant: str, customer: str) -> None:
    """What was written in a customer's tickets goes; that there were tickets stays."""
    theirs = and_(_ENTRY.tenant_id == tenant, _ENTRY.customer_id == customer)
    await connection.execute(update(TicketEntryRow).where(theirs).values(text=""))


def _mine(tenant: str, ticket: str) -> tuple[Any, Any]:
    return _TICKET.tenant_id == tenant, _TICKET.id == ticket


def _this(tenant: str, ticket: str, entry: str) -> tuple[Any, Any, Any]:
    return _ENTRY.tenant_id == tenant, _ENTRY.ticket_id == ticket, _ENTRY.id == entry


def asked(which: TicketFilter, now: datetime) -> list[Any]:
    """The conditions of a filter."""
    found: list[Any] = []
    if which.state is not None:
        found.append(_TICKET.state == which.state.value)
    if which.open_only or which.overdue:
        found.append(_TICKET.state.in_(LIVING))
    if which.overdue:
        found += [_TICKET.answered_at.is_(None), _TICKET.due_at < now]
    for column, value in (
        (_TICKET.priority, which.priority and which.priority.value),
        (_TICKET.topic, which.topic and which.topic.value),
        (_TICKET.assignee, which.assignee),
        (_TICKET.customer_id, which.customer),
    ):
        if value:
            found.append(column == value)
    return found
