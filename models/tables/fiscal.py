"""The tables of who issues tax invoices: the issuer, its certificates, and the accounts at PACs."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import instant, long_text, primary


class IssuerRow(SQLModel, table=True):
    """Who issues for a tenant. `vat` in per cent, null for exempt sales."""

    __tablename__ = "issuers"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    rfc: str
    name: str
    regime: str
    postal_code: str
    vat: int | None = None
    series: str
    withholding: str
    payment_method: str = "PUE"
    updated_at: datetime = instant()


class CertificateRow(SQLModel, table=True):
    """A CSD. The private key is sealed with the key `key_id` of the keyring; the certificate is public."""

    __tablename__ = "certificates"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    number: str = primary()
    rfc: str
    valid_from: datetime = instant()
    valid_until: datetime = instant()
    certificate: bytes = Field(sa_type=LargeBinary)
    key_id: str
    sealed: bytes = Field(sa_type=LargeBinary)
    added_at: datetime = instant()


class PacAccountRow(SQLModel, table=True):
    """An account at a PAC; `sealed` holds its credentials."""

    __tablename__ = "pac_accounts"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    rank: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str
    url: str
    sealed: str = long_text()


class ExchangeRateRow(SQLModel, table=True):
    """Pesos for one unit of a currency, in millionths, as published for a day (ISO date)."""

    __tablename__ = "exchange_rates"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    currency: str = primary()
    day: str = primary()
    millionths: int = Field(sa_type=BigInteger)
