"""Effects of a tax invoice: seal, stamp, render, deliver. Each writes where the document stands, and may run twice.

What a PAC refuses is a result for the business, not a failure of the machine; only silence is retried by itself.
"""

from dataclasses import dataclass, replace

from temporalio import activity

from activities.cancelling import Cancelling
from activities.delivering import Delivering
from activities.dossier import DocumentRef, standing_of
from activities.failures import Contested, Expired, Missing, Refused, Rejected
from activities.notices import Links
from activities.ports import Documents, Mail, Pac, Processes, Renderer, Sealer, Store
from activities.sealing import Sealing
from models.documents import DocumentFile, DocumentState
from models.invoicing import Standing
from models.records import AuditEntry


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """A state that no other step writes, and lines for the subscription's story."""

    tenant: str
    key: str
    state: DocumentState | None = None
    audit: tuple[AuditEntry, ...] = ()


class Fiscal(Sealing, Delivering, Cancelling):
    """The tax invoice's verbs."""

    def __init__(
        self,
        *,
        store: Store,
        documents: Documents,
        sealer: Sealer,
        pac: Pac,
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
        if document.uuid:
            return standing_of(document)
        sealed = await self._documents.file(ref.tenant, ref.key, DocumentFile.SEALED)
        if sealed is None:
            raise Missing(f"sealed bytes of {ref.key}")
        if document.state is not DocumentState.NEEDS_RECONCILIATION:  # stays in sight until the PAC has spoken
            document = replace(document, state=DocumentState.SENDING, field="", code="", message="")
            await self._keep(document)
        try:
            stamp = await self._pac.stamp(sealed, f"{ref.tenant}:{ref.key}")
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
            stamped_at=stamp.stamped_at,
            field="",
            code="",
            message="",
        )
        standing = await self._keep(stamped)
        await self._tell(stamped, "tax invoice stamped", stamp.uuid)
        return standing

    @activity.defn
    async def record_invoice(self, report: InvoiceReport) -> None:
        """Keep a state and the story behind it."""
        document = await self._documents.document(report.tenant, report.key)
        if document is not None and report.state is not None:
            await self._keep(replace(document, state=report.state))
        for entry in report.audit:
            await self._store.audit(entry)
