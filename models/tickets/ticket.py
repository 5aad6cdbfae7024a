"""A ticket as a value: what a customer, a person or a ladder asks of support, and where the answer stands. No text is in it.

Times are UTC instants. What was written lies in the record, sealed (`models.tickets.thread`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.speaking.notices import Channel


class TicketState(StrEnum):
    """Who has the next word."""

    OPEN = "open"  # we
    WAITING = "waiting"  # the customer
    RESOLVED = "resolved"
    CLOSED = "closed"  # nobody; a new word of the customer opens it again

    @property
    def over(self) -> bool:
        """Nobody need act on it."""
        return self in (TicketState.RESOLVED, TicketState.CLOSED)


class Topic(StrEnum):
    """What it is about; the runbook asks for the first two apart."""

    BILLING = "billing"
    ACCESS = "access"  # blocked access
    INVOICE = "invoice"  # tax invoice (CFDI)
    OTHER = "other"


class Priority(StrEnum):
    """How soon it wants an answer."""

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 is the least."""
        return tuple(Priority).index(self)

    @property
    def above(self) -> "Priority":
        """The next one up; the highest is its own."""
        return tuple(Priority)[min(self.rank + 1, len(Priority) - 1)]


class Origin(StrEnum):
    """How it came to be."""

    PERSON = "person"
    MESSAGE = "message"  # a message of the customer's that nobody understood, or that asked for a person
    ACCOUNT = "account"  # the customer's account page
    LADDER = "ladder"  # a step of a dunning policy, or an order to a case


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `id` is unique in the tenant; that of a dunning case's ticket follows from its invoice, so that there is one of it.

    `since`: when it was opened, or reopened last. `due_at`: until when the first response is to be given. `number` counts the entries
    of its thread.
    """

    tenant: str
    id: str
    customer: str
    topic: Topic
    origin: Origin
    opened_at: datetime
    opened_by: str
    since: datetime
    due_at: datetime
    remind_at: datetime
    subscription: str = ""  # by which the customer is written to; empty: they have none
    invoice: str = ""  # of the dunning case
    state: TicketState = TicketState.OPEN
    priority: Priority = Priority.NORMAL
    assignee: str = ""
    reminded_at: datetime | None = None
    missed_at: datetime | None = None
    answered_at: datetime | None = None  # the first response
    answered_by: str = ""
    replies: int = 0
    words: int = 0  # of the customer's
    heard_at: datetime | None = None
    heard_by: Channel | None = None  # None: they wrote on their account page, or not at all
    raised_at: datetime | None = None  # when its priority rose by itself
    resolved_at: datetime | None = None
    resolved_by: str = ""
    closed_at: datetime | None = None
    reopened: int = 0
    number: int = 0
    cause: str = ""  # the last escalation it has heard of
    case_outcome: str = ""  # how its dunning case ended

    @property
    def unanswered(self) -> bool:
        """Somebody is still owed a first response."""
        return self.answered_at is None and not self.state.over


def of_case(invoice: str) -> str:
    """The id of a dunning case's ticket."""
    return f"tk_{invoice}"
