"""What a tax document says of a charge or a refund: whom it names, what it takes back or pays, and what keeps it from being made."""

from dataclasses import dataclass, replace
from datetime import datetime

from activities.before_payment import BeforePayment
from activities.dossier import DocumentRef
from activities.failures import Missing
from models.billing.bills import Bill, charge_lines, is_bill, taxed
from models.cfdi.documents import DocumentKind, DocumentState, Draft, TaxDocument
from models.cfdi.drafts import credit, deferred, everyone, general_public, income, outstanding, payment
from models.cfdi.fiscal import FOREIGN_RFC, GENERAL_PUBLIC_RFC, Issuer, Receiver, terms_of
from models.cfdi.global_invoice import month_of
from models.cfdi.postal_zones import zone_of
from models.cfdi.taxes import CURRENCIES, Terms
from models.selling.plans import Plan
from models.subscribing.invoices import Charge


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
    substitutes: str = ""  # the folio fiscal that this document replaces (relation 04)
    invoice: str = ""  # the provider's invoice that a charge paid
    plain: bool = False  # the PAC reckons discounts in its own way: lines are told without
    lapsed: bool = False  # the customer never corrected what was refused: the sale is everybody's


def local(instant: datetime, issuer: Issuer) -> datetime:
    """On the clock of the place of issue, as a CFDI writes it."""
    return instant.astimezone(zone_of(issuer.postal_code)).replace(tzinfo=None, microsecond=0)


