"""The double-entry ledger, and the chain that makes a tampered row of it or of the audit detectable."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from models.bookkeeping.chain import START, Book, digest

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("audit_entries", "ledger_entries")
_ADDED = ("source", "before", "after")
_LINKS = ("seq", "previous", "hash")
_BATCH = 500


def upgrade() -> None:
    kept = _audit_rows()
    op.drop_table("audit_entries")
    op.create_table(
        "audit_entries",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        *_story(),
        *(sa.Column(name, sa.String() if name == "source" else sa.Text(), nullable=False) for name in _ADDED),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_audit_key"),
    )
    op.create_index("ix_audit_subscription", "audit_entries", ["tenant_id", "subscription_id", "seq"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("invoice", sa.String(), nullable=False),
        sa.Column("charge", sa.String(), nullable=False),
        sa.Column("debit", sa.String(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.Column("centavos", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("centavos > 0", name="ck_ledger_positive"),
        sa.CheckConstraint("debit <> credit", name="ck_ledger_two_accounts"),
        sa.PrimaryKeyConstraint("tenant_id", "seq"),
        sa.UniqueConstraint("tenant_id", "fact", "line", name="uq_ledger_fact"),
    )
    op.create_index("ix_ledger_invoice", "ledger_entries", ["tenant_id", "invoice"], unique=False)
    op.create_index("ix_ledger_subscription", "ledger_entries", ["tenant_id", "subscription_id", "seq"], unique=False)
    op.create_table(
        "chain_heads",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    _chain(kept)
    for statement in _refusals():
        op.execute(statement)


def downgrade() -> None:
    for statement in _permissions():
        op.execute(statement)
    kept = _audit_rows()
    op.drop_table("chain_heads")
    op.drop_table("ledger_entries")
    op.drop_table("audit_entries")
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        *_story(),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_audit_key"),
    )
    op.create_index("ix_audit_subscription", "audit_entries", ["tenant_id", "subscription_id", "seq"], unique=False)
    _insert(
        "audit_entries",
        [{name: value for name, value in row.items() if name not in (*_ADDED, *_LINKS)} for row in kept],
    )


def _story() -> Sequence[sa.Column[Any]]:
    """The columns of the audit that both releases have."""
    return (
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )


def _table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())


def _audit_rows() -> list[Mapping[str, Any]]:
    table = _table("audit_entries")
    return [dict(row) for row in op.get_bind().execute(table.select().order_by(table.c.seq)).mappings()]


def _insert(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    table = _table(name)
    for first in range(0, len(rows), _BATCH):
        op.get_bind().execute(table.insert(), [dict(row) for row in rows[first : first + _BATCH]])


def _chain(kept: Sequence[Mapping[str, Any]]) -> None:
    """Give every row of the audit its place in its tenant's chain, in the order in which they were written."""
    ends: dict[str, tuple[int, str]] = {}
    rows = []
    for known in kept:
        tenant = str(known["tenant_id"])
        place, previous = ends.get(tenant, (0, START))
        row = {**{name: value for name, value in known.items() if name != "seq"}, **dict.fromkeys(_ADDED, "")}
        told = digest(Book.AUDIT, {**row, "at": _utc(known["at"])}, previous)
        ends[tenant] = (place + 1, told)
        rows.append({**row, "seq": place + 1, "previous": previous, "hash": told})
    _insert("audit_entries", rows)
    heads = [{"tenant_id": tenant, "seq": seq, "hash": told, "seal": ""} for tenant, (seq, told) in ends.items()]
    _insert("chain_heads", heads)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _refusals() -> Sequence[str]:
    """Triggers by which the database itself refuses to change or delete what was written."""
    if op.get_bind().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in _APPEND_ONLY
            for verb in ("update", "delete")
        ]
    return [
        "CREATE FUNCTION perdura_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION perdura_append_only()"
            for table in _APPEND_ONLY
        ),
    ]


def _permissions() -> Sequence[str]:
    if op.get_bind().dialect.name == "sqlite":
        return [f"DROP TRIGGER {table}_no_{verb}" for table in _APPEND_ONLY for verb in ("update", "delete")]
    return [
        *(f"DROP TRIGGER {table}_append_only ON {table}" for table in _APPEND_ONLY),
        "DROP FUNCTION perdura_append_only()",
    ]
