"""The tables of businesses that open an account by themselves, and of what people accepted."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from models.tables.columns import instant, long_text, primary


class SignupRow(SQLModel, table=True):
    """A business that asked for an account. E-mail and contact are sealed; the contact and the password's hash go once it has one.

    The e-mail is unique in the installation, so its fingerprint is of no tenant.
    """

    __tablename__ = "signups"
    __table_args__ = (UniqueConstraint("email_print", name="uq_signups_email"),)

    tenant_id: str = primary()
    user_id: str
    email: str = long_text()
    email_print: str
    contact: str = long_text()
    password: str = ""
    language: str
    terms_version: str
    state: str
    created_at: datetime = instant()
    settled_at: datetime | None = instant(default=None)


class AcceptanceRow(SQLModel, table=True):
    """Who (`subject`: a user or a customer) accepted which version of which document, when, and from which address (sealed)."""

    __tablename__ = "acceptances"

    tenant_id: str = primary()
    subject: str = primary()
    document: str = primary()
    version: str = primary()
    accepted_at: datetime = instant()
    address: str = long_text()
