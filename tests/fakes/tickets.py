"""The record of tickets, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.access.users import User
from models.speaking.notices import Channel
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind
from models.tickets.ticket import Ticket


@dataclass
class FakeTickets:
    """Tickets and their threads in dictionaries; `texts` holds what was drafted."""

    tickets_held: dict[str, Ticket] = field(default_factory=dict)
    threads: dict[str, dict[str, Entry]] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    people: list[User] = field(default_factory=list)
    lately: bool = False  # whether the customer wrote within the day

    async def ticket(self, tenant: str, ticket: str) -> Ticket | None:
        return self.tickets_held.get(ticket)

    async def draft_entry(self, entry: Entry, customer: str) -> bool:
        thread = self.threads.setdefault(entry.ticket, {})
        return thread.setdefault(entry.id, entry) is entry

    async def drop_draft(self, tenant: str, ticket: str, entry: str) -> None:
        if self.threads.get(ticket, {}).get(entry) is not None and not self.threads[ticket][entry].number:
            del self.threads[ticket][entry]

    async def entry_text(self, tenant: str, ticket: str, entry: str) -> str:
        known = self.threads.get(ticket, {}).get(entry)
        return known.text if known else ""

    async def thread(self, tenant: str, ticket: str) -> Sequence[Entry]:
        entries = sorted(self.threads.get(ticket, {}).values(), key=lambda entry: entry.number)
        return [entry for entry in entries if entry.number]

    async def words_in_ticket(self, tenant: str, ticket: str) -> Sequence[Entry]:
        return [entry for entry in self.threads.get(ticket, {}).values() if entry.kind is EntryKind.CUSTOMER]

    async def save_ticket(self, ticket: Ticket, entries: Sequence[Entry], at: datetime, *, opening: str = "") -> None:
        self.tickets_held[ticket.id] = ticket
        thread = self.threads.setdefault(ticket.id, {})
        for entry in entries:
            drafted = thread.get(entry.id)
            thread[entry.id] = replace(entry, text=drafted.text) if drafted else entry

    async def latest_ticket(self, tenant: str, customer: str) -> Ticket | None:
        living = [each for each in self.tickets_held.values() if not each.state.over]
        return next(reversed(living or list(self.tickets_held.values())), None)

    async def ticket_terms(self, tenant: str) -> Terms:
        return self.terms

    async def users(self, tenant: str) -> Sequence[User]:
        return self.people

    async def wrote_since(self, tenant: str, customer: str, channel: Channel, since: datetime) -> bool:
        return self.lately

    def told(self, ticket: str) -> list[str]:
        """The thread as it reads: events by name, words by kind."""
        entries = sorted(self.threads.get(ticket, {}).values(), key=lambda entry: entry.number)
        return [str(entry.event or entry.kind) for entry in entries if entry.number]
