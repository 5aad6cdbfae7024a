"""What a clinic has: pets, a subscription of a customer for each of them, bills of what was sold once, and how they are invoiced."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0019"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_ALIVE = "status <> 'canceled'"
_OWN = f"{_ALIVE} AND kind = 'subscription'"


def upgrade() -> None:
    with op.batch_alter_table("tenants") as tenants:
        tenants.add_column(sa.Column("bill_days", sa.Integer(), nullable=False, server_default="7"))
        tenants.add_column(sa.Column("bill_invoicing", sa.String(), nullable=False, server_default="on_request"))
    with op.batch_alter_table("tenants") as tenants:
        for column in ("bill_days", "bill_invoicing"):
            tenants.alter_column(column, server_default=None)
    op.drop_index("uq_subscriptions_alive", "subscriptions")
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="subscription"))
        subscriptions.add_column(sa.Column("pet_id", sa.String(), nullable=False, server_default=""))
        subscriptions.add_column(sa.Column("instalments", sa.Integer(), nullable=False, server_default="0"))
        subscriptions.alter_column("plan_code", existing_type=sa.String(), nullable=True)
    with op.batch_alter_table("subscriptions") as subscriptions:
        for column in ("kind", "pet_id", "instalments"):
            subscriptions.alter_column(column, server_default=None)
    _unique(["tenant_id", "customer_id", "pet_id"], _OWN)
    op.create_table(
        "pets",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_pets_customer", "pets", ["tenant_id", "customer_id", "created_at"])
    op.create_table(
        "bills",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("pet_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("total_centavos", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("invoicing", sa.String(), nullable=False),
        sa.Column("invoice", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=True),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("pay_url", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "id"], ["subscriptions.tenant_id", "subscriptions.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_bills_newest", "bills", ["tenant_id", "created_at", "id"])
    op.create_index("ix_bills_customer", "bills", ["tenant_id", "customer_id", "created_at"])


def downgrade() -> None:
    """Refused where there are bills, or customers with several subscriptions: the version before cannot hold them."""
    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT count(*) FROM bills")):
        raise RuntimeError("there are bills, which the version before does not know: keep this one")
    several = (
        "SELECT 1 FROM subscriptions WHERE status <> 'canceled' GROUP BY tenant_id, customer_id HAVING count(*) > 1"
    )
    if connection.execute(sa.text(several)).first():
        raise RuntimeError(
            "customers have several subscriptions, which the version before does not know: keep this one"
        )
    op.drop_table("bills")
    op.drop_table("pets")
    op.drop_index("uq_subscriptions_alive", "subscriptions")
    with op.batch_alter_table("subscriptions") as subscriptions:
        for column in ("kind", "pet_id", "instalments"):
            subscriptions.drop_column(column)
        subscriptions.alter_column("plan_code", existing_type=sa.String(), nullable=False)
    _unique(["tenant_id", "customer_id"], _ALIVE)
    with op.batch_alter_table("tenants") as tenants:
        for column in ("bill_days", "bill_invoicing"):
            tenants.drop_column(column)


def _unique(columns: list[str], where: str) -> None:
    op.create_index(
        "uq_subscriptions_alive",
        "subscriptions",
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
