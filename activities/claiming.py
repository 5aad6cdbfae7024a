"""A customer who gives an RFC after the sale: what is to be made, and whether the sale is in a global invoice already."""

from dataclasses import dataclass, replace

from temporalio import activity

from activities.dossier import DocumentRef, Dossier
from activities.failures import Refused
from models.documents import DocumentKind, DocumentState, TaxDocument
from models.invoices import Charge, Funding


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
        left = document.total.centavos - await self._given_back(document)
        if left <= 0:
            raise Refused("the sale was given back whole: there is nothing to invoice", "amount")
        charge = Charge(document.source, replace(document.total, centavos=left), document.issued_at, funding)
        # What is told in the global invoice keeps its row; one that is not is taken over by the invoice that names the customer.
        return Claim(document.source, charge, document.version + 1 if in_global else document.version, in_global)

    async def _given_back(self, sale: TaxDocument) -> int:
        """Centavos refunded of a sale before it was claimed.

        A refund of a sale that the global invoice tells is against that invoice: whose it was is certain where the customer has
        one sale in it. With several the full sale is asked for, and what is too much is held when it is taken out.
        """
        others = await self._documents.documents_of_subscription(sale.tenant, sale.subscription)
        against = {sale.key}
        if sale.state is DocumentState.IN_GLOBAL:
            if sum(o.kind is DocumentKind.INCOME and o.replaces == sale.replaces for o in others) > 1:
                return 0
            invoice = await self._document(DocumentRef(sale.tenant, sale.replaces))
            against |= {invoice.key, invoice.uuid}
        return sum(
            other.total.centavos
            for other in others
            if other.kind is DocumentKind.CREDIT
            and other.replaces in against
            and other.source != f"{sale.source}-claimed"  # this very claim, begun before
            and other.state is not DocumentState.CANCELLED
        )
