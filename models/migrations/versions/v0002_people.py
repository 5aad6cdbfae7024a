"""People who log in, their sessions, and what an API key may do. Keys that exist keep every right."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_EVERYTHING = "read write orders money admin"


def upgrade() -> None:
    with op.batch_alter_table("api_keys") as batch:
        for name in ("id", "name", "scopes"):
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    keys = sa.table("api_keys", *(sa.column(name) for name in ("hash", "id", "name", "scopes")))
    # 64 bits of the hash name a key well enough, and say nothing of its secret.
    short = sa.literal("k_") + sa.func.substr(keys.c.hash, 1, 16)
    op.execute(sa.update(keys).values(id=short, name="api", scopes=_EVERYTHING))
    with op.batch_alter_table("api_keys") as batch:
        for name in ("id", "name", "scopes"):
            batch.alter_column(name, server_default=None)
        batch.create_unique_constraint("uq_api_keys_id", ["tenant_id", "id"])
    op.create_table(
        "users",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_print", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("invitation", sa.String(), nullable=False),
        sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "email_print", name="uq_users_email"),
    )
    filled = sa.text("invitation <> ''")
    op.create_index(
        "uq_users_invitation",
        "users",
        ["tenant_id", "invitation"],
        unique=True,
        sqlite_where=filled,
        postgresql_where=filled,
    )
    op.create_table(
        "sessions",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ix_sessions_user", "sessions", ["tenant_id", "user_id"])
    op.create_index("ix_sessions_expiry", "sessions", ["expires_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "session_id"], ["sessions.tenant_id", "sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "hash"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_refresh_tokens_session", "refresh_tokens", ["tenant_id", "session_id"])
    op.create_table(
        "login_attempts",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index("ix_login_attempts_last", "login_attempts", ["last"])
    op.create_table(
        "requests",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    op.create_index("ix_requests_begun", "requests", ["begun_at"])


def downgrade() -> None:
    for table in ("requests", "login_attempts", "refresh_tokens", "sessions", "users"):
        op.drop_table(table)
    with op.batch_alter_table("api_keys") as batch:
        batch.drop_constraint("uq_api_keys_id", type_="unique")
        for name in ("id", "name", "scopes", "last_used_at", "expires_at"):
            batch.drop_column(name)
