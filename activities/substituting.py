"""Putting another document in the place of a stamped one: what the new one is made of, and the old one's row."""

from dataclasses import dataclass

from temporalio import activity

from activities.dossier import DocumentRef, Dossier, standing_of
from models.documents import DocumentKind
from models.invoices import Charge, Funding
from models.invoicing import Standing


@dataclass(frozen=True, slots=True)
class Substitute:
    """The charge that is documented anew, under which version, and the folio fiscal that it replaces."""

    source: str
    charge: Charge
    version: int
    replaces: str


class Substituting(Dossier):
    """Reads what was charged."""

    @activity.defn
    async def prepare_substitute(self, ref: DocumentRef) -> Substitute:
        """What the substitute of a stamped document says: the same charge, under the next version."""
        document = await self._document(ref)
        payments = await self._documents.payments(ref.tenant, document.subscription)
        funding = next((p.funding for p in payments if p.charge == document.source), Funding.UNKNOWN)
        versions = [
            d for d in await self._documents.documents_of(ref.tenant, document.source) if d.kind is document.kind
        ]
        # Asked again after the new version was begun, it is that version still.
        begun = next((d for d in versions if d.replaces == document.uuid and d.kind is DocumentKind.INCOME), None)
        version = begun.version if begun else max(d.version for d in versions) + 1
        return Substitute(
            document.source,
            Charge(document.source, document.total, document.issued_at, funding),
            version,
            document.uuid,
        )

    @activity.defn
    async def stamped_version(self, ref: DocumentRef) -> Standing:
        """Where the newest stamped version of a document stands: a refusal on the way may have made a further one."""
        wanted = await self._document(ref)
        versions = await self._documents.documents_of(ref.tenant, wanted.source)
        return standing_of(max((d for d in versions if d.kind is wanted.kind and d.uuid), key=lambda d: d.version))
