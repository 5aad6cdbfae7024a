"""Putting another document in the place of a stamped one: what the new one is made of, and the old one's row."""

from dataclasses import dataclass

from temporalio import activity

from activities.before_payment import BeforePayment
from activities.dossier import DocumentRef, standing_of
from models.cfdi.documents import DocumentKind
from models.cfdi.invoicing import Standing
from models.subscribing.invoices import Charge, Funding


@dataclass(frozen=True, slots=True)
class Substitute:
    """The charge that is documented anew, under which version, and the folio fiscal that it replaces."""

    source: str
    charge: Charge
    version: int
    replaces: str
    kind: DocumentKind = DocumentKind.INCOME
    invoice: str = ""  # the provider's invoice that a complement's money paid


class Substituting(BeforePayment):
    """Reads what was charged."""

    @activity.defn
    async def prepare_substitute(self, ref: DocumentRef) -> Substitute:
        """What the substitute of a stamped document says: the same charge, under the next version."""
        document = await self._document(ref)
        payments = await self._documents.payments(ref.tenant, document.subscription)
        money = next((p for p in payments if p.charge == document.source), None)
        paid = document.kind is DocumentKind.PAYMENT
        settled = await self._documents.document_by_uuid(ref.tenant, document.replaces) if paid else None
        versions = [
            d for d in await self._documents.documents_of(ref.tenant, document.source) if d.kind is document.kind
        ]
        # Asked again after the new version was begun, it is that version still: what was stamped is followed by nothing else.
        begun = next((d for d in versions if d.version > document.version), None)
        return Substitute(
            source=document.source,
            charge=Charge(
                document.source,
                document.total,
                # A complement says when the money came; the others keep the date of the document they replace.
                money.paid_at if paid and money else document.issued_at,
                money.funding if money else Funding.UNKNOWN,
            ),
            version=begun.version if begun else document.version + 1,
            replaces=document.uuid,
            kind=document.kind,
            invoice=settled.source if settled else "",
        )

    @activity.defn
    async def living_complements(self, ref: DocumentRef) -> list[DocumentRef]:
        """The payment complements that stand on an invoice, oldest first: the SAT does not let it go before them."""
        invoice = await self._document(ref)
        return [DocumentRef(ref.tenant, each.key) for each in await self._complements(invoice)]

    @activity.defn
    async def stamped_version(self, ref: DocumentRef) -> Standing:
        """Where the newest stamped version of a document stands: a refusal on the way may have made a further one."""
        wanted = await self._document(ref)
        versions = await self._documents.documents_of(ref.tenant, wanted.source)
        return standing_of(max((d for d in versions if d.kind is wanted.kind and d.uuid), key=lambda d: d.version))
