"""The tables of how a tenant looks to its customers."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import instant, primary


class BrandRow(SQLModel, table=True):
    """A tenant's brand. Colours are `#rrggbb`; the logo's columns are empty where it has none. Nothing here is a customer's."""

    __tablename__ = "brands"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    name: str
    legal_line: str = ""
    primary_colour: str
    accent_colour: str
    phone: str = ""
    whatsapp: str = ""
    email: str = ""
    website: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    logo_type: str = ""
    logo_digest: str = ""
    logo_width: int = 0
    logo_height: int = 0
    updated_at: datetime = instant()


class LogoRow(SQLModel, table=True):
    """The bytes of a brand's logo, apart from its row: every page asks for the row, few for the picture."""

    __tablename__ = "brand_logos"

    tenant_id: str = primary(foreign_key="brands.tenant_id")
    content: bytes = Field(sa_type=LargeBinary)
