"""Businesses that open an account by themselves, what they accepted, decisions as a log, and when a trial got its card."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signups",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_print", sa.String(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("terms_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id"),
        sa.UniqueConstraint("email_print", name="uq_signups_email"),
    )
    op.create_table(
        "acceptances",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("accepted_at", _INSTANT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "document", "version"),
    )
    op.create_table(
        "decisions",
        sa.Column("tenant_id", sa.String(), sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("outcome_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_decisions_newest", "decisions", ["tenant_id", "at"])
    op.create_index("ix_decisions_subscription", "decisions", ["tenant_id", "subscription_id"])
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.add_column(sa.Column("card_required", sa.Boolean(), nullable=False, server_default=sa.true()))
        subscriptions.add_column(sa.Column("card_at", _INSTANT, nullable=True))
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.alter_column("card_required", server_default=None)
    # Until now nothing began without a card.
    op.execute("UPDATE subscriptions SET card_at = created_at WHERE provider_id <> ''")


def downgrade() -> None:
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.drop_column("card_at")
        subscriptions.drop_column("card_required")
    op.drop_index("ix_decisions_subscription", table_name="decisions")
    op.drop_index("ix_decisions_newest", table_name="decisions")
    for table in ("decisions", "acceptances", "signups"):
        op.drop_table(table)
