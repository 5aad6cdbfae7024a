"""The tables of subscriptions, of collecting, and of the money that arrived."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.tables.columns import belongs_to_subscription, centavos, instant, long_text, primary

_ALIVE = text("status <> 'canceled' AND kind = 'subscription'")


class SubscriptionRow(SQLModel, table=True):
    """The read model of what may owe: a subscription, or (`kind` bill) what was sold once, which has no plan and no period.

    A customer has at most one subscription that is not canceled for each pet, and one for no pet. `provider_id` of a bill is its invoice.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        ForeignKeyConstraint(["tenant_id", "plan_code"], ["plans.tenant_id", "plans.code"]),
        Index(
            "uq_subscriptions_alive",
            "tenant_id",
            "customer_id",
            "pet_id",
            unique=True,
            sqlite_where=_ALIVE,
            postgresql_where=_ALIVE,
        ),
        Index("ix_subscriptions_newest", "tenant_id", "created_at", "id"),
        Index("ix_subscriptions_next", "tenant_id", "next_action_at"),
        Index("ix_subscriptions_provider", "provider_id"),
        Index("ix_subscriptions_checkout", "checkout_session"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    plan_code: str | None  # null: a bill
    status: str
    created_at: datetime = instant()
    updated_at: datetime = instant()
    provider_id: str = ""
    checkout_session: str = ""
    period_start: datetime | None = instant(default=None)
    period_end: datetime | None = instant(default=None)
    trial_end: datetime | None = instant(default=None)
    cancel_at_period_end: bool = False
    due_centavos: int = centavos(0)
    currency: str = "MXN"
    grace_until: datetime | None = instant(default=None)
    next_action: str = long_text()
    next_action_at: datetime | None = instant(default=None)
    degraded: bool = False
    refusal: str = ""
    price_centavos: int | None = Field(default=None, sa_type=BigInteger)
    card_required: bool = True
    card_at: datetime | None = instant(default=None)
    kind: str = "subscription"
    pet_id: str = ""
    instalments: int = 0


class CaseRow(SQLModel, table=True):
    """The read model of a dunning case, one per unpaid invoice."""

    __tablename__ = "dunning_cases"
    __table_args__ = (
        belongs_to_subscription(),
        Index("ix_cases_subscription", "tenant_id", "subscription_id"),
        Index("ix_cases_open", "tenant_id", "outcome", "next_step_at"),
    )

    tenant_id: str = primary()
    invoice: str = primary()
    subscription_id: str
    amount_centavos: int = centavos()
    currency: str
    stage: str
    policy: str
    opened_at: datetime = instant()
    attempts: int = 0
    decline: str = ""
    next_step: str = ""
    next_step_at: datetime | None = instant(default=None)
    suspends_at: datetime | None = instant(default=None)
    paused: bool = False
    pay_url: str = long_text()
    outcome: str | None = None
    paid_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    restored_at: datetime | None = instant(default=None)
    hold: str = ""
    hold_until: datetime | None = instant(default=None)
    first_decline: str = ""
    last_step: str = ""
    escalated_at: datetime | None = instant(default=None)
    deletion_asked_at: datetime | None = instant(default=None)
    experiment: str = ""
    promises: int = 0
    broken_promises: int = 0


class PaymentRow(SQLModel, table=True):
    """Money that arrived."""

    __tablename__ = "payments"
    __table_args__ = (
        belongs_to_subscription(),
        Index("ix_payments_subscription", "tenant_id", "subscription_id"),
        Index("ix_payments_paid", "tenant_id", "paid_at"),
    )

    tenant_id: str = primary()
    charge: str = primary()
    invoice: str
    subscription_id: str
    amount_centavos: int = centavos()
    currency: str
    funding: str
    paid_at: datetime = instant()
