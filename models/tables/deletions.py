"""The table of customers' deletions."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import instant, long_text, primary


class DeletionRow(SQLModel, table=True):
    """One deletion of a customer's data. `warnings` and `deleted` are JSON, `certificate` is the JSON that was certified.

    `address` is where the certificate goes, sealed, from the erasure of the customer until it was sent.
    """

    __tablename__ = "deletions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        Index("ix_deletions_customer", "tenant_id", "customer_id", "requested_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    subscription_id: str
    cause: str
    state: str
    requested_at: datetime = instant()
    requested_by: str
    reason: str = long_text()
    day: datetime = instant()
    warnings: str = long_text()
    hindrance: str = long_text()
    look_at: datetime | None = instant(default=None)
    asked_at: datetime | None = instant(default=None)
    reminders: int = 0
    confirmed_at: datetime | None = instant(default=None)
    confirmed_by: str = ""
    deleted: str = long_text()
    erased_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    closed_by: str = ""
    closed_for: str = long_text()
    digest: str = ""
    export_asked_at: datetime | None = instant(default=None)
    export_url: str = long_text()
    export_at: datetime | None = instant(default=None)
    certificate: str = long_text()
    paper: bytes | None = Field(default=None, sa_type=LargeBinary)
    address: str = long_text()
