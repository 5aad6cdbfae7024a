"""SQL: tax documents and their files."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from models.cfdi.documents import DocumentFile, DocumentKind, TaxDocument
from models.cfdi.pac_accounts import PacName
from models.records import Payment


class Documents(Protocol):
    """SQL: tax documents and their files. Scoped by tenant, except where a token has proved the tenant."""

    async def document(self, tenant: str, key: str) -> TaxDocument | None:
        """By `TaxDocument.key`."""
        ...

    async def documents_of(self, tenant: str, source: str) -> Sequence[TaxDocument]:
        """Every version and kind made for one source, oldest version first; empty where there is none."""
        ...

    async def documents_of_subscription(self, tenant: str, subscription: str) -> Sequence[TaxDocument]:
        """Newest first."""
        ...

    async def keep_sealed(self, document: TaxDocument, sealed: bytes) -> TaxDocument:
        """Record a sealed document and its bytes in one transaction, before anything is sent.

        The first one wins: where (tenant, source, kind, version) is recorded already with sealed bytes, nothing is written and
        the recorded one is returned. A held record without sealed bytes (general_public, waiting_data) is taken over.
        """
        ...

    async def save_document(self, document: TaxDocument) -> None:
        """Write a document's present state, by (tenant, source, kind, version); makes the row where it is missing.

        `created_at` stays as first written; a `seal` or `uuid` once written is not emptied.
        """
        ...

    async def file(self, tenant: str, key: str, file: DocumentFile) -> bytes | None: ...

    async def save_file(self, tenant: str, key: str, file: DocumentFile, content: bytes) -> None:
        """Keep a file. The first one wins, except a PDF, which may be rendered anew."""
        ...

    async def documents_between(
        self, tenant: str, since: datetime, until: datetime, *, rfc: str = ""
    ) -> Sequence[TaxDocument]:
        """Documents of any state with `issued_at` in [since, until), oldest first; of one receiver where an RFC is given."""
        ...

    async def documents_at(self, tenant: str, name: PacName) -> int:
        """How many documents are with a PAC (`documents.WITH_PAC`)."""
        ...

    async def document_by_uuid(self, tenant: str, uuid: str) -> TaxDocument | None:
        """By folio fiscal, in whichever case it is written."""
        ...

    async def held(self, tenant: str, kind: DocumentKind, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        """Documents in state general_public with `issued_at` in [since, until), oldest first: the lines of a global invoice."""
        ...

    async def payments(self, tenant: str, subscription: str) -> Sequence[Payment]:
        """The money that arrived, and how, oldest first."""
        ...

    async def refunded_charges(self, tenant: str, refunds: Sequence[str]) -> Mapping[str, str]:
        """Which charge each refund gave back, as the ledger has it; one that it does not know is left out."""
        ...

    async def exchange_rate(self, tenant: str, currency: str, day: date) -> int | None:
        """Pesos for one unit of a currency, in millionths, as kept for a day; None where nobody has entered it."""
        ...
