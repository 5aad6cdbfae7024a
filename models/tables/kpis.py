"""The tables of the business's figures: what each subscription was on which days, each day's figures, alerts, reviews and evidence."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import UtcDateTime, centavos, instant, long_text, primary


class StatusSpanRow(SQLModel, table=True):
    """A subscription was this from one day (inside) until another (outside), both on the tenant's clock.

    One row for each time it changed rather than one for each day: a hundred thousand subscriptions that stay as they are cost nothing.
    """

    __tablename__ = "status_spans"
    __table_args__ = (Index("ix_spans_until", "tenant_id", "subscription_id", "until_day"),)

    tenant_id: str = primary()
    subscription_id: str = primary()
    from_day: date = primary(sa_type=Date)
    until_day: date = Field(sa_type=Date)
    status: str
    plan_code: str
    price_centavos: int = centavos()
    currency: str
    interval: str


class SnapshotRow(SQLModel, table=True):
    """The snapshot of a day: when it was taken, of how many subscriptions, and how many days before it have none."""

    __tablename__ = "snapshots"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    day: date = primary(sa_type=Date)
    taken_at: datetime = instant()
    subscriptions: int
    changed: int
    missed: int = 0
    measured_at: datetime | None = instant(default=None)


class FigureRow(SQLModel, table=True):
    """A figure of a day, as it stood when the day's snapshot was taken. `currency` is empty where it is no money's."""

    __tablename__ = "kpi_figures"

    tenant_id: str = primary()
    kpi: str = primary()
    currency: str = primary()
    day: date = primary(sa_type=Date)
    numerator: int = Field(sa_type=BigInteger)
    denominator: int = Field(sa_type=BigInteger)
    since: date | None = Field(default=None, sa_type=Date)


class AlertSettingsRow(SQLModel, table=True):
    """When a tenant is alerted and where. `thresholds` is JSON; `addresses`, sealed, is JSON: e-mails and phones."""

    __tablename__ = "alert_settings"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    thresholds: str = long_text()
    addresses: str = long_text()
    webhook: bool = True
    updated_at: datetime = instant()
    updated_by: str = ""


class AlertDeliveryRow(SQLModel, table=True):
    """An alert on its way to one address. `place` is the address's fingerprint; a finding that is raised anew is delivered anew."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (Index("ix_alert_deliveries_due", "state", "due_at"),)

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    finding: str = primary()
    raised_at: datetime = primary(sa_type=UtcDateTime)
    channel: str = primary()
    place: str = primary()
    state: str
    attempts: int = 0
    due_at: datetime = instant()
    settled_at: datetime | None = instant(default=None)
    error: str = ""


class EvidenceRow(SQLModel, table=True):
    """A round of evidence, made once and kept as it was: the file, its SHA-256, and the days it speaks of (both inside)."""

    __tablename__ = "evidence_rounds"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    name: str = primary()
    since: date = Field(sa_type=Date)
    until: date = Field(sa_type=Date)
    made_at: datetime = instant()
    made_by: str
    sha256: str
    size: int
    content: bytes = Field(sa_type=LargeBinary)


class ReviewRow(SQLModel, table=True):
    """The review of a week (`2026-W47`), as it was sent. `content` is JSON, without personal data."""

    __tablename__ = "weekly_reviews"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    week: str = primary()
    made_at: datetime = instant()
    content: str = long_text()
    sent_at: datetime | None = instant(default=None)
    recipients: int = 0


class TrafficRow(SQLModel, table=True):
    """What one process of the API answered in a short time. `tenant_id` is empty: it is the whole house's. `buckets` is JSON."""

    __tablename__ = "api_traffic"
    __table_args__ = (Index("ix_traffic_at", "at"),)

    tenant_id: str = primary()
    process: str = primary()
    at: datetime = primary(sa_type=UtcDateTime)
    requests: int
    errors: int
    buckets: str = long_text()
