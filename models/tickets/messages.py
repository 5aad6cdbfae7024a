"""What is sent to a ticket's process. Texts are in the record before; here they are named by their entry."""

from dataclasses import dataclass
from datetime import datetime

from models.messages import Command
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel
from models.tickets.terms import Terms
from models.tickets.ticket import Priority, Ticket


@dataclass(frozen=True, slots=True)
class TicketStart:
    """The start of a ticket's process: a new one (`number` 0), one that goes on in a new history, or one that was closed.

    `opening`: the entry that holds what was asked, where there is one. `moves`: after so many a new history begins.
    """

    ticket: Ticket
    terms: Terms
    calendar: Calendar
    opening: str = ""
    moves: int = 200
    heard: tuple[str, ...] = ()  # the entries of the last words of the customer's, each of which counts once


@dataclass(frozen=True, slots=True)
class Word:
    """The customer wrote: the entry that holds it, when (UTC), and how."""

    entry: str
    at: datetime
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """A case asks for a person: since when (UTC), by whom it was ordered, and why. `key` names it, so that it counts once."""

    key: str
    at: datetime
    priority: Priority
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the message that carried a reply."""

    entry: str
    delivery: Delivery
    channel: Channel
    error: str = ""


@dataclass(frozen=True, slots=True)
class EscalateCase(Command):
    """Have a person look at a dunning case."""

    priority: Priority = Priority.HIGH


@dataclass(frozen=True, slots=True)
class Assign(Command):
    """To whom; empty: to nobody."""

    to: str = ""


@dataclass(frozen=True, slots=True)
class Note(Command):
    """A note in an entry. `spoken`: the customer was spoken to, by phone or in person."""

    entry: str = ""
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class ReplyOrder(Command):
    """A reply in an entry. `seen`: how many replies whoever writes had read (None: not said). `channel`: by this one alone."""

    entry: str = ""
    seen: int | None = None
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class SetPriority(Command):
    """How soon it wants an answer from now on."""

    priority: Priority = Priority.NORMAL
