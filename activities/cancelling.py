"""Taking an invoice back: the signed request, and the SAT's word on it. The acknowledgement is kept: it is the proof."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.dossier import DocumentRef, Dossier, standing_of
from activities.failures import Refused
from activities.ports.pac import Pacs
from activities.ports.sealer import Sealer
from models.cfdi.cancellation import Motive, outcome, wrong_request
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import GENERAL_PUBLIC_RFC
from models.cfdi.invoicing import Standing


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Which document, why, and with motive 01 the UUID that takes its place."""

    tenant: str
    key: str
    motive: Motive
    substitute: str = ""


def _printed(document: TaxDocument) -> str:
    """The Total that stands in the XML: a payment complement's is zero, whatever was paid."""
    if document.kind is DocumentKind.PAYMENT:
        return "0"
    return f"{document.total.centavos // 100}.{document.total.centavos % 100:02d}"


class Cancelling(Dossier):
    """Requests a cancellation and follows it."""

    _sealer: Sealer
    _pac: Pacs

    @activity.defn
    async def request_cancellation(self, order: CancelOrder) -> Standing:
        """Sign and hand in. Asked again it is the same request (202). What the SAT does not take leaves the document as it was."""
        document = await self._document(DocumentRef(order.tenant, order.key))
        wrong = wrong_request(document.state, document.uuid, order.motive, order.substitute)
        if wrong is not None:
            return replace(standing_of(document), field=wrong[0], code="refused")
        pac = await self._pac.account(order.tenant, document.pac)
        sign = self._sealer.order_cancellation if pac.seals else self._sealer.sign_cancellation
        request = await sign(
            order.tenant,
            uuid=document.uuid,
            motive=order.motive,
            substitute=order.substitute,
            at=datetime.now(UTC),
        )
        try:
            acknowledgement = await pac.cancel(request, f"{order.tenant}:{order.key}")
        except Refused as refusal:
            return replace(standing_of(document), code=refusal.code or "refused")
        await self._documents.save_file(
            order.tenant, order.key, DocumentFile.ACKNOWLEDGEMENT, acknowledgement.xml or acknowledgement.code.encode()
        )
        return await self._keep(replace(document, state=DocumentState.CANCEL_REQUESTED, field="", code=""))

    @activity.defn
    async def follow_cancellation(self, ref: DocumentRef) -> Standing:
        """Ask the SAT how a requested cancellation stands."""
        document = await self._document(ref)
        issuer = await self._sealer.issuer(ref.tenant)
        pac = await self._pac.account(ref.tenant, document.pac)
        word = await pac.enquire(
            uuid=document.uuid,
            issuer=issuer.rfc,
            receiver=document.receiver_rfc or GENERAL_PUBLIC_RFC,
            total=_printed(document),
            seal=document.seal,
        )
        state = outcome(word)
        if state is document.state:
            return standing_of(document)
        changed = replace(document, state=state)
        standing = await self._keep(changed)
        if state in (DocumentState.CANCELLED, DocumentState.REFUSED):
            await self._tell(changed, f"tax invoice cancellation {state}", document.uuid)
        return standing
