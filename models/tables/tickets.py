"""The tables of tickets: where each stands, what was said and done in it, and the tenant's terms."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from models.tables.columns import instant, long_text, primary


class TicketRow(SQLModel, table=True):
    """One ticket, as its process last wrote it. `opening` is the entry that holds what was asked."""

    __tablename__ = "tickets"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        Index("ix_tickets_state", "tenant_id", "state", "due_at"),
        Index("ix_tickets_opened", "tenant_id", "opened_at", "id"),
        Index("ix_tickets_customer", "tenant_id", "customer_id", "opened_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    subscription_id: str = ""
    invoice: str = ""
    topic: str
    origin: str
    state: str
    priority: str
    assignee: str = ""
    opened_at: datetime = instant()
    opened_by: str
    since: datetime = instant()
    due_at: datetime = instant()
    remind_at: datetime = instant()
    reminded_at: datetime | None = instant(default=None)
    missed_at: datetime | None = instant(default=None)
    answered_at: datetime | None = instant(default=None)
    answered_by: str = ""
    replies: int = 0
    words: int = 0
    heard_at: datetime | None = instant(default=None)
    heard_by: str = ""
    raised_at: datetime | None = instant(default=None)
    resolved_at: datetime | None = instant(default=None)
    resolved_by: str = ""
    closed_at: datetime | None = instant(default=None)
    reopened: int = 0
    number: int = 0
    cause: str = ""
    case_outcome: str = ""
    opening: str = ""


class TicketEntryRow(SQLModel, table=True):
    """One entry of a ticket's thread. `text` is sealed; `number` 0 is a draft: written before its process has agreed to it."""

    __tablename__ = "ticket_entries"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        Index("ix_ticket_entries_customer", "tenant_id", "customer_id"),
    )

    tenant_id: str = primary()
    ticket_id: str = primary()
    id: str = primary()
    customer_id: str
    number: int = 0
    kind: str
    at: datetime = instant()
    actor: str
    event: str = ""
    detail: str = ""
    channel: str = ""
    text: str = long_text()


class TicketTermsRow(SQLModel, table=True):
    """A tenant's terms for tickets. Minutes, hours and days as they are named; `days_open` are weekdays as digits, 0 is Monday."""

    __tablename__ = "ticket_terms"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    normal_minutes: int
    high_minutes: int
    urgent_minutes: int
    opens: int
    closes: int
    days_open: str
    remind: int
    raise_hours: int
    close_days: int
    ends_with_case: bool = Field(default=True)
    from_messages: bool = Field(default=True)
    set_at: datetime = instant()
    actor: str
