"""The tables of what is known of customers beside their accounts: people, what happened, what may come, what is to be done.

Text that people write, names and how to reach somebody are sealed. What is found by them is found by keyed digests.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.tables.columns import centavos, instant, long_text, primary, unique_where_filled


def _belongs_to_customer() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"])


class ProfileRow(SQLModel, table=True):
    """A customer as lists show them (`models.crm.profile`), written with every record that changes it.

    `rfc_print` keeps their RFC unique; `key_id` names the key that it and their search terms were made with, empty before they were.
    """

    __tablename__ = "customer_profiles"
    __table_args__ = (
        _belongs_to_customer(),
        unique_where_filled("uq_profiles_rfc", "rfc_print"),
        Index("ix_profiles_value", "tenant_id", "worth_centavos", "customer_id"),
        Index("ix_profiles_next", "tenant_id", "next_invoice_at", "customer_id"),
        Index("ix_profiles_active", "tenant_id", "last_activity_at", "customer_id"),
        Index("ix_profiles_risk", "tenant_id", "default_risk", "customer_id"),
        Index("ix_profiles_state", "tenant_id", "state", "worth_centavos", "customer_id"),
        Index("ix_profiles_level", "tenant_id", "risk", "worth_centavos", "customer_id"),
        Index(
            "ix_profiles_owing",
            "tenant_id",
            "owed_since",
            sqlite_where=text("owed_since IS NOT NULL"),
            postgresql_where=text("owed_since IS NOT NULL"),
        ),
        Index("ix_profiles_review", "review_at"),
    )

    tenant_id: str = primary()
    customer_id: str = primary()
    since: datetime = instant()
    state: str
    currency: str
    worth_centavos: int = centavos()
    invoices: int
    average_centavos: int = centavos()
    last_purchase_at: datetime | None = instant(default=None)
    next_invoice_at: datetime | None = instant(default=None)
    next_invoice_centavos: int = centavos()
    owed_centavos: int = centavos()
    owed_since: datetime | None = instant(default=None)
    health: int
    default_risk: int
    churn_risk: int
    risk: str
    advice: str
    review_at: datetime = instant()
    last_activity_at: datetime = instant()
    rfc_print: str = ""
    key_id: str = ""


class SearchTermRow(SQLModel, table=True):
    """That a customer is found by a term: the first eight bytes of its HMAC, as a number."""

    __tablename__ = "customer_search_terms"
    __table_args__ = (_belongs_to_customer(), Index("ix_search_terms_customer", "tenant_id", "customer_id"))

    tenant_id: str = primary()
    term: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: str = primary()


class PersonRow(SQLModel, table=True):
    """A person at a customer. `details` is sealed JSON: name, email, phone."""

    __tablename__ = "customer_contacts"
    __table_args__ = (_belongs_to_customer(), Index("ix_contacts_customer", "tenant_id", "customer_id"))

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    role: str
    main: bool
    details: str = long_text()
    created_at: datetime = instant()


class ActivityRow(SQLModel, table=True):
    """What happened with a customer. `detail` is JSON without personal data; `text`, which people wrote, is sealed."""

    __tablename__ = "customer_activities"
    __table_args__ = (
        _belongs_to_customer(),
        Index("ix_activities_customer", "tenant_id", "customer_id", "at", "id"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    kind: str
    at: datetime = instant()
    author: str
    direction: str
    minutes: int
    what: str
    detail: str = long_text()
    text: str = long_text()


class OpportunityRow(SQLModel, table=True):
    """What a customer may buy. `name` is sealed: it may be anything."""

    __tablename__ = "customer_opportunities"
    __table_args__ = (
        _belongs_to_customer(),
        Index("ix_opportunities_customer", "tenant_id", "customer_id"),
        Index("ix_opportunities_closing", "tenant_id", "stage", "closes", "id"),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    name: str = long_text()
    amount_centavos: int = centavos()
    currency: str
    probability: int
    closes: date
    stage: str
    author: str
    created_at: datetime = instant()
    closed_at: datetime | None = instant(default=None)


class TaskRow(SQLModel, table=True):
    """What is to be done for a customer. `text` is sealed."""

    __tablename__ = "customer_tasks"
    __table_args__ = (
        _belongs_to_customer(),
        Index("ix_tasks_customer", "tenant_id", "customer_id", "due_at"),
        Index(
            "ix_tasks_open",
            "tenant_id",
            "due_at",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    tenant_id: str = primary()
    id: str = primary()
    customer_id: str
    text: str = long_text()
    due_at: datetime = instant()
    assignee: str
    author: str
    created_at: datetime = instant()
    done_at: datetime | None = instant(default=None)
    done_by: str = ""


RECORD = (
    ProfileRow,
    SearchTermRow,
    PersonRow,
    ActivityRow,
    OpportunityRow,
    TaskRow,
)  # all that is kept of a customer here
