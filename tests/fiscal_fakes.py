"""Fakes at the tax invoice's ports, in memory. They keep what was asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from activities.failures import Contested, Unavailable
from activities.ports import Attachment
from models.cancellation import Acknowledgement, Motive, SatWord
from models.documents import DocumentFile, DocumentKind, DocumentState, Draft, Kept, Sealed, Stamp, TaxDocument
from models.fiscal import Issuer, Receiver
from models.records import Customer, Payment
from tests.fakes import FakeMail, FakeStore

ISSUER = Issuer("EKU9003173C9", "ESCUELA KEMPER URGATE", "601", "06600")
ANA = Receiver("CUSC850516316", "ANA CRUZ SOLORZANO", "612", "45638")


@dataclass
class FakeFiscalStore(FakeStore):
    """The store, with a customer who wants invoices (or none: `receiver` None)."""

    receiver: Receiver | None = ANA

    async def customer(self, tenant: str, customer: str) -> Customer:
        return replace(await super().customer(tenant, customer), receiver=self.receiver)


@dataclass
class FakeDocuments:
    """SQL's tax documents in dictionaries."""

    rows: dict[str, TaxDocument] = field(default_factory=dict)
    files: dict[tuple[str, DocumentFile], bytes] = field(default_factory=dict)
    states: list[DocumentState] = field(default_factory=list)
    paid: list[Payment] = field(default_factory=list)
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

    async def documents_between(self, tenant: str, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        return [d for d in self.rows.values() if since <= d.issued_at < until]

    async def document_by_uuid(self, tenant: str, uuid: str) -> TaxDocument | None:
        return next((d for d in self.rows.values() if d.uuid == uuid.upper()), None)

    async def held(self, tenant: str, kind: DocumentKind, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        return [
            d
            for d in self.rows.values()
            if d.state is DocumentState.GENERAL_PUBLIC and d.kind is kind and since <= d.issued_at < until
        ]

    async def payments(self, tenant: str, subscription: str) -> Sequence[Payment]:
        return [p for p in self.paid if p.subscription == subscription]


@dataclass
class FakeSealer:
    """Signs with a word. The draft itself is kept, to be looked at."""

    drafts: list[Draft] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def issuer(self, tenant: str) -> Issuer:
        return ISSUER

    async def build_and_seal(self, tenant: str, draft: Draft) -> Sealed:
        if self.failures:
            raise self.failures.pop(0)
        self.drafts.append(draft)
        return Sealed(f"<sealed {draft.folio} {draft.issued.isoformat()}/>".encode(), f"seal-{draft.folio}")

    async def build(self, draft: Draft) -> Sealed:
        sealed = await self.build_and_seal("", draft)
        return Sealed(sealed.xml, f"draft:{sealed.seal}")

    async def order_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        return f"<order {uuid} {motive} {substitute}/>".encode()

    async def sign_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        return f"<cancel {uuid} {motive} {substitute}/>".encode()


@dataclass
class FakePac:
    """Stamps each document once. `script` holds what happens first: a failure to raise, or `lost` (stamped, answer lost)."""

    script: list[Exception | str] = field(default_factory=list)
    stamped: dict[bytes, str] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    cancelled: list[bytes] = field(default_factory=list)
    words: list[SatWord] = field(default_factory=list)  # what the SAT says, look by look; the last one stays

    name: str = "sw"
    seals: bool = False
    other: "FakePac | None" = None
    kept: dict[str, Kept] = field(default_factory=dict)
    stamps_known: bool = True  # whether it can tell what it has stamped

    async def account(self, tenant: str, name: str = "") -> "FakePac":
        return self.other if self.other is not None and name == self.other.name else self

    async def second(self, tenant: str) -> "FakePac | None":
        return self.other

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:
        if not self.stamps_known:
            raise Unavailable("cannot tell")
        uuid = self.stamped.get(sealed)
        return Stamp(uuid, b"<stamped/>" + sealed, datetime(2026, 11, 20, 18, tzinfo=UTC), True) if uuid else None

    async def fetch(self, uuid: str) -> Kept:
        if uuid not in self.kept:
            raise Unavailable("nothing is kept")
        return self.kept[uuid]

    async def balance(self) -> int | None:
        return 100 - len(self.stamped)

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        known = request in self.cancelled
        self.cancelled.append(request)
        return Acknowledgement("202" if known else "201", b"<acuse/>")

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        return self.words.pop(0) if len(self.words) > 1 else self.words[0]

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        self.asked.append((key, sealed))
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if self.keys.setdefault(key, sealed) != sealed:
            raise Contested("another document under this key", "307")
        prior = sealed in self.stamped
        uuid = self.stamped.setdefault(sealed, f"UUID-{len(self.stamped) + 1}")
        if step == "lost":
            raise Unavailable("the answer was lost")
        return Stamp(uuid, b"<stamped/>" + sealed, datetime(2026, 11, 20, 18, tzinfo=UTC), prior)


@dataclass
class FakeRenderer:
    """A PDF in name."""

    async def pdf(self, xml: bytes, brand: str) -> bytes:
        return b"%PDF " + brand.encode() + xml


@dataclass
class FakeFiscalMail(FakeMail):
    """A mailbox that keeps attachments. `failures` are raised first."""

    attachments: dict[str, list[str]] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    sends: int = 0

    async def send(
        self,
        *,
        to: str,
        subject: str,
        body: str,
        key: str,
        attachments: Sequence[Attachment] = (),
        brand: str = "",
    ) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sends += 1
        self.attachments[key] = [a.name for a in attachments]
        return await super().send(to=to, subject=subject, body=body, key=key, attachments=attachments)
