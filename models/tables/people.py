"""The tables of people who log in, of their sessions, of tries to log in, and of requests answered before."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import instant, long_text, primary, unique_where_filled


class UserRow(SQLModel, table=True):
    """A person who logs in. The e-mail is sealed, and found by its fingerprint; of password and invitation only hashes are kept."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email_print", name="uq_users_email"),
        unique_where_filled("uq_users_invitation", "invitation"),
    )

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    id: str = primary()
    email: str = long_text()
    email_print: str
    role: str
    password: str = ""
    invitation: str = ""
    invited_until: datetime | None = instant(default=None)
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(default=None)


class SessionRow(SQLModel, table=True):
    """A person logged in somewhere."""

    __tablename__ = "sessions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"]),
        Index("ix_sessions_user", "tenant_id", "user_id"),
        Index("ix_sessions_expiry", "expires_at"),
    )

    tenant_id: str = primary()
    id: str = primary()
    user_id: str
    created_at: datetime = instant()
    expires_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    ended: str = ""


class RefreshTokenRow(SQLModel, table=True):
    """The SHA-256 of a refresh token. A used one is kept until its session expires, so that its second use is noticed."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "session_id"], ["sessions.tenant_id", "sessions.id"], ondelete="CASCADE"),
        Index("ix_refresh_tokens_session", "tenant_id", "session_id"),
    )

    tenant_id: str = primary()
    hash: str = primary(unique=True)
    session_id: str
    created_at: datetime = instant()
    used_at: datetime | None = instant(default=None)


class LoginAttemptsRow(SQLModel, table=True):
    """Tries at one account or from one address; `subject` is an HMAC of either. The tenant is the one named, which may not exist."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_last", "last"),)

    subject: str = primary()
    tenant_id: str = ""
    began: datetime = instant()
    last: datetime = instant()
    tries: int
    failures: int
    locked_until: datetime | None = instant(default=None)


class RequestRow(SQLModel, table=True):
    """A request with an `Idempotency-Key`, and its answer (sealed) once there is one. `held_until`: somebody is at work on it.

    `about`: what its first try was about, which it may not have named.
    """

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_begun", "begun_at"),)

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    key: str = primary()
    content: str
    begun_at: datetime = instant()
    held_until: datetime = instant()
    answer: str = long_text()
    about: str = Field(default="", sa_column_kwargs={"server_default": ""})
