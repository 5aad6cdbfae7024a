"""Whether an issuer invoices before it is paid."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issuers") as table:
        table.add_column(sa.Column("payment_method", sa.String(), nullable=False, server_default="PUE"))


def downgrade() -> None:
    with op.batch_alter_table("issuers") as table:
        table.drop_column("payment_method")
