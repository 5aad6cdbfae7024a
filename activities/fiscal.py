"""Effects of a tax invoice: seal, stamp, render, deliver. Each writes where the document stands, and may run twice.

What a PAC refuses is a result for the business, not a failure of the machine; only silence is retried by itself.
"""

from dataclasses import dataclass, replace

from temporalio import activity

from activities.cancelling import Cancelling
from activities.claiming import Claiming
from activities.composing import Links
from activities.delivering import Delivering
from activities.dossier import DocumentRef, standing_of
from activities.failures import Contested, Expired, Failure, Missing, Refused, Rejected
from activities.ports.documents import Documents
from activities.ports.mail import Mail
from activities.ports.pac import Pac, Pacs
from activities.ports.processes import Processes
from activities.ports.renderer import Renderer
from activities.ports.sealer import Sealer
from activities.ports.store import Store
from activities.sealing import Sealing
from activities.substituting import Substituting
from models.bookkeeping.stated_taxes import stated_taxes
from models.cfdi.documents import DocumentFile, DocumentState, TaxDocument
from models.cfdi.invoicing import Standing
from models.records import AuditEntry


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """A state that no other step writes, and lines for the subscription's story."""

    tenant: str
    key: str
    state: DocumentState | None = None
    audit: tuple[AuditEntry, ...] = ()


# The account at the PAC is in disorder: login, registration, balance, contract. Another PAC's may not be.
_OF_THE_PAC = frozenset({"300", "702", "703", "718", "740"})


class Fiscal(Sealing, Delivering, Cancelling, Substituting, Claiming):
    """The tax invoice's verbs."""

    def __init__(
        self,
        *,
        store: Store,
        documents: Documents,
        sealer: Sealer,
        pac: Pacs,
        renderer: Renderer,
        mail: Mail,
        processes: Processes,
        links: Links,
    ) -> None:
        self._store = store
        self._documents = documents
        self._sealer = sealer
        self._pac = pac
        self._renderer = renderer
        self._mail = mail
        self._processes = processes
        self._links = links

    @activity.defn
    async def stamp_invoice(self, ref: DocumentRef) -> Standing:
        """Send the kept bytes to the PAC. Sent again they bring the same invoice, never a second one."""
        document = await self._document(ref)
        if document.uuid or document.state is DocumentState.IN_GLOBAL:  # told by the global invoice: it has no bytes
            return standing_of(document)
        sealed = await self._documents.file(ref.tenant, ref.key, DocumentFile.SEALED)
        if sealed is None:
            raise Missing(f"sealed bytes of {ref.key}")
        never_sent = document.state is DocumentState.SEALED
        try:
            pac = await self._pac.account(ref.tenant, document.pac)
            document = await self._sending(document, pac)
            try:
                stamp = await pac.stamp(sealed, f"{ref.tenant}:{ref.key}")
            except Refused as refusal:
                other = await self._other(document, pac, refusal, sealed, never_sent=never_sent)
                if other is None:
                    raise
                document = await self._sending(document, other)
                stamp = await other.stamp(sealed, f"{ref.tenant}:{ref.key}")
        except Expired as refusal:
            held = replace(document, state=DocumentState.REJECTED, code=refusal.code, message=str(refusal))
            return replace(await self._keep(held), expired=True)
        except Contested as refusal:
            return await self._keep(
                replace(
                    document,
                    state=DocumentState.NEEDS_RECONCILIATION,
                    code=refusal.code or "contested",
                    message=str(refusal),
                )
            )
        except Rejected as refusal:
            return await self._keep(
                replace(
                    document,
                    state=DocumentState.REJECTED,
                    field=refusal.field,
                    code=refusal.code,
                    message=refusal.text or str(refusal),
                )
            )
        except Refused as refusal:
            return await self._keep(
                replace(document, state=DocumentState.REJECTED, code=refusal.code or "refused", message=str(refusal))
            )
        await self._documents.save_file(ref.tenant, ref.key, DocumentFile.XML, stamp.xml)
        stamped = replace(
            document,
            state=DocumentState.STAMPED,
            uuid=stamp.uuid,
            seal=stamp.seal or document.seal,
            stamped_at=stamp.stamped_at,
            field="",
            code="",
            message="",
        )
        if told := stated_taxes(stamped):  # before the row says stamped: done again after a crash, never left out
            await self._store.restate(told)
        standing = await self._keep(stamped)
        await self._tell(stamped, "tax invoice stamped", stamp.uuid)
        return standing

    async def _sending(self, document: TaxDocument, pac: Pac) -> TaxDocument:
        """Write down where a document is about to be sent, before it is."""
        document = replace(document, pac=str(pac.name))
        if document.state is not DocumentState.NEEDS_RECONCILIATION:  # stays in sight until the PAC has spoken
            document = replace(document, state=DocumentState.SENDING, field="", code="", message="")
        await self._keep(document)
        return document

    async def _other(
        self, document: TaxDocument, pac: Pac, refusal: Refused, sealed: bytes, *, never_sent: bool
    ) -> Pac | None:
        """The second PAC, where the first cannot stamp for a reason of its own and has certainly not stamped.

        Two PACs do not know of each other's stamps (RMF 2.7.2.9-II). So a refusal counts as certain only for a document that was
        never sent before; for another one the first must be able to tell.
        """
        other = await self._pac.second(document.tenant)
        if other is None or other.name == pac.name or other.seals is not pac.seals or refusal.code not in _OF_THE_PAC:
            return None
        if never_sent:
            return other
        try:
            known = await pac.look_up(sealed, f"{document.tenant}:{document.key}")
        except Failure:
            return None
        return other if known is None else None

    @activity.defn
    async def record_invoice(self, report: InvoiceReport) -> None:
        """Keep a state and the story behind it."""
        document = await self._documents.document(report.tenant, report.key)
        if document is not None and report.state is not None:
            await self._keep(replace(document, state=report.state))
        for entry in report.audit:
            await self._store.audit(entry)
