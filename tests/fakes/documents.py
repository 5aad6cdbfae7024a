"""Tax documents, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.records import Payment


@dataclass
class FakeDocuments:
    """SQL's tax documents in dictionaries."""

    rows: dict[str, TaxDocument] = field(default_factory=dict)
    files: dict[tuple[str, DocumentFile], bytes] = field(default_factory=dict)
    states: list[DocumentState] = field(default_factory=list)
    paid: list[Payment] = field(default_factory=list)
    refunds: dict[str, str] = field(default_factory=dict)  # the charge that each gave back
    rates: dict[tuple[str, date], int] = field(default_factory=dict)

    async def document(self, tenant: str, key: str) -> TaxDocument | None:
        return self.rows.get(key)

    async def documents_of(self, tenant: str, source: str) -> Sequence[TaxDocument]:
        return [d for d in self.rows.values() if d.source == source]

    async def documents_of_subscription(self, tenant: str, subscription: str) -> Sequence[TaxDocument]:
        return [d for d in self.rows.values() if d.subscription == subscription][::-1]

    async def keep_sealed(self, document: TaxDocument, sealed: bytes) -> TaxDocument:
        known = self.rows.get(document.key)
        if known is not None and known.seal:
            return known
        await self.save_document(document)
        self.files[document.key, DocumentFile.SEALED] = sealed
        return document

    async def save_document(self, document: TaxDocument) -> None:
        known = self.rows.get(document.key)
        if known is not None and known.state is DocumentState.CANCELLED:
            document = replace(document, state=DocumentState.CANCELLED)
        self.rows[document.key] = document
        self.states.append(document.state)

    async def file(self, tenant: str, key: str, file: DocumentFile) -> bytes | None:
        return self.files.get((key, file))

    async def save_file(self, tenant: str, key: str, file: DocumentFile, content: bytes) -> None:
        if file is DocumentFile.PDF:
            self.files[key, file] = content
        self.files.setdefault((key, file), content)

    async def exchange_rate(self, tenant: str, currency: str, day: date) -> int | None:
        return self.rates.get((currency, day))

    async def documents_between(
        self, tenant: str, since: datetime, until: datetime, *, rfc: str = ""
    ) -> Sequence[TaxDocument]:
        return [d for d in self.rows.values() if since <= d.issued_at < until and rfc.upper() in ("", d.receiver_rfc)]

    async def document_by_uuid(self, tenant: str, uuid: str) -> TaxDocument | None:
        return next((d for d in self.rows.values() if d.uuid == uuid.upper()), None)

    async def held(self, tenant: str, kind: DocumentKind, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        return [
            d
            for d in self.rows.values()
            if d.state is DocumentState.GENERAL_PUBLIC and d.kind is kind and since <= d.issued_at < until
        ]

    async def refunded_charges(self, tenant: str, refunds: Sequence[str]) -> Mapping[str, str]:
        return {refund: self.refunds[refund] for refund in refunds if refund in self.refunds}

    async def payments(self, tenant: str, subscription: str) -> Sequence[Payment]:
        return [p for p in self.paid if p.subscription == subscription]
