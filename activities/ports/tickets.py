"""SQL: tickets, their threads, and the tenant's terms. Scoped by tenant, but for what the whole house is asked of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.speaking.notices import Channel
from models.tickets.figures import FirstResponse
from models.tickets.terms import Terms
from models.tickets.thread import Entry
from models.tickets.ticket import Priority, Ticket, TicketState, Topic


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets: all that is named must hold. `open_only`: those that somebody has to act on or is waited for."""

    state: TicketState | None = None
    open_only: bool = False
    priority: Priority | None = None
    topic: Topic | None = None
    assignee: str = ""
    customer: str = ""
    overdue: bool = False  # whose first response is owed and late


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: by the clock whether its last ticket was answered and when it is due; else when it was opened."""

    at: datetime
    id: str
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket with the text of what was asked, and whose it is: their name and the tenant's own reference of them."""

    ticket: Ticket
    asked: str = ""
    name: str = ""
    reference: str = ""


class TicketBook(Protocol):
    """What processes read and write of tickets."""

    async def ticket(self, tenant: str, ticket: str) -> Ticket | None: ...

    async def draft_entry(self, entry: Entry, customer: str) -> bool:
        """Keep what somebody wrote, sealed, before a ticket's process has agreed to it. False where it was kept already."""
        ...

    async def drop_draft(self, tenant: str, ticket: str, entry: str) -> None:
        """Its process did not agree. What is in the thread already stays."""
        ...

    async def entry_text(self, tenant: str, ticket: str, entry: str) -> str:
        """What somebody wrote; empty where nothing was, or it is erased."""
        ...

    async def thread(self, tenant: str, ticket: str) -> Sequence[Entry]:
        """In order, with texts and what became of replies; drafts are not among it."""
        ...

    async def words_in_ticket(self, tenant: str, ticket: str) -> Sequence[Entry]:
        """What its customer wrote, oldest first, without the texts; also what no process has taken in yet (`number` 0)."""
        ...

    async def save_ticket(self, ticket: Ticket, entries: Sequence[Entry], at: datetime, *, opening: str = "") -> None:
        """Write the process's word: where the ticket stands and what its thread has gained, with the events that follow from it.

        Texts stay as they were drafted. Raises Missing: there is no such customer.
        """
        ...

    async def latest_ticket(self, tenant: str, customer: str) -> Ticket | None:
        """The customer's newest that is open or waits for them; else the newest of all."""
        ...

    async def ticket_terms(self, tenant: str) -> Terms:
        """The tenant's, or the usual ones."""
        ...

    async def wrote_since(self, tenant: str, customer: str, channel: Channel, since: datetime) -> bool:
        """Whether they have written to us by this channel since then (UTC)."""
        ...


class Tickets(Protocol):
    """What people ask of the record of tickets."""

    async def save_ticket_terms(self, tenant: str, terms: Terms, *, actor: str, at: datetime) -> None:
        """Raises Missing (tenant)."""
        ...

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
        """Newest first; `by_clock`: who is owed a first response first, the one due soonest before all."""
        ...

    async def listed_ticket(self, tenant: str, ticket: str) -> Listed | None:
        """One, as it stands in lists."""
        ...

    async def late_responses(self, tenant: str, now: datetime, limit: int = 100) -> Sequence[Ticket]:
        """Tickets whose first response is owed and past due, the longest first."""
        ...

    async def first_responses(
        self, tenant: str, since: datetime, until: datetime, topic: Topic | None = None
    ) -> Sequence[FirstResponse]:
        """How tickets opened in [since, until) (UTC) were answered."""
        ...
