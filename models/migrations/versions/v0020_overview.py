"""Indexes for the console: the newest messages, what came in on a day, and what is next."""

from alembic import op

revision = "0020"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notices_newest", "notices", ["tenant_id", "requested_at"])
    op.create_index("ix_payments_paid", "payments", ["tenant_id", "paid_at"])
    op.create_index("ix_subscriptions_next", "subscriptions", ["tenant_id", "next_action_at"])


def downgrade() -> None:
    op.drop_index("ix_subscriptions_next", "subscriptions")
    op.drop_index("ix_payments_paid", "payments")
    op.drop_index("ix_notices_newest", "notices")
