"""Making the document: what a charge or a refund says, signed and kept before anything is sent."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.dossier import Dossier, standing_of
from activities.failures import Missing, Refused
from activities.ports import Sealer
from models.documents import DocumentKind, DocumentState, TaxDocument, document_key
from models.drafts import credit, income
from models.fiscal import FOREIGN_RFC, issue_date
from models.invoices import Charge
from models.invoicing import Standing
from models.postal_zones import zone_of


@dataclass(frozen=True, slots=True)
class SealOrder:
    """A settled charge to be documented; `version` above 1 takes the place of one that was never stamped.

    A refund (`kind` credit) comes as a charge of its own with the amount given back; `original` is the refunded charge.
    """

    tenant: str
    subscription: str
    source: str
    charge: Charge
    version: int
    now: datetime
    kind: DocumentKind = DocumentKind.INCOME
    original: str = ""


class Sealing(Dossier):
    """Builds and signs."""

    _sealer: Sealer

    @activity.defn
    async def seal_invoice(self, order: SealOrder) -> Standing:
        """Build and sign the CFDI and keep its bytes before anything is sent; hold it where it cannot be made."""
        known = await self._documents.document(order.tenant, document_key(order.source, order.kind, order.version))
        if known is not None and known.seal:
            return standing_of(known)
        issuer = await self._sealer.issuer(order.tenant)
        customer = await self._store.customer_of(order.tenant, order.subscription)
        original = await self._original(order)
        charge, receiver = order.charge, customer.receiver
        issued = issue_date(charge.created, order.now, issuer.postal_code)
        document = TaxDocument(
            tenant=order.tenant,
            source=order.source,
            kind=order.kind,
            version=order.version,
            subscription=order.subscription,
            state=DocumentState.GENERAL_PUBLIC,
            total=charge.amount,
            issued_at=issued.replace(tzinfo=zone_of(issuer.postal_code)).astimezone(UTC),
            created_at=order.now,
            updated_at=order.now,
            receiver_rfc=receiver.rfc if receiver else "",
            replaces=original.uuid if original else "",
        )
        unnamed = original.state is DocumentState.GENERAL_PUBLIC if original else receiver is None
        if unnamed:
            return await self._keep(document)
        wrong = await self._unfit(document, original)
        if receiver is None or wrong:
            return await self._keep(replace(document, state=DocumentState.WAITING_DATA, field=wrong or "tax_id"))
        try:
            if original is not None:
                draft = credit(
                    issuer=issuer,
                    receiver=receiver,
                    original=original,
                    refund=charge,
                    issued=issued,
                    version=order.version,
                )
            else:
                plan = await self._plan(order.tenant, order.subscription)
                draft = income(
                    issuer=issuer, receiver=receiver, plan=plan, charge=charge, issued=issued, version=order.version
                )
            sealed = await self._sealer.build_and_seal(order.tenant, draft)
        except Refused as refusal:
            held = replace(document, state=DocumentState.WAITING_DATA, code=refusal.code, message=str(refusal))
            return await self._keep(held)
        kept = await self._documents.keep_sealed(
            replace(document, state=DocumentState.SEALED, seal=sealed.seal), sealed.xml
        )
        return standing_of(kept)

    async def _original(self, order: SealOrder) -> TaxDocument | None:
        """The invoice that a refund takes back. Raises Missing until it is stamped, or held for the global invoice."""
        if order.kind is not DocumentKind.CREDIT:
            return None
        for document in reversed(await self._documents.documents_of(order.tenant, order.original)):
            if document.uuid or document.state is DocumentState.GENERAL_PUBLIC:
                return document
        raise Missing(f"the invoice of {order.original}, which {order.source} refunds, is not stamped yet")

    async def _unfit(self, document: TaxDocument, original: TaxDocument | None) -> str:
        """The field that keeps a document from being made by the machine alone; empty where none does."""
        if document.receiver_rfc == FOREIGN_RFC or (original and original.receiver_rfc != document.receiver_rfc):
            return "tax_id"
        if document.total.currency != "MXN":
            return "currency"  # needs an exchange rate of the day (TipoCambio)
        if original is None:
            return ""
        others = await self._documents.documents_of_subscription(document.tenant, document.subscription)
        credited = sum(
            other.total.centavos
            for other in others
            if other.replaces == original.uuid and other.uuid and other.source != document.source
        )
        return "amount" if credited + document.total.centavos > original.total.centavos else ""
