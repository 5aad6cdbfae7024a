"""What each subscription was on which days, the figures of each day, alerts and where they go, reviews, evidence, and the API's traffic."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _tenant(*, known: bool = True) -> list[sa.schema.SchemaItem]:
    column = sa.Column("tenant_id", sa.String(), nullable=False)
    return [column, sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"])] if known else [column]


def upgrade() -> None:
    op.create_table(
        "status_spans",
        *_tenant(known=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("plan_code", sa.String(), nullable=False),
        sa.Column("price_centavos", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("interval", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subscription_id", "from_day"),
    )
    op.create_index("ix_spans_until", "status_spans", ["tenant_id", "subscription_id", "until_day"])
    op.create_table(
        "snapshots",
        *_tenant(),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken_at", _INSTANT, nullable=False),
        sa.Column("subscriptions", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("measured_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "day"),
    )
    op.create_table(
        "kpi_figures",
        *_tenant(known=False),
        sa.Column("kpi", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "kpi", "currency", "day"),
    )
    op.create_table(
        "alert_settings",
        *_tenant(),
        sa.Column("thresholds", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Boolean(), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "alert_deliveries",
        *_tenant(),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "finding", "raised_at", "channel", "place"),
    )
    op.create_index("ix_alert_deliveries_due", "alert_deliveries", ["state", "due_at"])
    op.create_table(
        "evidence_rounds",
        *_tenant(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )
    op.create_table(
        "weekly_reviews",
        *_tenant(),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "week"),
    )
    op.create_table(
        "api_traffic",
        *_tenant(known=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("buckets", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "process", "at"),
    )
    op.create_index("ix_traffic_at", "api_traffic", ["at"])


def downgrade() -> None:
    for name in (
        "api_traffic",
        "weekly_reviews",
        "evidence_rounds",
        "alert_deliveries",
        "alert_settings",
        "kpi_figures",
        "snapshots",
        "status_spans",
    ):
        op.drop_table(name)
