"""How a tenant looks to its customers: name, colours, contact and logo."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

_WORDS = ("name", "legal_line", "primary_colour", "accent_colour", "phone", "whatsapp", "email", "website")


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("tenant_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _WORDS),
        sa.Column("terms_url", sa.String(), nullable=False),
        sa.Column("privacy_url", sa.String(), nullable=False),
        sa.Column("logo_type", sa.String(), nullable=False),
        sa.Column("logo_digest", sa.String(), nullable=False),
        sa.Column("logo_width", sa.Integer(), nullable=False),
        sa.Column("logo_height", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "brand_logos",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["brands.tenant_id"]),
        sa.PrimaryKeyConstraint("tenant_id"),
    )


def downgrade() -> None:
    op.drop_table("brand_logos")
    op.drop_table("brands")
