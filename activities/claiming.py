"""A customer who gives an RFC after the sale: what is to be made, and whether the sale is in a global invoice already."""

from dataclasses import dataclass

from temporalio import activity

from activities.dossier import DocumentRef, Dossier
from activities.failures import Refused
from models.documents import DocumentState
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
        charge = Charge(document.source, document.total, document.issued_at, funding)
        # What is told in the global invoice keeps its row; one that is not is taken over by the invoice that names the customer.
        return Claim(document.source, charge, document.version + 1 if in_global else document.version, in_global)
