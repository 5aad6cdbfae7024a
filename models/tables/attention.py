"""The tables of what needs attention, of reconciliation's runs, and of what the provider showed in the last of them."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from models.tables.columns import instant, long_text, primary


class AttentionRow(SQLModel, table=True):
    """A finding over time. `tenant_id` is empty where it is the whole house's."""

    __tablename__ = "attention_findings"
    __table_args__ = (
        Index(
            "ix_attention_open",
            "tenant_id",
            "rule",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )

    tenant_id: str = primary()
    id: str = primary()
    rule: str
    subject: str
    subscription_id: str = ""
    text: str = long_text()
    first_seen: datetime = instant()
    last_seen: datetime = instant()
    seen: int = 1
    repaired_at: datetime | None = instant(default=None)
    resolved_at: datetime | None = instant(default=None)
    alerted_at: datetime | None = instant(default=None)
    acknowledged_at: datetime | None = instant(default=None)
    acknowledged_by: str = ""
    note: str = long_text()


class ReconciliationRow(SQLModel, table=True):
    """One run. `tenant_id` is empty where it was of all tenants."""

    __tablename__ = "reconciliation_runs"
    __table_args__ = (Index("ix_reconciliation_newest", "tenant_id", "started_at"),)

    tenant_id: str = primary()
    id: str = primary()
    dry_run: bool = False
    started_at: datetime = instant()
    since: datetime = instant()
    finished_at: datetime | None = instant(default=None)
    checked: int = 0
    fetched: int = 0
    drift: int = 0
    repaired: int = 0
    open: int = 0
    notes: str = long_text()


class SightingRow(SQLModel, table=True):
    """A subscription or an open invoice as the provider last showed it. Its id is unique in the world; its owner may be nobody."""

    __tablename__ = "provider_sightings"
    __table_args__ = (
        Index("ix_sightings_customer", "customer"),
        Index("ix_sightings_subscription", "tenant_id", "subscription_id"),
        Index("ix_sightings_seen", "seen_at"),
    )

    id: str = primary()
    kind: str
    tenant_id: str = ""
    subscription_id: str = ""
    customer: str = ""
    status: str = ""
    period_start: datetime | None = instant(default=None)
    period_end: datetime | None = instant(default=None)
    cancel_at_period_end: bool = False
    overdue: bool = False
    seen_at: datetime = instant()
