"""What was said and done in a ticket, entry by entry. The text of one lies in the record alone, sealed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.records import Delivery
from models.speaking.notices import Channel


class EntryKind(StrEnum):
    """Who speaks to whom."""

    CUSTOMER = "customer"
    REPLY = "reply"  # a person's, to the customer
    NOTE = "note"  # a person's, for colleagues
    EVENT = "event"


class Event(StrEnum):
    """What happened to a ticket, for those who read its thread."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    PRIORITY = "priority"
    RAISED = "raised"  # unresolved for too long
    ESCALATED = "escalated"  # its case asked for a person once more
    REMINDED = "reminded"
    MISSED = "missed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CASE_ENDED = "case_ended"
    NOT_DELIVERED = "not_delivered"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `number` counts from 1 in its ticket; 0 is a draft, which nobody is shown. No personal data is in `detail`.

    `channel`: how the customer wrote, or by which alone a reply goes. `delivery` and `by`: what became of a reply, on which channel.
    """

    tenant: str
    ticket: str
    id: str
    kind: EntryKind
    at: datetime
    actor: str
    number: int = 0
    event: Event | None = None
    detail: str = ""
    channel: Channel | None = None
    text: str = ""
    delivery: Delivery | None = None
    by: Channel | None = None
    error: str = ""


def notice_key(ticket: str, entry: str) -> str:
    """The key of the message that carries a reply."""
    return f"{ticket}/{entry}"
