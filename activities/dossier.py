"""A tax document on its way: its record and files, as every step of the tax invoice reads and writes them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from activities.failures import Missing
from activities.ports.documents import Documents
from activities.ports.store import Store
from models.cfdi.documents import DocumentFile, TaxDocument
from models.cfdi.invoicing import Standing
from models.records import AuditEntry
from models.selling.plans import Plan


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Which document."""

    tenant: str
    key: str


class Dossier:
    """What sealing, stamping and delivery share."""

    _store: Store
    _documents: Documents

    async def _plan(self, tenant: str, subscription: str) -> Plan:
        record = await self._store.subscription(tenant, subscription)
        return await self._store.plan(tenant, record.plan if record else "")

    async def _document(self, ref: DocumentRef) -> TaxDocument:
        document = await self._documents.document(ref.tenant, ref.key)
        if document is None:
            raise Missing(f"tax document {ref.key}")
        return document

    async def _xml(self, ref: DocumentRef) -> bytes:
        xml = await self._documents.file(ref.tenant, ref.key, DocumentFile.XML)
        if xml is None:
            raise Missing(f"XML of {ref.key}")
        return xml

    async def _keep(self, document: TaxDocument) -> Standing:
        document = replace(document, updated_at=datetime.now(UTC))
        await self._documents.save_document(document)
        return standing_of(document)

    async def _tell(self, document: TaxDocument, action: str, detail: str) -> None:
        await self._store.audit(
            AuditEntry(
                tenant=document.tenant,
                subscription=document.subscription,
                key=f"{document.key}/{document.state}",
                at=datetime.now(UTC),
                actor="perdura",
                action=action,
                detail=detail,
            )
        )


def standing_of(document: TaxDocument) -> Standing:
    """Where a document stands, as the process hears it: without the PAC's own words, which may name the customer."""
    return Standing(
        key=document.key,
        state=document.state,
        issued_at=document.issued_at,
        uuid=document.uuid,
        field=document.field,
        code=document.code,
    )
