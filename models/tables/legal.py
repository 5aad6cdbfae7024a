"""The table of legal texts."""

from datetime import datetime

from sqlmodel import SQLModel

from models.tables.columns import instant, long_text, primary


class LegalTextRow(SQLModel, table=True):
    """One version of one of a tenant's texts, in Markdown. Rows are added and never changed."""

    __tablename__ = "legal_texts"

    tenant_id: str = primary(foreign_key="tenants.tenant_id")
    kind: str = primary()
    version: int = primary()
    spanish: str = long_text()
    english: str = long_text()
    published_at: datetime = instant()
