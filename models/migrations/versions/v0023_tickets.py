"""Tickets: where each stands, its thread, and the tenant's terms."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "tickets",
        *(_text(name) for name in ("tenant_id", "id", "customer_id", "subscription_id", "invoice", "topic", "origin")),
        *(_text(name) for name in ("state", "priority", "assignee")),
        _instant("opened_at"),
        _text("opened_by"),
        *(_instant(name) for name in ("since", "due_at", "remind_at")),
        *(_instant(name, nullable=True) for name in ("reminded_at", "missed_at", "answered_at")),
        _text("answered_by"),
        _number("replies"),
        _number("words"),
        _instant("heard_at", nullable=True),
        _text("heard_by"),
        *(_instant(name, nullable=True) for name in ("raised_at", "resolved_at")),
        _text("resolved_by"),
        _instant("closed_at", nullable=True),
        _number("reopened"),
        _number("number"),
        *(_text(name) for name in ("cause", "case_outcome", "opening")),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_tickets_state", "tickets", ["tenant_id", "state", "due_at"])
    op.create_index("ix_tickets_opened", "tickets", ["tenant_id", "opened_at", "id"])
    op.create_index("ix_tickets_customer", "tickets", ["tenant_id", "customer_id", "opened_at"])
    op.create_table(
        "ticket_entries",
        *(_text(name) for name in ("tenant_id", "ticket_id", "id", "customer_id")),
        _number("number"),
        _text("kind"),
        _instant("at"),
        *(_text(name) for name in ("actor", "event", "detail", "channel")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "id"),
    )
    op.create_index("ix_ticket_entries_customer", "ticket_entries", ["tenant_id", "customer_id"])
    op.create_table(
        "ticket_terms",
        _text("tenant_id"),
        *(_number(name) for name in ("normal_minutes", "high_minutes", "urgent_minutes", "opens", "closes")),
        _text("days_open"),
        *(_number(name) for name in ("remind", "raise_hours", "close_days")),
        sa.Column("ends_with_case", sa.Boolean(), nullable=False),
        sa.Column("from_messages", sa.Boolean(), nullable=False),
        _instant("set_at"),
        _text("actor"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.PrimaryKeyConstraint("tenant_id"),
    )


def downgrade() -> None:
    op.drop_table("ticket_terms")
    op.drop_table("ticket_entries")
    op.drop_table("tickets")
