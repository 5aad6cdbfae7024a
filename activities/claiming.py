"""A customer who gives an RFC after the sale: what is to be made, and whether the sale is in a global invoice already."""

from dataclasses import dataclass, replace

from temporalio import activity

from activities.dossier import DocumentRef, Dossier
from activities.failures import Refused
from activities.ports.documents import Documents
from models.cfdi.cancellation import DocumentWhy
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.subscribing.invoices import Charge, Funding

TAKEN_OUT = "-claimed"  # how the source of the egreso ends that takes a sale out of its global invoice


@dataclass(frozen=True, slots=True)
class Claim:
    """The sale to be invoiced by name. `in_global`: it must be taken out of the global invoice first."""

    source: str
    charge: Charge
    version: int
    in_global: bool


class Claiming(Dossier):
    """Reads the sale."""

    @activity.defn
    async def prepare_claim(self, ref: DocumentRef) -> Claim:
        """What a sale without RFC is made into. Raises Refused while a global invoice that tells it is being made."""
        document = await self._document(ref)
        if document.state is DocumentState.GENERAL_PUBLIC and document.replaces:
            raise Refused("the month's global invoice is being made of it: ask again once that is stamped", "claimed")
        payments = await self._documents.payments(ref.tenant, document.subscription)
        funding = next((p.funding for p in payments if p.charge == document.source), Funding.UNKNOWN)
        in_global = document.state is DocumentState.IN_GLOBAL
        left = await left_of(self._documents, document)
        charge = Charge(document.source, replace(document.total, centavos=left), document.issued_at, funding)
        # What is told in the global invoice keeps its row; one that is not is taken over by the invoice that names the customer.
        return Claim(document.source, charge, document.version + 1 if in_global else document.version, in_global)


async def left_of(documents: Documents, sale: TaxDocument) -> int:
    """Centavos of a sale without RFC that were not given back before it was claimed.

    A refund of a sale that the global invoice tells is against that invoice. Where it tells several of this customer's, the
    ledger knows which charge each refund gave back.

    Raises:
        Refused: nothing is left, or a refund's charge is not known; it names the refunds and what is to be done.
    """
    others = await documents.documents_of_subscription(sale.tenant, sale.subscription)
    against = {sale.key}
    if sale.state is DocumentState.IN_GLOBAL:
        told = await documents.document(sale.tenant, sale.replaces)
        against |= {sale.replaces, told.uuid if told else sale.replaces}
    back = [
        other
        for other in others
        if other.kind is DocumentKind.CREDIT
        and other.replaces in against
        and not other.source.endswith(TAKEN_OUT)  # what was claimed before, or this very claim, begun before
        and other.state is not DocumentState.CANCELLED
    ]
    sales = [o for o in others if o.kind is DocumentKind.INCOME and o.replaces == sale.replaces]
    if sale.state is DocumentState.IN_GLOBAL and len(sales) > 1 and back:
        charges = await documents.refunded_charges(sale.tenant, [each.source for each in back])
        if unknown := [each for each in back if each.source not in charges]:
            named = ", ".join(f"{each.source} over {each.total}" for each in unknown)
            raise Refused(DocumentWhy.REFUND_UNKNOWN(sales=len(sales), document=sale.replaces, refunds=named), "amount")
        back = [each for each in back if charges[each.source] == sale.source]
    left = sale.total.centavos - sum(each.total.centavos for each in back)
    if left <= 0:
        raise Refused(DocumentWhy.NOTHING_LEFT(), "amount")
    return left
