"""Processes of bills and tickets that were lost, started again where the record says they stood. Nothing is sent or charged for it."""

from datetime import UTC, datetime

from activities.ports.books import Books
from activities.ports.supervision import Supervision
from activities.restoring import ACTOR
from models.messages import BillStart
from models.periods import Calendar
from models.records import AuditEntry
from models.tickets.messages import TicketStart, Word
from models.tickets.ticket import Ticket, TicketState, of_case
from models.watching.missing_processes import heard_and_unheard, latest_ticket, lost_on_its_way, remembered_bill


class Reviving:
    """What may be repeated: where a process runs by now, nothing happens to it."""

    def __init__(self, *, books: Books, processes: Supervision, day_seconds: float) -> None:
        self._books = books
        self._processes = processes
        self._day_seconds = day_seconds

    async def bill(self, tenant: str, bill: str) -> bool:
        """False where there is no such bill. One that is over by now needs none: its process ended as it should, since it was looked at."""
        found = await self._books.bill(tenant, bill)
        if found is None or found.status.over:
            return found is not None
        customer = await self._books.customer(tenant, found.customer)
        now = datetime.now(UTC)
        last = await self._processes.last_word_of_bill(tenant, bill)
        state = remembered_bill(found, await self._books.cases(tenant, bill), now, last)
        calendar = await self._calendar(tenant)
        if await self._processes.restart_bill(BillStart.of(found, customer.reference, calendar, state)):
            await self._written(tenant, bill, bill, now)
        return True

    async def ticket(self, tenant: str, ticket: str) -> bool:
        """As `bill`. The new process is told what its customer wrote, what became of the last reply, and how its case ended meanwhile."""
        record = await self._books.ticket(tenant, ticket)
        if record is None:
            return False
        now = datetime.now(UTC)
        found = latest_ticket(record, await self._processes.last_word_of_ticket(tenant, ticket))
        if found.state is TicketState.CLOSED:
            if found.number > record.number:  # the books lost that it ended
                await self._books.save_ticket(found, (), now)
            return True
        heard, unheard = heard_and_unheard(await self._books.words_in_ticket(tenant, ticket))
        terms = await self._books.ticket_terms(tenant)
        start = TicketStart(found, terms, await self._calendar(tenant), heard=heard)
        if await self._processes.restart_ticket(start):
            await self._written(tenant, found.subscription, ticket, now)
        # Told also where one runs: an attempt that was cut off may have started it, and each thing counts once.
        for entry in unheard:
            await self._processes.hear_customer(start, Word(entry.id, entry.at, entry.channel))
        if end := lost_on_its_way(found, await self._books.thread(tenant, ticket)):
            await self._processes.settle_reply(tenant, ticket, end)
        await self._tell_of_case(found)
        return True

    async def _tell_of_case(self, ticket: Ticket) -> None:
        if ticket.id != of_case(ticket.invoice):
            return
        for case in await self._books.cases(ticket.tenant, ticket.subscription):
            if case.invoice == ticket.invoice and case.outcome is not None:
                await self._processes.end_case(ticket.tenant, ticket.id, case.outcome)

    async def _calendar(self, tenant: str) -> Calendar:
        return Calendar(self._day_seconds, (await self._books.tenant(tenant)).zone)

    async def _written(self, tenant: str, subscription: str, what: str, now: datetime) -> None:
        key = f"{what}/{ACTOR}/process/{now}"
        said = f"{what}: it was missing"
        await self._books.audit(AuditEntry(tenant, subscription, key, now, ACTOR, "process started again", detail=said))
