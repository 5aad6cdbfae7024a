"""How each entry of the books and each tax document is taxed, and the taxes that a document states."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AMOUNTS = ("vat_centavos", "isr_centavos", "withheld_vat_centavos")


def upgrade() -> None:
    # Not in batch mode: that copies the table and leaves the triggers behind by which it is append-only.
    op.add_column("ledger_entries", sa.Column("terms", sa.String(), nullable=False, server_default=""))
    op.add_column("tax_documents", sa.Column("terms", sa.String(), nullable=False, server_default=""))
    for name in _AMOUNTS:
        op.add_column("tax_documents", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in reversed(_AMOUNTS):
        op.drop_column("tax_documents", name)
    op.drop_column("tax_documents", "terms")
    op.drop_column("ledger_entries", "terms")
