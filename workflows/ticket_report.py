"""What a ticket leaves behind and shows: its thread, its story, its messages, and the text an operator reads. No personal data."""

from datetime import datetime

from temporalio import workflow

from models.collecting.contact import ANYTIME
from models.messages import Answer, Command
from models.periods import Calendar
from models.records import AuditEntry
from models.speaking.notices import NoticeKind, NoticeRequest
from models.tickets import desk
from models.tickets.desk import Do
from models.tickets.messages import ReplyOrder, TicketStart
from models.tickets.thread import Entry, EntryKind, Event, notice_key
from models.tickets.ticket import Ticket
from workflows import visibility


def happened(ticket: Ticket, event: Event, order: Command, now: datetime, detail: str = "", text: str = "") -> Entry:
    """An entry of what happened. Its id follows from its place in the thread."""
    number = ticket.number + 1
    return Entry(
        ticket.tenant,
        ticket.id,
        f"te_{number}",
        EntryKind.EVENT,
        now,
        order.actor,
        number,
        event,
        detail,
        text=text,
    )


def audited(ticket: Ticket, what: str, order: Command, now: datetime, detail: str) -> AuditEntry:
    """A line of the story.

    Its key names what happened too: a turn whose worker was lost before the server heard of it is taken again, and something
    else may come first then.
    """
    return AuditEntry(
        tenant=ticket.tenant,
        subscription=ticket.subscription,
        key=f"{ticket.id}/{ticket.number}/{what}",
        at=now,
        actor=order.actor,
        action=f"ticket {what}",
        reason=order.reason,
        detail=f"{ticket.id}: {detail}" if detail else ticket.id,
        source=workflow.info().workflow_id,
    )


def reply(ticket: Ticket, order: ReplyOrder, calendar: Calendar) -> NoticeRequest:
    """The message that carries a reply. Whoever wrote is answered at any hour; who did not is written to when it is fit."""
    return NoticeRequest(
        tenant=ticket.tenant,
        key=notice_key(ticket.id, order.entry),
        kind=NoticeKind.TICKET_REPLY,
        subscription=ticket.subscription,
        calendar=calendar,
        contact=ANYTIME if ticket.words else None,
        channel=order.channel,
        ticket=ticket.id,
        entry=order.entry,
        answers=ticket.heard_by,
    )


def answer(start: TicketStart, ticket: Ticket, now: datetime) -> Answer:
    """Where it stands, for whoever gave an order."""
    decision = desk.decide(ticket, start.terms, start.calendar, now)
    if decision.at is None:
        return Answer(ticket.state)
    following = "first response due" if ticket.unanswered and ticket.missed_at is None else "next act"
    at = ticket.due_at if following == "first response due" else decision.at
    return Answer(ticket.state, following, at.isoformat())


def attributes(start: TicketStart, ticket: Ticket, now: datetime) -> visibility.Updates:
    """The search attributes of a ticket: its state, its priority, and when something is due."""
    decision = desk.decide(ticket, start.terms, start.calendar, now)
    due = decision.at if decision.do is not Do.END else None
    return [
        visibility.STATUS.value_set(ticket.state),
        visibility.STAGE.value_set(ticket.priority),
        visibility.NEXT_ACTION_AT.value_set(due) if due else visibility.NEXT_ACTION_AT.value_unset(),
    ]


def details(ticket: Ticket, calendar: Calendar) -> str:
    """The ticket in Markdown, times on the tenant's clock."""
    show = calendar.show
    return visibility.table(
        [
            ("ticket", ticket.id),
            ("about", f"{ticket.topic}, by {ticket.origin}"),
            ("customer", ticket.customer),
            ("invoice", ticket.invoice),
            ("state", f"**{ticket.state}**"),
            ("priority", ticket.priority),
            ("assigned to", ticket.assignee),
            ("first response due", show(ticket.due_at) if ticket.unanswered else ""),
            ("first response", show(ticket.answered_at) if ticket.answered_at else ""),
            ("missed", show(ticket.missed_at) if ticket.missed_at else ""),
            ("replies, words", f"{ticket.replies}, {ticket.words}"),
            ("resolved", f"{show(ticket.resolved_at)} by {ticket.resolved_by}" if ticket.resolved_at else ""),
        ]
    )
