"""Column types and keys the tables share.

Every table carries `tenant_id` and every unique key begins with it; the two exceptions are found before a tenant is known:
an inbox event (the provider's id is unique in the world) and an API key (its hash is).
Amounts are integer centavos beside their currency; instants are UTC.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.types import DateTime, TypeDecorator
from sqlmodel import Field


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: stored as UTC, returned aware. A naive one is refused, because nobody can say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def primary(**more: Any) -> Any:
    """A column of the primary key."""
    return Field(primary_key=True, **more)


def instant(**more: Any) -> Any:
    """An instant (UTC)."""
    return Field(sa_type=UtcDateTime, **more)


def centavos(default: int | None = None) -> Any:
    """An amount in centavos."""
    return Field(sa_type=BigInteger) if default is None else Field(default=default, sa_type=BigInteger)


def long_text(default: str = "") -> Any:
    """Text of any length."""
    return Field(default=default, sa_type=Text)


def belongs_to_subscription() -> ForeignKeyConstraint:
    """The row speaks of a subscription that must exist."""
    return ForeignKeyConstraint(["tenant_id", "subscription_id"], ["subscriptions.tenant_id", "subscriptions.id"])


def unique_where_filled(name: str, column: str) -> Index:
    """Unique in the tenant, where the column is not empty."""
    filled = text(f"{column} <> ''")
    return Index(name, "tenant_id", column, unique=True, sqlite_where=filled, postgresql_where=filled)
