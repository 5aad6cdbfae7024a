"""What a tenant sells as a catalogue: more about plans, services and products, what the provider was told, and how much was used."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _plan_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.String(), nullable=False, server_default="plan"),
        sa.Column("tier", sa.String(), nullable=False, server_default=""),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("card_required", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("unit_key", sa.String(), nullable=False, server_default="E48"),
        sa.Column("highest_centavos", sa.BigInteger(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False, server_default=""),
        sa.Column("archived_at", _INSTANT, nullable=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table("plans") as plans:
        for column in _plan_columns():
            plans.add_column(column)
    with op.batch_alter_table("plans") as plans:
        for column in _plan_columns():
            if column.server_default is not None:
                plans.alter_column(column.name, server_default=None)
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.add_column(sa.Column("price_centavos", sa.BigInteger(), nullable=True))
    # Until now everybody paid what the plan cost; from now on a plan may cost others more.
    op.execute(
        "UPDATE subscriptions SET price_centavos = (SELECT p.price_centavos FROM plans p"
        " WHERE p.tenant_id = subscriptions.tenant_id AND p.code = subscriptions.plan_code)"
    )
    op.create_table(
        "catalogs",
        sa.Column("tenant_id", sa.String(), sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("applied_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "catalog_items",
        sa.Column("tenant_id", sa.String(), sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_key", sa.String(), nullable=False),
        sa.Column("unit_key", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "code"),
    )
    op.create_table(
        "catalog_listings",
        sa.Column("tenant_id", sa.String(), sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("centavos", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("interval", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    subscription = ["tenant_id", "subscription_id"], ["subscriptions.tenant_id", "subscriptions.id"]
    op.create_table(
        "usage_events",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(*subscription),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    op.create_index("ix_usage_subscription", "usage_events", ["tenant_id", "subscription_id", "meter", "at"])
    op.create_table(
        "usage_counters",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(*subscription),
        sa.PrimaryKeyConstraint("tenant_id", "subscription_id", "meter", "window"),
    )


def downgrade() -> None:
    for table in ("usage_counters", "usage_events", "catalog_listings", "catalog_items", "catalogs"):
        op.drop_table(table)
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.drop_column("price_centavos")
    with op.batch_alter_table("plans") as plans:
        for column in _plan_columns():
            plans.drop_column(column.name)
