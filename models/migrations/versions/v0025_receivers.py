"""Tax documents are found by their receiver's RFC without opening them: a keyed digest of it, filled for those that are there."""

import contextlib

import sqlalchemy as sa
from alembic import context, op

from models.migrations.run import KeyringNeeded
from models.safekeeping.keyring import Keyring, Unsealable
from models.tables.sealed import RECEIVER, receiver_prints

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None

_BATCH = 1_000
_ROWS = sa.table("tax_documents", *(sa.column(name) for name in ("tenant_id", "key", "receiver_rfc", "rfc_print")))


def upgrade() -> None:
    op.add_column("tax_documents", sa.Column("rfc_print", sa.String(), nullable=False, server_default=""))
    _fill()
    op.create_index("ix_documents_rfc", "tax_documents", ["tenant_id", "rfc_print", "issued_at"])


def downgrade() -> None:
    op.drop_index("ix_documents_rfc", "tax_documents")
    with op.batch_alter_table("tax_documents") as batch:
        batch.drop_column("rfc_print")


def _fill() -> None:
    """Some at a time, in the order of their key. One that no key opens is found by its folio and its date, as before."""
    connection, its = op.get_bind(), _ROWS.c
    query = sa.select(_ROWS).where(its.receiver_rfc != "").order_by(its.tenant_id, its.key).limit(_BATCH)
    rows = connection.execute(query).all()
    change = (
        sa.update(_ROWS)
        .where(its.tenant_id == sa.bindparam("tenant"), its.key == sa.bindparam("document"))
        .values(rfc_print=sa.bindparam("print"))
    )
    while rows:
        keyring = context.config.attributes.get("keyring")
        if not isinstance(keyring, Keyring):
            raise KeyringNeeded
        prints = []
        for row in rows:
            with contextlib.suppress(Unsealable):
                rfc = RECEIVER.open(keyring, row.receiver_rfc, (row.tenant_id, row.key))
                found = receiver_prints(keyring, row.tenant_id, rfc)[0]
                prints.append({"tenant": row.tenant_id, "document": row.key, "print": found})
        if prints:
            connection.execute(change, prints)
        beyond = sa.tuple_(its.tenant_id, its.key) > sa.tuple_(rows[-1].tenant_id, rows[-1].key)
        rows = connection.execute(query.where(beyond)).all()
