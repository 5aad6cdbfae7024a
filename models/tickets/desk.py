"""What happens to a ticket next, and how each word and order changes it. Pure: the workflow carries it out, tables test it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.periods import Calendar
from models.speaking.notices import Channel
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Priority, Ticket, TicketState, Topic

BY_ITSELF = "perdura"
REVIVED = timedelta(days=30)  # so long after its end a customer's word opens a ticket again


class Do(StrEnum):
    """What the workflow does now."""

    WAIT = "wait"
    REMIND = "remind"
    MISS = "miss"
    RAISE = "raise"
    CLOSE = "close"
    END = "end"


@dataclass(frozen=True, slots=True)
class Decision:
    """The next act: `at` is when (None: only somebody's word moves it on)."""

    do: Do
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose ticket it is, and what about."""

    tenant: str
    id: str
    customer: str
    topic: Topic
    origin: Origin
    by: str
    subscription: str = ""
    invoice: str = ""
    priority: Priority = Priority.NORMAL
    cause: str = ""


def opened(asked: Asked, terms: Terms, calendar: Calendar, now: datetime) -> Ticket:
    """A new ticket."""
    remind, due = terms.due(asked.priority, now, calendar)
    return Ticket(
        tenant=asked.tenant,
        id=asked.id,
        customer=asked.customer,
        topic=asked.topic,
        origin=asked.origin,
        opened_at=now,
        opened_by=asked.by,
        since=now,
        due_at=due,
        remind_at=remind,
        subscription=asked.subscription,
        invoice=asked.invoice,
        priority=asked.priority,
        cause=asked.cause,
    )


def decide(ticket: Ticket, terms: Terms, calendar: Calendar, now: datetime) -> Decision:
    """What is to be done now, or when something will be."""
    if ticket.state is TicketState.CLOSED:
        return Decision(Do.END)
    coming = []
    if ticket.state is TicketState.RESOLVED:
        coming.append(((ticket.resolved_at or ticket.since) + calendar.elapsed(terms.close_after), Do.CLOSE))
    else:
        if ticket.answered_at is None and ticket.missed_at is None:
            # After an outage of ours nobody is reminded of what is missed already.
            if ticket.reminded_at is None and now < ticket.due_at:
                coming.append((ticket.remind_at, Do.REMIND))
            coming.append((ticket.due_at, Do.MISS))
        if ticket.priority is Priority.NORMAL and ticket.raised_at is None:
            coming.append((ticket.since + calendar.elapsed(terms.raise_after), Do.RAISE))
    if not coming:
        return Decision(Do.WAIT)
    at, do = min(coming, key=lambda act: act[0])
    return Decision(do if at <= now else Do.WAIT, at)


def reminded(ticket: Ticket, now: datetime) -> Ticket:
    return replace(ticket, reminded_at=now)


def missed(ticket: Ticket) -> Ticket:
    """The first response did not come in time. Its time counts, not ours."""
    return replace(ticket, missed_at=ticket.due_at)


def raised(ticket: Ticket, terms: Terms, calendar: Calendar, now: datetime) -> Ticket:
    """Unresolved for too long."""
    return replace(prioritised(ticket, Priority.HIGH, terms, calendar, now), raised_at=now)


def prioritised(ticket: Ticket, priority: Priority, terms: Terms, calendar: Calendar, now: datetime) -> Ticket:
    """Another priority. A higher one may bring the first response forward, and nothing puts it off."""
    remind, due = terms.due(priority, now, calendar)
    if ticket.answered_at is None and due < ticket.due_at:
        ticket = replace(ticket, due_at=due, remind_at=remind, reminded_at=None)
    return replace(ticket, priority=priority)


def heard(ticket: Ticket, channel: Channel | None, at: datetime, now: datetime) -> Ticket:
    """A word of the customer's: the next one is ours, whatever had become of the ticket."""
    if ticket.state.over:
        ticket = reopened(ticket, now)
    return replace(ticket, state=TicketState.OPEN, words=ticket.words + 1, heard_at=at, heard_by=channel)


def answered(ticket: Ticket, by: str, now: datetime) -> Ticket:
    """A reply of a person's to the customer. To what was resolved it is a last word."""
    state = TicketState.WAITING if ticket.state is TicketState.OPEN else ticket.state
    return replace(spoken_to(ticket, by, now), state=state, replies=ticket.replies + 1)


def spoken_to(ticket: Ticket, by: str, now: datetime) -> Ticket:
    """The customer has heard from a person, be it by phone: the first time is the first response."""
    return ticket if ticket.answered_at else replace(ticket, answered_at=now, answered_by=by)


def not_arrived(ticket: Ticket) -> Ticket:
    """A reply did not reach the customer: nobody need wait for theirs."""
    return replace(ticket, state=TicketState.OPEN) if ticket.state is TicketState.WAITING else ticket


def assigned(ticket: Ticket, to: str) -> Ticket:
    return replace(ticket, assignee=to)


def resolved(ticket: Ticket, by: str, now: datetime) -> Ticket:
    """Settled. A person who settles it has attended to it; what settles by itself was answered by nobody."""
    ticket = ticket if by == BY_ITSELF else spoken_to(ticket, by, now)
    return replace(ticket, state=TicketState.RESOLVED, resolved_at=now, resolved_by=by)


def reopened(ticket: Ticket, now: datetime) -> Ticket:
    return replace(
        ticket,
        state=TicketState.OPEN,
        since=now,
        raised_at=None,
        resolved_at=None,
        resolved_by="",
        closed_at=None,
        reopened=ticket.reopened + 1,
    )


def closed(ticket: Ticket, now: datetime) -> Ticket:
    return replace(ticket, state=TicketState.CLOSED, closed_at=now)


def escalated_again(ticket: Ticket, priority: Priority, terms: Terms, calendar: Calendar, now: datetime) -> Ticket:
    """A second escalation of the same case: one ticket, more urgent."""
    if ticket.state.over:
        ticket = reopened(ticket, now)
    higher = max(priority, ticket.priority.above, key=lambda each: each.rank)
    return prioritised(ticket, higher, terms, calendar, now)


def revives(ticket: Ticket, now: datetime) -> bool:
    """Whether a word of its customer's belongs to it rather than begins another ticket."""
    ended = ticket.closed_at or ticket.resolved_at
    return ended is None or now - ended <= REVIVED


def settles_with_case(ticket: Ticket, terms: Terms) -> bool:
    """Whether the end of its case leaves nothing to answer: nobody has answered, and the customer has asked nothing."""
    return terms.ends_with_case and ticket.unanswered and not ticket.words
