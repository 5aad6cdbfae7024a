"""The tables of what a tenant's own systems are told: events, what numbers them, who hears of them, and each delivery."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import SQLModel

from models.tables.columns import instant, long_text, primary


class EventLineRow(SQLModel, table=True):
    """What numbers events: a subscription, nothing, or the endpoint that is tested. `last` is the number given last."""

    __tablename__ = "event_lines"

    tenant_id: str = primary()
    line: str = primary()
    last: int


class EventRow(SQLModel, table=True):
    """Something that happened, written with the record that it tells of. Never changed."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "line", "sequence", name="uq_events_sequence"),
        Index("ix_events_recorded", "tenant_id", "recorded_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    type: str
    version: int
    line: str
    sequence: int
    subscription_id: str = ""
    at: datetime = instant()
    recorded_at: datetime = instant()
    data: str = long_text()


class EndpointRow(SQLModel, table=True):
    """An address of the tenant's that hears of events. Both secrets are sealed; `types` are joined by spaces, empty for all."""

    __tablename__ = "webhook_endpoints"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    id: str = primary()
    url: str = long_text()
    description: str = ""
    types: str = long_text()
    secret: str = long_text()
    previous_secret: str = long_text()
    previous_until: datetime | None = instant(default=None)
    created_at: datetime = instant()
    last_success_at: datetime | None = instant(default=None)
    disabled_at: datetime | None = instant(default=None)
    disabled_for: str = ""


class DeliveryRow(SQLModel, table=True):
    """One event on its way to one endpoint. `line` and `sequence` are the event's: a line is delivered in its order."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "event"], ["events.tenant_id", "events.id"]),
        ForeignKeyConstraint(["tenant_id", "endpoint"], ["webhook_endpoints.tenant_id", "webhook_endpoints.id"]),
        Index(
            "ix_deliveries_pending",
            "tenant_id",
            "endpoint",
            "line",
            "sequence",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_deliveries_newest", "tenant_id", "recorded_at"),
    )

    tenant_id: str = primary()
    endpoint: str = primary()
    event: str = primary()
    line: str
    sequence: int
    state: str
    recorded_at: datetime = instant()
    due_at: datetime = instant()
    attempts: int = 0
    first_tried_at: datetime | None = instant(default=None)
    last_tried_at: datetime | None = instant(default=None)
    delivered_at: datetime | None = instant(default=None)
    status: int = 0
    error: str = long_text()
