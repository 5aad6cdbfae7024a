"""The tables of what is sold beside plans: services and products, what the payments provider was told, and how much was used."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.tables.columns import belongs_to_subscription, instant, long_text, primary


class CatalogRow(SQLModel, table=True):
    """A tenant's catalogue as a whole. Writers take turns by its revision."""

    __tablename__ = "catalogs"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    revision: int
    applied_at: datetime = instant()


class ItemRow(SQLModel, table=True):
    """A service or a product. `details` is JSON: its rates and its note."""

    __tablename__ = "catalog_items"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    code: str = primary()
    kind: str
    name: str
    position: int
    product_key: str
    unit_key: str
    details: str = long_text()
    archived_at: datetime | None = instant(default=None)


class ListingRow(SQLModel, table=True):
    """A product or a price at the payments provider. Rows stay: they are the history of prices."""

    __tablename__ = "catalog_listings"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    key: str = primary()
    product: str
    offer: str
    name: str
    description: str = long_text()
    centavos: int | None = Field(default=None, sa_type=BigInteger)
    currency: str = ""
    interval: str = ""
    provider_id: str
    state: str
    since: datetime = instant()


class UsageRow(SQLModel, table=True):
    """A use of something that is counted, told once by its key. Rows are added, never changed."""

    __tablename__ = "usage_events"
    __table_args__ = (
        belongs_to_subscription(),
        Index("ix_usage_subscription", "tenant_id", "subscription_id", "meter", "at"),
    )

    tenant_id: str = primary()
    key: str = primary()
    subscription_id: str
    meter: str
    window: str
    quantity: int = Field(sa_type=BigInteger)
    at: datetime = instant()


class UsageCounterRow(SQLModel, table=True):
    """How much was used of something in a window (a month, a package's period; empty: all the time): the sum of its events."""

    __tablename__ = "usage_counters"
    __table_args__ = (belongs_to_subscription(),)

    tenant_id: str = primary()
    subscription_id: str = primary()
    meter: str = primary()
    window: str = primary()
    used: int = Field(sa_type=BigInteger)
