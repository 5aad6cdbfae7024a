"""The tables of what dunning knows beyond one case: policies, which plan has which, attempts on cards, wishes and replies."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import SQLModel

from models.tables.columns import instant, long_text, primary


class PolicyRow(SQLModel, table=True):
    """One version of a tenant's dunning policy, as it was written. Never changed: cases refer to it by name and version."""

    __tablename__ = "dunning_policies"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    name: str = primary()
    version: int = primary()
    page: str = long_text()
    created_at: datetime = instant()
    actor: str


class AssignmentRow(SQLModel, table=True):
    """Which policy the cases of a plan begin with; an empty plan is every plan without one of its own.

    In an experiment `rival_share` per cent of the subscriptions get the rival policy, by a stable hash.
    """

    __tablename__ = "policy_assignments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "policy", "version"],
            ["dunning_policies.tenant_id", "dunning_policies.name", "dunning_policies.version"],
        ),
    )

    tenant_id: str = primary()
    plan_code: str = primary()
    policy: str
    version: int
    experiment: str = ""
    rival: str = ""
    rival_version: int = 0
    rival_share: int = 0
    assigned_at: datetime = instant()
    actor: str


class CardAttemptRow(SQLModel, table=True):
    """One charge tried on one card, for the networks' budget. `card` is the provider's fingerprint of it."""

    __tablename__ = "card_attempts"
    __table_args__ = (Index("ix_attempts_card", "tenant_id", "card", "at"),)

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    key: str = primary()
    card: str
    invoice: str
    at: datetime = instant()
    hard: bool = False  # the bank said never again


class OptOutRow(SQLModel, table=True):
    """A channel a customer wants no more messages on."""

    __tablename__ = "opt_outs"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),)

    tenant_id: str = primary()
    customer_id: str = primary()
    channel: str = primary()
    since: datetime = instant()
    word: str


class ReplyRow(SQLModel, table=True):
    """What a customer wrote to us. `body` is sealed; `meaning` is what we took it for; a person settles what needs one."""

    __tablename__ = "customer_replies"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        Index("ix_replies_customer", "tenant_id", "customer_id", "received_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    channel: str
    body: str = long_text()
    meaning: str
    received_at: datetime = instant()
    settled_at: datetime | None = instant(default=None)
    settled_by: str = ""