class Drafting(BeforePayment):
    """Reads what is to be told."""

    async def _awaited(self, order: SealOrder) -> TaxDocument | None:
        """The invoice issued before this money came, which it pays. A substitute is what its order says it is."""
        pays = order.kind is DocumentKind.PAYMENT or (order.kind is DocumentKind.INCOME and not order.substitutes)
        return await self._issued_before(order.tenant, order.invoice, order.source) if pays and order.invoice else None

    async def _draft(
        self, order: SealOrder, issuer: Issuer, receiver: Receiver, issued: datetime, original: TaxDocument | None
    ) -> Draft:
        match order.kind:
            case DocumentKind.GLOBAL:
                return general_public(
                    issuer=issuer,
                    receipts=await self._lines(order.tenant, order.source),
                    period=month_of(order.source).period,
                    issued=issued,
                    folio=f"{order.source}-{order.version}",
                )
            case DocumentKind.PAYMENT if original is not None:
                return payment(
                    issuer=issuer,
                    receiver=receiver,
                    invoice=original,
                    earlier=await self._complements(original, order.source, substituting=bool(order.substitutes)),
                    charge=order.charge,
                    paid_at=local(order.charge.created, issuer),
                    issued=issued,
                    version=order.version,
                    substitutes=order.substitutes,
                )
            case DocumentKind.DEFERRED:
                plan = await self._plan(order.tenant, order.subscription)
                return deferred(
                    issuer=issuer,
                    receiver=receiver,
                    plan=plan,
                    charge=order.charge,
                    issued=issued,
                    version=order.version,
                    substitutes=order.substitutes,
                )
            case DocumentKind.CREDIT if original is not None:
                return credit(
                    issuer=issuer,
                    receiver=receiver,
                    original=original,
                    refund=order.charge,
                    issued=issued,
                    version=order.version,
                )
            case _ if is_bill(order.subscription):
                return await self._billed(order, issuer, receiver, issued)
            case _:
                plan = await self._plan(order.tenant, order.subscription)
                return income(
                    issuer=issuer,
                    receiver=receiver,
                    plan=plan,
                    charge=order.charge,
                    issued=issued,
                    version=order.version,
                    substitutes=order.substitutes,
                )

    async def _billed(self, order: SealOrder, issuer: Issuer, receiver: Receiver, issued: datetime) -> Draft:
        """The invoice of a bill: its own lines, each by its keys and taxed as the catalogue says of it."""
        bill = await self._bill(order)
        usual = terms_of(issuer, receiver)
        lines = charge_lines(bill, order.charge.amount.centavos, usual, plain=order.plain)
        first = bill.lines[0]
        return income(
            issuer=issuer,
            receiver=receiver,
            plan=Plan(
                order.tenant, bill.id, bill.title, bill.total, product_key=first.product_key, unit_key=first.unit_key
            ),
            charge=replace(order.charge, description=bill.title, lines=lines),
            issued=issued,
            version=order.version,
            substitutes=order.substitutes,
            taxed=taxed(bill, usual),
        )

    async def _bill(self, order: SealOrder) -> Bill:
        bill = await self._store.bill(order.tenant, order.subscription)
        if bill is None:
            raise Missing(f"there is no bill '{order.subscription}'")
        return bill

    async def _sold_to_everybody(self, order: SealOrder, issuer: Issuer) -> Terms | None:
        """How a sale without RFC is taxed where that is not as the issuer's others are; None: as they are."""
        if not is_bill(order.subscription) or order.kind is not DocumentKind.INCOME:
            return None
        return taxed(await self._bill(order), Terms(issuer.vat))

    async def _receiver(self, order: SealOrder, issuer: Issuer, original: TaxDocument | None) -> Receiver | None:
        """Whom the document names: the customer, or everyone where it is a global invoice or takes part of one back."""
        if DocumentKind.GLOBAL in (order.kind, original.kind if original else order.kind):
            return everyone(issuer)
        named = (await self._store.customer_of(order.tenant, order.subscription)).receiver
        if named is not None and named.rfc == GENERAL_PUBLIC_RFC:
            return replace(named, postal_code=issuer.postal_code)
        return None if order.lapsed and order.kind is DocumentKind.INCOME else named

    async def _original(self, order: SealOrder) -> TaxDocument | None:
        """What a refund takes back: the invoice, the sale held without RFC, or the global invoice that sale went into.

        Raises Missing until the invoice is stamped.
        """
        if order.kind is not DocumentKind.CREDIT:
            return None
        for document in reversed(await self._documents.documents_of(order.tenant, order.original)):
            if document.state is DocumentState.IN_GLOBAL:
                document = await self._document(DocumentRef(order.tenant, document.replaces))
            if document.kind is DocumentKind.PAYMENT and document.uuid:
                document = await self._documents.document_by_uuid(order.tenant, document.replaces) or document
            claimed = document.state is DocumentState.GENERAL_PUBLIC and document.replaces
            if document.uuid or (document.state is DocumentState.GENERAL_PUBLIC and not claimed):
                return document
        raise Missing(f"the invoice of {order.original}, which {order.source} refunds, is not stamped yet")

    async def _convertible(self, document: TaxDocument) -> bool:
        """Whether amounts are in pesos, or the rate of their day is known. The global invoice is in pesos alone."""
        currency = document.total.currency
        if currency == "MXN":
            return True
        named = document.receiver_rfc not in ("", GENERAL_PUBLIC_RFC)
        return named and currency in CURRENCIES and await self._exchange(document) > 0

    async def _exchange(self, document: TaxDocument) -> int:
        if document.total.currency == "MXN":
            return 0
        issuer = await self._sealer.issuer(document.tenant)
        day = document.issued_at.astimezone(zone_of(issuer.postal_code)).date()
        return await self._documents.exchange_rate(document.tenant, document.total.currency, day) or 0

    async def _unfit(self, document: TaxDocument, original: TaxDocument | None, *, substituting: bool) -> str:
        """The field that keeps a document from being made by the machine alone; empty where none does."""
        if document.receiver_rfc == FOREIGN_RFC or (original and original.receiver_rfc != document.receiver_rfc):
            return "tax_id"
        if document.kind is DocumentKind.PAYMENT and original is not None:
            earlier = await self._complements(original, document.source, substituting=substituting)
            owed = outstanding(original, earlier)
            return "amount" if document.total.centavos > owed or document.total.currency != "MXN" else ""
        if not await self._convertible(document):
            return "currency"  # needs the exchange rate of the day (TipoCambio)
        if original is None:
            return ""
        others = await self._documents.documents_of_subscription(document.tenant, document.subscription)
        credited = sum(
            other.total.centavos
            for other in others
            if other.kind is DocumentKind.CREDIT
            and other.replaces == original.uuid
            and other.uuid
            and other.source != document.source
        )
        limit = original.total.centavos
        if original.kind is DocumentKind.GLOBAL:
            # It tells everybody's sales: this customer's, less what was given back before it was made, is all there is to credit.
            told = [
                other for other in others if other.state is DocumentState.IN_GLOBAL and other.replaces == original.key
            ]
            limit = sum(o.total.centavos for o in told if o.kind is DocumentKind.INCOME)
            limit -= sum(o.total.centavos for o in told if o.kind is DocumentKind.CREDIT)
        return "amount" if credited + document.total.centavos > limit else ""
