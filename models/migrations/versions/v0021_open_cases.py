"""Open dunning cases are listed for people: found without reading those that are over."""

from alembic import op

revision = "0021"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cases_open", "dunning_cases", ["tenant_id", "outcome", "next_step_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_open", table_name="dunning_cases")
