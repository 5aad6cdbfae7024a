"""Effects of a ticket's process: its record with the message that carries a reply, and a word to whoever is to answer."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.failures import Refused
from activities.ports.mail import Mail
from activities.ports.processes import Processes
from activities.ports.register import Register
from models.access.permissions import Role
from models.periods import Calendar
from models.records import AuditEntry
from models.speaking.notices import NoticeRequest
from models.tickets.thread import Entry
from models.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketReport:
    """Everything that one step of a ticket leaves behind. `at` is the process's clock (UTC)."""

    ticket: Ticket
    entries: tuple[Entry, ...]
    audit: AuditEntry
    at: datetime
    opening: str = ""
    notice: NoticeRequest | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A ticket whose first response is due soon."""

    ticket: Ticket
    calendar: Calendar


class Ticketing:
    """Writes what happened to a ticket, and tells people of it."""

    def __init__(self, *, store: Register, processes: Processes, mail: Mail, public_url: str) -> None:
        self._store = store
        self._processes = processes
        self._mail = mail
        self._public_url = public_url.rstrip("/")

    @activity.defn
    async def record_ticket(self, report: TicketReport) -> None:
        """The story first, then the row with its events, then the message: after a crash in between nothing is missing."""
        await self._store.audit(report.audit)
        await self._store.save_ticket(report.ticket, report.entries, report.at, opening=report.opening)
        if report.notice is not None:
            await self._processes.request_notice(report.notice)

    @activity.defn
    async def remind_people(self, reminder: Reminder) -> int:
        """An e-mail to whoever the ticket is assigned to, else to everybody who may answer; how many were written to.

        It names the ticket and not the customer. The same mail has the same Message-ID, however often this runs.
        """
        ticket, calendar = reminder.ticket, reminder.calendar
        due = calendar.local(ticket.due_at)
        here = f"{self._public_url}/console/tickets/{ticket.id}"
        people = [
            user for user in await self._store.users(ticket.tenant) if user.active and user.role is not Role.VIEWER
        ]
        mine = [user for user in people if user.id == ticket.assignee] or people
        letterhead = await self._store.letterhead(ticket.tenant)
        written = 0
        for user in mine:
            try:
                await self._mail.send(
                    to=user.email,
                    subject=f"Un ticket espera respuesta · A ticket waits ({due:%H:%M})",
                    body=(
                        f"El ticket {ticket.id} (prioridad {_SPANISH[ticket.priority]}) debe tener su primera respuesta "
                        f"antes de las {due:%H:%M} del {due:%d/%m/%Y}: {here}\n\n"
                        f"Ticket {ticket.id} (priority {ticket.priority}) is to have its first response before "
                        f"{due:%H:%M} on {due:%Y-%m-%d}."
                    ),
                    key=f"{ticket.tenant}/{ticket.id}/due/{ticket.due_at:%Y%m%d%H%M}/{user.id}",
                    letterhead=letterhead,
                    action="Abrir el ticket · Open the ticket",
                )
            except Refused:
                continue  # one mailbox that is no more keeps nobody else from being told
            written += 1
        return written


_SPANISH = {"normal": "normal", "high": "alta", "urgent": "urgente"}
