"""How the console says what happened to a ticket, and how long there is to answer it."""

from collections.abc import Mapping

from api.console.telling import Teller
from api.console.visitor import Visitor
from models.collecting.cases import Outcome
from models.tickets.thread import Entry, EntryKind, Event
from models.tickets.ticket import Origin, Priority, Ticket
from models.words import Words

KINDS: Mapping[EntryKind, Words] = {
    EntryKind.CUSTOMER: Words("Escribió", "Wrote"),
    EntryKind.REPLY: Words("Respuesta al cliente", "Reply to the customer"),
    EntryKind.NOTE: Words("Nota interna", "Note for colleagues"),
}
EVENTS: Mapping[Event, Words] = {
    Event.OPENED: Words("Se abrió", "Opened"),
    Event.ASSIGNED: Words("Asignado", "Assigned"),
    Event.PRIORITY: Words("Cambió la prioridad", "Priority changed"),
    Event.RAISED: Words("Subió de prioridad: lleva mucho sin resolverse", "Priority raised: unresolved for long"),
    Event.ESCALATED: Words("El caso pidió otra vez a una persona", "Its case asked for a person again"),
    Event.REMINDED: Words("Se avisó que falta poco para contestar", "A reminder to answer went out"),
    Event.MISSED: Words("Nadie contestó a tiempo", "Nobody answered in time"),
    Event.RESOLVED: Words("Resuelto", "Resolved"),
    Event.REOPENED: Words("Se abrió de nuevo", "Opened again"),
    Event.CLOSED: Words("Cerrado", "Closed"),
    Event.CASE_ENDED: Words("Terminó su caso de cobranza", "Its collection case ended"),
    Event.NOT_DELIVERED: Words("La respuesta no llegó", "The reply did not arrive"),
}


def said(entry: Entry, visitor: Visitor) -> str:
    """What an entry is."""
    words = EVENTS[entry.event] if entry.event else KINDS[entry.kind]
    return words.in_(visitor.language)


def detailed(entry: Entry, visitor: Visitor, people: Mapping[str, str], tell: Teller) -> str:
    """What more an event says: to whom, how urgent, how the case ended."""
    match entry.event:
        case Event.ASSIGNED:
            return people.get(entry.detail, entry.detail) or visitor.say("a nadie", "to nobody")
        case Event.PRIORITY | Event.RAISED | Event.ESCALATED:
            return tell.word(Priority(entry.detail))
        case Event.CASE_ENDED:
            return tell.word(Outcome(entry.detail))
        case Event.OPENED:
            return tell.word(Origin(entry.detail))
        case Event.NOT_DELIVERED:
            return entry.detail
    return visitor.say("Se habló con el cliente", "The customer was spoken to") if entry.detail == "spoken" else ""


def clock(ticket: Ticket, visitor: Visitor) -> tuple[str, str]:
    """How the first response stands: words, before the time of `tell.ago(due_at)` where it is still owed, and a mood."""
    if ticket.answered_at is not None:
        late = ticket.missed_at is not None
        return (
            (visitor.say("Contestado tarde", "Answered late"), "warn")
            if late
            else (
                visitor.say("Contestado a tiempo", "Answered in time"),
                "good",
            )
        )
    if ticket.state.over:
        return visitor.say("Terminó sin respuesta", "Ended without an answer"), "wait"
    if visitor.now >= ticket.due_at:
        return visitor.say("Venció", "Was due"), "bad"
    near = visitor.now >= ticket.remind_at
    return visitor.say("Contestar", "Answer"), "warn" if near else "info"
