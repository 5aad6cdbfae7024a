"""The tables of tax documents and their files."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import centavos, instant, long_text, primary, unique_where_filled


class DocumentRow(SQLModel, table=True):
    """One version of a source's tax document. `key` is `TaxDocument.key`. A global invoice belongs to no subscription.

    `receiver_rfc` is sealed; `rfc_print` is what it is found by.
    """

    __tablename__ = "tax_documents"
    __table_args__ = (
        unique_where_filled("uq_documents_uuid", "uuid"),
        unique_where_filled("uq_documents_seal", "seal"),
        Index("ix_documents_source", "tenant_id", "source"),
        Index("ix_documents_subscription", "tenant_id", "subscription_id"),
        Index("ix_documents_issued", "tenant_id", "issued_at"),
        Index("ix_documents_rfc", "tenant_id", "rfc_print", "issued_at"),
        Index("ix_documents_held", "tenant_id", "state", "kind", "issued_at"),
    )

    tenant_id: str = primary()
    key: str = primary()
    source: str
    kind: str
    version: int
    subscription_id: str
    state: str
    total_centavos: int = centavos()
    currency: str
    issued_at: datetime = instant()
    created_at: datetime = instant()
    updated_at: datetime = instant()
    receiver_rfc: str = ""
    seal: str = long_text()
    uuid: str = ""
    stamped_at: datetime | None = instant(default=None)
    delivered_at: datetime | None = instant(default=None)
    replaces: str = ""
    field: str = ""
    code: str = ""
    message: str = long_text()
    pac: str = Field(default="", sa_column_kwargs={"server_default": ""})
    terms: str = Field(default="", sa_column_kwargs={"server_default": ""})
    vat_centavos: int = centavos(0)
    isr_centavos: int = centavos(0)
    withheld_vat_centavos: int = centavos(0)
    rfc_print: str = Field(default="", sa_column_kwargs={"server_default": ""})


class DocumentFileRow(SQLModel, table=True):
    """The bytes of a tax document, apart from its row so that lists stay light."""

    __tablename__ = "document_files"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "key"], ["tax_documents.tenant_id", "tax_documents.key"]),)

    tenant_id: str = primary()
    key: str = primary()
    file: str = primary()
    content: bytes = Field(sa_type=LargeBinary)
