"""What is known of customers beside their accounts. Those there are get an empty profile, which the next round fills from the books."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

_OPEN_TASKS, _OWING, _FILLED = sa.text("done_at IS NULL"), sa.text("owed_since IS NOT NULL"), sa.text("rfc_print <> ''")

# Whoever was there before has been since their first account; what follows from the books is derived at once (review_at is long past).
_FILL = """
INSERT INTO customer_profiles (tenant_id, customer_id, since, state, currency, worth_centavos, invoices, average_centavos,
    next_invoice_centavos, owed_centavos, health, default_risk, churn_risk, risk, advice, review_at, last_activity_at, rfc_print, key_id)
SELECT c.tenant_id, c.id, {began},
    'prospect', 'MXN', 0, 0, 0, 0, 0, 50, 0, 0, 'low', 'nothing', '{long_past}', {began}, '', ''
FROM customers c
"""
_BEGAN = """
COALESCE((SELECT MIN(s.created_at) FROM subscriptions s WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.id), CURRENT_TIMESTAMP)
"""


def upgrade() -> None:
    op.create_table(
        "customer_profiles",
        *_of_customer(),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("worth_centavos", sa.BigInteger(), nullable=False),
        sa.Column("invoices", sa.Integer(), nullable=False),
        sa.Column("average_centavos", sa.BigInteger(), nullable=False),
        sa.Column("last_purchase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_invoice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_invoice_centavos", sa.BigInteger(), nullable=False),
        sa.Column("owed_centavos", sa.BigInteger(), nullable=False),
        sa.Column("owed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("health", sa.Integer(), nullable=False),
        sa.Column("default_risk", sa.Integer(), nullable=False),
        sa.Column("churn_risk", sa.Integer(), nullable=False),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("advice", sa.String(), nullable=False),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rfc_print", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id"),
    )
    for name, columns in (
        ("ix_profiles_value", ("worth_centavos", "customer_id")),
        ("ix_profiles_next", ("next_invoice_at", "customer_id")),
        ("ix_profiles_active", ("last_activity_at", "customer_id")),
        ("ix_profiles_risk", ("default_risk", "customer_id")),
        ("ix_profiles_state", ("state", "worth_centavos", "customer_id")),
        ("ix_profiles_level", ("risk", "worth_centavos", "customer_id")),
    ):
        op.create_index(name, "customer_profiles", ["tenant_id", *columns])
    op.create_index(
        "uq_profiles_rfc",
        "customer_profiles",
        ["tenant_id", "rfc_print"],
        unique=True,
        sqlite_where=_FILLED,
        postgresql_where=_FILLED,
    )
    op.create_index(
        "ix_profiles_owing",
        "customer_profiles",
        ["tenant_id", "owed_since"],
        sqlite_where=_OWING,
        postgresql_where=_OWING,
    )
    op.create_index("ix_profiles_review", "customer_profiles", ["review_at"])
    lite = op.get_bind().dialect.name == "sqlite"
    op.execute(_FILL.format(began=_BEGAN, long_past="1970-01-01 00:00:00.000000" if lite else "1970-01-01 00:00:00+00"))
    op.create_table(
        "customer_search_terms",
        *_of_customer(),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "term", "customer_id"),
    )
    op.create_index("ix_search_terms_customer", "customer_search_terms", ["tenant_id", "customer_id"])
    op.create_table(
        "customer_contacts",
        *_of_customer(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_contacts_customer", "customer_contacts", ["tenant_id", "customer_id"])
    op.create_table(
        "customer_activities",
        *_of_customer(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_activities_customer", "customer_activities", ["tenant_id", "customer_id", "at", "id"])
    op.create_table(
        "customer_opportunities",
        *_of_customer(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_centavos", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_opportunities_customer", "customer_opportunities", ["tenant_id", "customer_id"])
    op.create_index("ix_opportunities_closing", "customer_opportunities", ["tenant_id", "stage", "closes", "id"])
    op.create_table(
        "customer_tasks",
        *_of_customer(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_tasks_customer", "customer_tasks", ["tenant_id", "customer_id", "due_at"])
    op.create_index(
        "ix_tasks_open",
        "customer_tasks",
        ["tenant_id", "due_at", "id"],
        sqlite_where=_OPEN_TASKS,
        postgresql_where=_OPEN_TASKS,
    )


def _of_customer() -> list[sa.Column[str] | sa.ForeignKeyConstraint]:
    return [
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"]),
    ]


def downgrade() -> None:
    for name in (
        "customer_tasks",
        "customer_opportunities",
        "customer_activities",
        "customer_contacts",
        "customer_search_terms",
        "customer_profiles",
    ):
        op.drop_table(name)
