"""A customer's word comes into their ticket: the one under way, one that ended lately, or a new one. Safe to repeat."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from activities.ports.processes import Processes
from activities.ports.store import Store
from models.periods import Calendar
from models.speaking.notices import Channel
from models.tickets.desk import Asked, opened, revives
from models.tickets.messages import TicketStart, Word
from models.tickets.thread import Entry, EntryKind
from models.tickets.ticket import Origin, Topic

CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer wrote. `id` is that of the entry it becomes, the same for the same message. `channel` None: on their account page."""

    tenant: str
    customer: str
    subscription: str
    id: str
    text: str
    at: datetime
    topic: Topic
    channel: Channel | None = None


class Hearing:
    """Takes customers' words to tickets. The text is sealed in the record and travels nowhere else."""

    def __init__(self, store: Store, processes: Processes, *, day_seconds: float) -> None:
        self._store = store
        self._processes = processes
        self._day_seconds = day_seconds

    async def heard(self, said: Said, now: datetime, *, begins: bool = True) -> str:
        """The id of the ticket that has it. Empty: it belongs to none, and does not begin one.

        Raises:
            ProcessesUnavailable: the engine is out of reach; what was written is kept, and may be brought again.
        """
        tenant = await self._store.tenant(said.tenant)
        terms = await self._store.ticket_terms(said.tenant)
        calendar = Calendar(self._day_seconds, tenant.zone)
        last = await self._store.latest_ticket(said.tenant, said.customer)
        account = said.channel is None
        if last is not None and revives(last, now) and (begins or not last.state.over):
            ticket = last
        elif begins and (account or terms.from_messages):
            # Named by the ticket before it: two messages at once begin the same one.
            name = f"{said.tenant}\0{said.customer}\0{last.id if last else ''}"
            asked = Asked(
                tenant=said.tenant,
                id=f"tk_{hashlib.sha256(name.encode()).hexdigest()[:20]}",
                customer=said.customer,
                topic=said.topic,
                origin=Origin.ACCOUNT if account else Origin.MESSAGE,
                by=CUSTOMER,
                subscription=said.subscription,
            )
            ticket = opened(asked, terms, calendar, now)
        else:
            return ""
        entry = Entry(
            said.tenant, ticket.id, said.id, EntryKind.CUSTOMER, said.at, CUSTOMER, channel=said.channel, text=said.text
        )
        await self._store.draft_entry(entry, said.customer)
        start = TicketStart(ticket, terms, calendar, opening=said.id)
        await self._processes.hear_customer(start, Word(said.id, said.at, said.channel))
        return ticket.id
