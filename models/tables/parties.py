"""The tables of who sells, who may ask, what is sold and who pays."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import centavos, instant, long_text, primary, unique_where_filled


class TenantRow(SQLModel, table=True):
    """A business that sells with Perdura."""

    __tablename__ = "tenants"

    tenant_id: str = primary()
    name: str
    zone: str
    created_at: datetime = instant()
    bill_days: int = 7
    bill_invoicing: str = "on_request"


class ApiKeyRow(SQLModel, table=True):
    """A tenant's key to the API. Only the SHA-256 of it is kept; `hint` is what a person recognises it by."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "id", name="uq_api_keys_id"),)

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    hash: str = primary(unique=True)
    hint: str
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(default=None)
    id: str
    name: str
    scopes: str  # joined by spaces
    last_used_at: datetime | None = instant(default=None)
    expires_at: datetime | None = instant(default=None)


class PlanRow(SQLModel, table=True):
    """What is sold again and again. `details` is JSON: what it says, limits, has and includes (`models.selling.plans`)."""

    __tablename__ = "plans"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    code: str = primary()
    name: str
    price_centavos: int = centavos()
    currency: str
    interval: str
    trial_days: int
    product_key: str
    provider_price: str = ""
    kind: str = "plan"
    tier: str = ""
    position: int = 0
    card_required: bool = True
    unit_key: str = "E48"
    highest_centavos: int | None = Field(default=None, sa_type=BigInteger)
    details: str = long_text()
    archived_at: datetime | None = instant(default=None)


class CustomerRow(SQLModel, table=True):
    """Who pays. Names, addresses and tax data are sealed (`models.tables.sealed`); an erased customer has none."""

    __tablename__ = "customers"
    __table_args__ = (
        unique_where_filled("uq_customers_email", "email_print"),
        UniqueConstraint("tenant_id", "reference", name="uq_customers_reference"),
        Index("ix_customers_provider", "provider_id"),
        Index("ix_customers_phone", "phone_print"),
    )

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    id: str = primary()
    reference: str
    language: str
    contact: str = long_text()
    email_print: str = ""
    phone_print: str = ""
    fiscal: str = long_text()
    regime: str | None = None
    cfdi_use: str | None = None
    erased_at: datetime | None = instant(default=None)
    provider_id: str = ""
