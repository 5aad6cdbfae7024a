"""Invoices issued before they are paid (PPD): whether the issuer wants them, which one money pays, and what is still owed on it."""

from temporalio import activity

from activities.failures import Missing, Refused
from activities.general_public import GeneralPublic
from activities.ports.pac import Pacs
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.taxes import PaymentMethod

_GONE = (DocumentState.REJECTED, DocumentState.CANCELLED)


class BeforePayment(GeneralPublic):
    """Reads invoices to be paid, and their complements."""

    _pac: Pacs

    @activity.defn
    async def invoices_before_payment(self, tenant: str) -> bool:
        """Whether the issuer wants a CFDI for an invoice whose payment is on its way (PPD). A PAC that seals makes no complements."""
        try:
            issuer = await self._sealer.issuer(tenant)
            pac = await self._pac.account(tenant)
        except (Missing, Refused):
            return False
        return issuer.payment_method is PaymentMethod.PPD and not pac.seals

    async def _issued_before(self, tenant: str, invoice: str, source: str) -> TaxDocument | None:
        """The invoice issued before the money `source` came, which pays it; None: there is none. Raises Missing until it is stamped."""
        made = [
            document
            for document in await self._documents.documents_of(tenant, invoice)
            if document.kind is DocumentKind.DEFERRED and document.state is not DocumentState.CANCELLED
        ]
        if not made:
            return None
        if not made[-1].uuid:
            raise Missing(f"the invoice of {invoice}, which {source} pays, is not stamped yet")
        return made[-1]

    async def _complements(
        self, invoice: TaxDocument, source: str = "", *, substituting: bool = False
    ) -> list[TaxDocument]:
        """The living payment complements of an invoice besides that of `source`, oldest first.

        One that is made in the place of a stamped complement keeps its turn: those of later payments do not come before it.
        """
        others = await self._documents.documents_of_subscription(invoice.tenant, invoice.subscription)
        payments = [other for other in reversed(others) if other.kind is DocumentKind.PAYMENT]
        turns = list(dict.fromkeys(each.source for each in payments))
        before = turns[: turns.index(source)] if substituting and source in turns else turns
        living = [
            each
            for each in payments
            if each.replaces == invoice.uuid
            and each.seal
            and each.state not in _GONE
            and each.source != source
            and each.source in before
        ]
        return sorted(living, key=lambda each: turns.index(each.source))
