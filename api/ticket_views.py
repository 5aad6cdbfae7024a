"""Tickets as the API shows them and is asked about them."""

import base64
import re
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, field_validator

from activities.ports.tickets import Listed, Place
from api.deps import ID
from api.orders import Order, Signed
from api.problems import FieldError, invalid
from api.views import Body, View
from models.records import Delivery
from models.speaking.notices import Channel
from models.tickets.thread import Entry, EntryKind, Event
from models.tickets.ticket import Origin, Priority, Ticket, TicketState, Topic

LONGEST = 1_500  # characters of a text: WhatsApp takes 1,600, with the business's name above


class TicketView(View):
    """Where a ticket stands."""

    id: str = Field(examples=["tk_6c1f0a9be27d4410ab12"])
    customer: str
    customer_reference: str = Field(examples=["user-1042"])
    subscription: str
    """By which the customer is written to; empty: they have none."""
    invoice: str
    """Of the dunning case that asked for a person, else empty."""
    topic: Topic
    origin: Origin
    state: TicketState
    priority: Priority
    assignee: str
    """A person's id (`u_…`); empty: nobody's yet."""
    asked: str
    """What was asked, where somebody wrote it down."""
    opened_at: datetime
    opened_by: str
    due_at: datetime
    """Until when the first response is to be given."""
    missed_at: datetime | None
    answered_at: datetime | None
    """When the first response was given."""
    answered_by: str
    replies: int
    heard_at: datetime | None
    """When the customer last wrote here."""
    resolved_at: datetime | None
    resolved_by: str
    closed_at: datetime | None
    reopened: int

    @classmethod
    def of(cls, listed: Listed) -> "TicketView":
        return cls(**_facts(listed))


class EntryView(View):
    """One entry of a thread."""

    id: str
    kind: EntryKind
    at: datetime
    actor: str
    event: Event | None
    detail: str
    text: str
    channel: Channel | None
    """How the customer wrote; of a reply: by which channel alone it was to go."""
    delivery: Delivery | None
    """What became of a reply."""
    delivered_by: Channel | None
    error: str

    @classmethod
    def of(cls, entry: Entry) -> "EntryView":
        return cls(
            id=entry.id,
            kind=entry.kind,
            at=entry.at,
            actor=entry.actor,
            event=entry.event,
            detail=entry.detail,
            text=entry.text,
            channel=entry.channel,
            delivery=entry.delivery,
            delivered_by=entry.by,
            error=entry.error,
        )


class ThreadView(TicketView):
    """A ticket and all that was said and done in it, the oldest first."""

    thread: list[EntryView]

    @classmethod
    def whole(cls, listed: Listed, thread: list[Entry]) -> "ThreadView":
        return cls(**_facts(listed), thread=[EntryView.of(each) for each in thread])


class TicketPage(View):
    """Some tickets."""

    data: list[TicketView]
    next_cursor: str | None
    """Give it as `cursor` for the next page, with the same order; null on the last one."""


def _facts(listed: Listed) -> dict[str, Any]:
    ticket = listed.ticket
    told = {
        name: getattr(ticket, name) for name in TicketView.model_fields if name not in ("customer_reference", "asked")
    }
    return {**told, "customer_reference": listed.reference, "asked": listed.asked}


class Written(Signed):
    """What a person writes. Lines may be broken."""

    text: str = Field(min_length=1, max_length=LONGEST, pattern=r"\S", examples=["Ya quedó registrado tu pago."])

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        told = value.replace("\r\n", "\n")
        if any((ord(c) < 32 and c != "\n") or ord(c) == 127 for c in told):
            raise ValueError("write it without control characters")
        return told


class NewTicket(Written):
    """A person asks for one, because a customer called or something must be looked into."""

    customer_reference: str | None = Field(default=None, pattern=ID, examples=["user-1042"])
    subscription: str | None = Field(default=None, pattern=ID)
    topic: Topic = Topic.OTHER
    priority: Priority = Priority.NORMAL


class NoteOrder(Written):
    """A note for colleagues."""

    spoken: bool = Field(default=False, description="the customer was spoken to: counts as the first response")


class ReplyBody(Written):
    """A reply to the customer."""

    channel: Channel | None = Field(default=None, description="by this one alone; left out: WhatsApp, then the others")
    replies_seen: int | None = Field(
        default=None, ge=0, le=10**6, description="`replies` as you saw it: refused where another has gone out since"
    )


class AssignOrder(Order):
    """Whose it is from now on."""

    assignee: str = Field(
        max_length=64, description="a person's id (`u_…`); empty: nobody's", examples=["u_3kq9fZ0a7xLm"]
    )


class PriorityOrder(Order):
    """How soon it wants an answer."""

    priority: Priority


class SettingsBody(Body):
    """The times of first responses and what follows from them, in the place of all that was set before."""

    normal_minutes: int = Field(default=480, ge=5, le=43_200, examples=[480])
    high_minutes: int = Field(default=240, ge=5, le=43_200, examples=[240])
    urgent_minutes: int = Field(default=60, ge=5, le=43_200, examples=[60])
    opens: int = Field(default=0, ge=0, le=23, description="hour of the day from which the clock runs", examples=[9])
    closes: int = Field(
        default=24, ge=1, le=24, description="hour until which it runs; 0 to 24: round the clock", examples=[18]
    )
    days: list[int] = Field(
        default=[0, 1, 2, 3, 4, 5, 6], min_length=1, max_length=7, description="0 is Monday", examples=[[0, 1, 2, 3, 4]]
    )
    remind: int = Field(default=75, ge=10, le=95, description="per cent of the time after which a reminder goes out")
    raise_hours: int = Field(
        default=72, ge=1, le=720, description="unresolved so long, a normal ticket becomes a high one"
    )
    close_days: int = Field(default=7, ge=1, le=90, description="from resolved to closed")
    ends_with_case: bool = Field(default=True, description="an untouched ticket resolves when its debt is settled")
    from_messages: bool = Field(default=True, description="messages that nobody understood open tickets")


class SettingsView(View):
    """The terms that hold for tickets opened from now on."""

    normal_minutes: int
    high_minutes: int
    urgent_minutes: int
    opens: int
    closes: int
    days: list[int]
    remind: int
    raise_hours: int
    close_days: int
    ends_with_case: bool
    from_messages: bool


class FiguresView(View):
    """Tickets opened in a span of time. Times are by the clock, nights and Sundays included; null where nobody has answered yet."""

    opened: int
    answered: int
    in_time: int
    missed: int
    mean_seconds: float | None
    median_seconds: float | None


def written_place(ticket: Ticket, *, by_clock: bool) -> str:
    """Where a page ended, as text."""
    at = ticket.due_at if by_clock else ticket.opened_at
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{ticket.id}|{int(not ticket.unanswered)}".encode()).decode()


def read_place(text: str) -> Place:
    """A page's cursor. Raises a Problem (422)."""
    try:
        at, name, answered = base64.urlsafe_b64decode(text).decode().split("|")
        instant = datetime.fromisoformat(at)
        if instant.tzinfo and re.fullmatch(ID, name) and answered in ("0", "1"):
            return Place(instant.astimezone(UTC), name, answered == "1")
    except (ValueError, OverflowError):
        pass
    raise invalid([FieldError(field="cursor", message="use the `next_cursor` of the page before, as it is")])
