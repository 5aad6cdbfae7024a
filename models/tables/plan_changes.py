"""The tables of customers' changes of mind: what they confirmed, and what a tenant offers so that they stay."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.tables.columns import belongs_to_subscription, centavos, instant, long_text, primary


class PlanChangeRow(SQLModel, table=True):
    """A confirmed change of plan, or a cancellation. `shown` is JSON."""

    __tablename__ = "plan_changes"
    __table_args__ = (
        belongs_to_subscription(),
        Index("ix_plan_changes_subscription", "tenant_id", "subscription_id", "confirmed_at"),
        Index("ix_plan_changes_effective", "tenant_id", "effective_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    subscription_id: str
    kind: str
    state: str
    plan_before: str
    plan_after: str
    price_before: int = centavos()
    price_after: int = centavos()
    charged: int = centavos()
    currency: str
    confirmed_at: datetime = instant()
    effective_at: datetime = instant()
    actor: str
    reason: str = long_text()
    offer: str = ""
    shown: str = long_text()
    notice: str = ""
    channel: str = ""
    reference: str = ""
    delivered_at: datetime | None = instant(default=None)
    settled_at: datetime | None = instant(default=None)


class StayOfferRow(SQLModel, table=True):
    """What a tenant offers to whoever is about to do `cause`."""

    __tablename__ = "stay_offers"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    cause: str = primary()
    kind: str
    percent: int
    months: int
    days: int
