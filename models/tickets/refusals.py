"""Why an order to a ticket is refused: in words, or an empty text where it may be carried out."""

from models.messages import Command
from models.orders import unsigned
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority
from models.tickets.ticket import Ticket, TicketState

_CLOSED = "this ticket is closed: reopen it first"


def cannot(ticket: Ticket, order: Command) -> str:
    """What keeps any order but `reopen` from an open ticket."""
    return unsigned(order) or (_CLOSED if ticket.state is TicketState.CLOSED else "")


def cannot_assign(ticket: Ticket, order: Assign) -> str:
    whose = "is nobody's already" if not order.to else "is theirs already"
    return cannot(ticket, order) or (f"assignee: it {whose}" if order.to == ticket.assignee else "")


def cannot_note(ticket: Ticket, order: Note) -> str:
    return cannot(ticket, order) or ("" if order.entry else "text: write something")


def cannot_reply(ticket: Ticket, order: ReplyOrder) -> str:
    if why := cannot(ticket, order):
        return why
    if not order.entry:
        return "text: write something"
    if not ticket.subscription:
        return "this customer has no subscription or bill by which we could write to them: call them, and note it"
    if order.seen is not None and order.seen < ticket.replies:
        return "somebody has answered since you looked: read the thread, then send yours"
    return ""


def cannot_set_priority(ticket: Ticket, order: SetPriority) -> str:
    same = f"priority: it is {ticket.priority} already" if order.priority is ticket.priority else ""
    return cannot(ticket, order) or same


def cannot_resolve(ticket: Ticket, order: Command) -> str:
    return cannot(ticket, order) or ("it is resolved already" if ticket.state is TicketState.RESOLVED else "")


def cannot_reopen(ticket: Ticket, order: Command) -> str:
    return unsigned(order) or ("" if ticket.state.over else "it is open already")


def cannot_close(ticket: Ticket, order: Command) -> str:
    return unsigned(order) or ("it is closed already" if ticket.state is TicketState.CLOSED else "")
