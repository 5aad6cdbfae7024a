"""The tables of what a clinic has beside subscriptions: its customers' pets, and bills of what was sold once."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import SQLModel

from models.tables.columns import centavos, instant, long_text, primary


class PetRow(SQLModel, table=True):
    """A customer's animal. `profile` is sealed JSON: name, species, sex, weight, day of birth."""

    __tablename__ = "pets"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        Index("ix_pets_customer", "tenant_id", "customer_id", "created_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    profile: str = long_text()
    created_at: datetime = instant()


class BillRow(SQLModel, table=True):
    """A bill; the row of `subscriptions` with its id says what is owed on it. `lines` is sealed JSON: what a customer bought is theirs."""

    __tablename__ = "bills"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "id"], ["subscriptions.tenant_id", "subscriptions.id"]),
        Index("ix_bills_newest", "tenant_id", "created_at", "id"),
        Index("ix_bills_customer", "tenant_id", "customer_id", "created_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    pet_id: str
    status: str
    lines: str = long_text()
    total_centavos: int = centavos()
    currency: str
    days: int
    invoicing: str
    invoice: str
    created_at: datetime = instant()
    issued_at: datetime | None = instant(default=None)
    due_at: datetime | None = instant(default=None)
    settled_at: datetime | None = instant(default=None)
    pay_url: str = long_text()
    actor: str
