"""The tables of what was said and done: messages sent, events received, the audit, decisions."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import SQLModel

from models.tables.columns import belongs_to_subscription, instant, long_text, primary


class NoticeRow(SQLModel, table=True):
    """One message on one channel."""

    __tablename__ = "notices"
    __table_args__ = (
        belongs_to_subscription(),
        Index("ix_notices_subscription", "tenant_id", "subscription_id"),
        Index("ix_notices_reference", "reference"),
        Index("ix_notices_newest", "tenant_id", "requested_at"),
    )

    tenant_id: str = primary()
    key: str = primary()
    channel: str = primary()
    kind: str
    subscription_id: str
    delivery: str
    body: str = long_text()
    requested_at: datetime = instant()
    reference: str = ""
    error: str = long_text()
    sent_at: datetime | None = instant(default=None)
    settled_at: datetime | None = instant(default=None)


class InboxRow(SQLModel, table=True):
    """A provider's event as it came. `tenant_id` is empty until its owner is known."""

    __tablename__ = "inbox_events"
    __table_args__ = (
        Index(
            "ix_inbox_pending",
            "received_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    provider: str = primary()
    event: str = primary()
    tenant_id: str = ""
    subscription_id: str = ""
    type: str
    object: str = ""
    payload: str = long_text()
    status: str
    attempts: int = 0
    received_at: datetime = instant()
    delivered_at: datetime | None = instant(default=None)


class AuditRow(SQLModel, table=True):
    """Who did what and why. Rows are added, never changed; `seq` is their place in the tenant's chain, `previous` and `hash` its links."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key", name="uq_audit_key"),
        Index("ix_audit_subscription", "tenant_id", "subscription_id", "seq"),
    )

    tenant_id: str = primary()
    seq: int = primary()
    subscription_id: str
    key: str
    at: datetime = instant()
    actor: str
    action: str
    reason: str = long_text()
    detail: str = long_text()
    source: str = ""
    before: str = long_text()
    after: str = long_text()
    previous: str
    hash: str


class DecisionRow(SQLModel, table=True):
    """What was decided about a subscription (or none), who answers for it, by which channel, on what evidence, and what came of it."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_newest", "tenant_id", "at"),
        Index("ix_decisions_subscription", "tenant_id", "subscription_id"),
    )

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    id: str = primary()
    kind: str
    subscription_id: str
    at: datetime = instant()
    what: str = long_text()
    responsible: str
    channel: str
    evidence: str = long_text()
    outcome: str = long_text()
    outcome_at: datetime | None = instant(default=None)
