"""Why an order to a ticket is refused; NONE where it may be carried out."""

from models.collecting.orders import unsigned
from models.messages import Command
from models.refusals import NONE, Refusal, Why
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority
from models.tickets.ticket import Ticket, TicketState


class TicketWhy(Why):
    """Orders to a ticket."""

    CLOSED = ("Este ticket está cerrado: reábrelo primero", "this ticket is closed: reopen it first")
    ASSIGNED = ("Ya es de esa persona", "assignee: it is theirs already")
    UNASSIGNED = ("Ya no es de nadie", "assignee: it is nobody's already")
    NO_TEXT = ("Escribe algo", "text: write something")
    NO_WAY_TO_WRITE = (
        "Este cliente no tiene suscripción ni cuenta por la cual escribirle: llámale, y anótalo",
        "this customer has no subscription or bill by which we could write to them: call them, and note it",
    )
    ANSWERED = (
        "Alguien contestó después de que abriste esta página: lee la conversación y luego envía tu respuesta",
        "somebody has answered since you looked: read the thread, then send yours",
    )
    SAME_PRIORITY = ("Ya tiene esa prioridad", "priority: it is {priority} already")
    RESOLVED = ("Ya está resuelto", "it is resolved already")
    OPEN = ("Ya está abierto", "it is open already")
    CLOSED_ALREADY = ("Ya está cerrado", "it is closed already")


def cannot(ticket: Ticket, order: Command) -> Refusal:
    """What keeps any order but `reopen` from an open ticket."""
    return unsigned(order) or (TicketWhy.CLOSED() if ticket.state is TicketState.CLOSED else NONE)


def cannot_assign(ticket: Ticket, order: Assign) -> Refusal:
    if order.to != ticket.assignee:
        return cannot(ticket, order)
    return cannot(ticket, order) or (TicketWhy.ASSIGNED() if order.to else TicketWhy.UNASSIGNED())


def cannot_note(ticket: Ticket, order: Note) -> Refusal:
    return cannot(ticket, order) or (NONE if order.entry else TicketWhy.NO_TEXT())


def cannot_reply(ticket: Ticket, order: ReplyOrder) -> Refusal:
    if why := cannot(ticket, order):
        return why
    if not order.entry:
        return TicketWhy.NO_TEXT()
    if not ticket.subscription:
        return TicketWhy.NO_WAY_TO_WRITE()
    if order.seen is not None and order.seen < ticket.replies:
        return TicketWhy.ANSWERED()
    return NONE


def cannot_set_priority(ticket: Ticket, order: SetPriority) -> Refusal:
    same = TicketWhy.SAME_PRIORITY(priority=ticket.priority) if order.priority is ticket.priority else NONE
    return cannot(ticket, order) or same


def cannot_resolve(ticket: Ticket, order: Command) -> Refusal:
    return cannot(ticket, order) or (TicketWhy.RESOLVED() if ticket.state is TicketState.RESOLVED else NONE)


def cannot_reopen(ticket: Ticket, order: Command) -> Refusal:
    return unsigned(order) or (NONE if ticket.state.over else TicketWhy.OPEN())


def cannot_close(ticket: Ticket, order: Command) -> Refusal:
    return unsigned(order) or (TicketWhy.CLOSED_ALREADY() if ticket.state is TicketState.CLOSED else NONE)
