"""What a request with an `Idempotency-Key` was about, which it may not have named: a repeat means the same, whatever has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("about", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("requests") as batch:
        batch.drop_column("about")
