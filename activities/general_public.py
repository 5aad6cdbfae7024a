"""The sales of a month without RFC: claimed for one global invoice before it is sealed, so that none is told twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from temporalio import activity

from activities.dossier import Dossier
from activities.failures import Missing
from activities.ports.sealer import Sealer
from models.bookkeeping.stated_taxes import StatedTaxes
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument, document_key
from models.cfdi.fiscal import form_of_payment
from models.cfdi.global_invoice import Month, Receipt, month_before, month_of, receipts
from models.cfdi.postal_zones import zone_of
from models.cfdi.taxes import USUAL
from models.money import Money
from models.subscribing.invoices import Funding

# Refunds are dated after their sale; one made long after it finds the sale in a global invoice already.
_REFUNDS = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class GlobalOrder:
    """A tenant's month; None: the one that had just ended at `now` on the issuer's clock."""

    tenant: str
    now: datetime
    month: Month | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was claimed: the source of the global invoice to come, its total and the number of sales."""

    source: str
    total: Money
    sales: int


@dataclass(frozen=True, slots=True)
class GlobalRef:
    """A tenant's global invoice, whichever version of it was stamped."""

    tenant: str
    source: str


class GeneralPublic(Dossier):
    """Claims sales, tells them, and settles them."""

    _sealer: Sealer

    @activity.defn
    async def gather_sales(self, order: GlobalOrder) -> Gathered:
        """Claim every sale of the month that no global invoice has yet. Run again it claims the same ones, and what came since."""
        issuer = await self._sealer.issuer(order.tenant)
        month = order.month or month_before(order.now, zone_of(issuer.postal_code))
        for document in await self._held(order.tenant, month, DocumentKind.INCOME):
            if not document.replaces:
                await self._keep(replace(document, replaces=_key(month.source)))
        found = await self._claimed(order.tenant, month.source)
        return Gathered(month.source, Money(sum(r.left for r in found)), len(found))

    @activity.defn
    async def settle_sales(self, ref: GlobalRef) -> None:
        """Once the global invoice is stamped, its sales and their refunds are done with."""
        versions = await self._documents.documents_of(ref.tenant, ref.source)
        invoice = next((d for d in versions if d.uuid), None)
        if invoice is None:
            raise Missing(f"{ref.source} is not stamped yet")
        month = month_of(ref.source)
        held = await self._held(ref.tenant, month, DocumentKind.INCOME)
        sales = [sale for sale in held if sale.replaces == _key(ref.source)]
        keys = {sale.key for sale in sales}
        refunds = [d for d in await self._held(ref.tenant, month, DocumentKind.CREDIT) if d.replaces in keys]
        await self._store.restate(
            *(
                StatedTaxes(
                    tenant=ref.tenant,
                    subscription=receipt.sale.subscription,
                    document=receipt.sale.key,
                    source=receipt.sale.source,
                    total=Money(receipt.left),
                    taxes=(receipt.sale.terms or invoice.terms or USUAL).split(receipt.left).taxes,
                    at=invoice.stamped_at or invoice.issued_at,
                )
                for receipt in receipts([*sales, *refunds])
            )
        )
        # The refunds first: they are found by their sales.
        for document in (*refunds, *sales):
            await self._keep(replace(document, state=DocumentState.IN_GLOBAL, replaces=invoice.key))

    async def _lines(self, tenant: str, source: str) -> list[tuple[Receipt, str]]:
        """What is left of each claimed sale, and its form of payment."""
        lines = []
        for receipt in await self._claimed(tenant, source):
            payments = await self._documents.payments(tenant, receipt.sale.subscription)
            funding = next((p.funding for p in payments if p.charge == receipt.sale.source), Funding.UNKNOWN)
            lines.append((receipt, form_of_payment(funding)))
        return lines

    async def _claimed(self, tenant: str, source: str) -> list[Receipt]:
        month = month_of(source)
        sales = await self._held(tenant, month, DocumentKind.INCOME)
        refunds = await self._held(tenant, month, DocumentKind.CREDIT)
        return receipts([*(s for s in sales if s.replaces == _key(source)), *refunds])

    async def _held(self, tenant: str, month: Month, kind: DocumentKind) -> Sequence[TaxDocument]:
        issuer = await self._sealer.issuer(tenant)
        since, until = month.bounds(zone_of(issuer.postal_code))
        later = _REFUNDS if kind is DocumentKind.CREDIT else timedelta()
        return await self._documents.held(tenant, kind, since, until + later)


def _key(source: str) -> str:
    # The sales point to the first version; a later one, made after a refusal, tells the same sales.
    return document_key(source, DocumentKind.GLOBAL, 1)
