"""The tables of the books: entries, each of which moves centavos between two accounts, and where each tenant's chain ends."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import centavos, instant, long_text, primary


class LedgerRow(SQLModel, table=True):
    """One move of a fact. Rows are added, never changed; `seq` is their place in the tenant's chain, `previous` and `hash` its links."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        # A row takes from one account what it gives to the other, so that no set of rows can fail to sum to zero.
        CheckConstraint("centavos > 0", name="ck_ledger_positive"),
        CheckConstraint("debit <> credit", name="ck_ledger_two_accounts"),
        UniqueConstraint("tenant_id", "fact", "line", name="uq_ledger_fact"),
        Index("ix_ledger_invoice", "tenant_id", "invoice"),
        Index("ix_ledger_subscription", "tenant_id", "subscription_id", "seq"),
    )

    tenant_id: str = primary()
    seq: int = primary()
    fact: str
    line: int
    kind: str
    subject: str
    subscription_id: str
    invoice: str
    charge: str
    debit: str
    credit: str
    centavos: int = centavos()
    currency: str
    at: datetime = instant()
    recorded_at: datetime = instant()
    actor: str
    reason: str = long_text()
    source: str
    terms: str = Field(default="", sa_column_kwargs={"server_default": ""})
    previous: str
    hash: str


class ChainHeadRow(SQLModel, table=True):
    """Where a tenant's chain ends. Writers take turns on this row; `seal` is a keyed hash of it, empty when none was made yet."""

    __tablename__ = "chain_heads"

    tenant_id: str = primary()
    seq: int
    hash: str
    seal: str = ""
