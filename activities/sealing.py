"""Making the document: what a charge or a refund says, signed and kept before anything is sent."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.before_payment import BeforePayment
from activities.dossier import DocumentRef, standing_of
from activities.failures import Missing, Refused
from activities.ports.processes import Processes
from models.documents import DocumentKind, DocumentState, Draft, TaxDocument, document_key
from models.drafts import credit, deferred, everyone, general_public, income, outstanding, payment
from models.fiscal import FOREIGN_RFC, GENERAL_PUBLIC_RFC, Issuer, Receiver, complement_due, issue_date
from models.global_invoice import month_of
from models.invoices import Charge
from models.invoicing import Standing
from models.money import Money
from models.periods import Calendar
from models.postal_zones import zone_of
from models.records import AuditEntry
from models.taxes import CURRENCIES


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
    lapsed: bool = False  # the customer never corrected what was refused: the sale is everybody's


def _told(sale: TaxDocument) -> bool:
    """A global invoice tells this sale, or is about to: it must not be told once more."""
    return sale.state is DocumentState.IN_GLOBAL or (
        sale.state is DocumentState.GENERAL_PUBLIC and sale.kind is DocumentKind.INCOME and sale.replaces != ""
    )


def _local(instant: datetime, issuer: Issuer) -> datetime:
    return instant.astimezone(zone_of(issuer.postal_code)).replace(tzinfo=None, microsecond=0)


def _dated(standing: Standing, order: SealOrder, issuer: Issuer) -> Standing:
    """With a payment complement's own deadline."""
    if order.kind is not DocumentKind.PAYMENT:
        return standing
    return replace(standing, due=complement_due(order.charge.created, issuer.postal_code))


def _one_line(order: SealOrder, draft: Draft) -> str:
    """That the provider's lines could not be those of the invoice; empty where they are, or the others were given away."""
    lines, charged = order.charge.lines, order.charge.amount
    if not lines or len(draft.lines) > 1 or order.kind not in (DocumentKind.INCOME, DocumentKind.DEFERRED):
        return ""
    sums = sum(line.amount - line.discount for line in lines)
    return (
        ""
        if sums == charged.centavos
        else f"the provider's {len(lines)} lines come to {Money(sums)}, charged was {charged}"
    )


def _another_month(charged: datetime, issued: datetime) -> str:
    """That a sale is told in a later month than it was made in: the PAC would not take its own date any more."""
    if (issued.year, issued.month) == (charged.year, charged.month):
        return ""
    return f"charged in {charged:%Y-%m}, dated {issued:%Y-%m-%d}: not stamped within 72 h of the charge"


class Sealing(BeforePayment):
    """Builds and signs."""

    _processes: Processes

    @activity.defn
    async def seal_invoice(self, order: SealOrder) -> Standing:
        """Build and sign the CFDI and keep its bytes before anything is sent; hold it where it cannot be made."""
        awaited = await self._awaited(order)
        if awaited is not None:
            order = replace(order, kind=DocumentKind.PAYMENT)
        issuer = await self._sealer.issuer(order.tenant)
        known = await self._documents.document(order.tenant, document_key(order.source, order.kind, order.version))
        if known is not None and (known.seal or _told(known)):
            return _dated(standing_of(known), order, issuer)
        original = awaited or await self._original(order)
        receiver = await self._receiver(order, issuer, original)
        issued = issue_date(order.charge.created, order.now, issuer.postal_code)
        document = TaxDocument(
            tenant=order.tenant,
            source=order.source,
            kind=order.kind,
            version=order.version,
            subscription=order.subscription,
            state=DocumentState.GENERAL_PUBLIC,
            total=order.charge.amount,
            issued_at=issued.replace(tzinfo=zone_of(issuer.postal_code)).astimezone(UTC),
            created_at=order.now,
            updated_at=order.now,
            receiver_rfc=receiver.rfc if receiver else "",
            replaces=(original.uuid or original.key) if original else order.substitutes,
        )
        if order.kind is DocumentKind.DEFERRED and (receiver is None or receiver.rfc == FOREIGN_RFC):
            # Nothing is kept: whoever is not named is invoiced when the money is there, as everybody is.
            return standing_of(document)
        unnamed = original.state is DocumentState.GENERAL_PUBLIC if original else receiver is None
        if unnamed and document.total.currency == "MXN":
            # Seen to where the need arises, so that no tenant is forgotten and none without such sales is asked for a certificate.
            tenant = await self._store.tenant(order.tenant)
            await self._processes.keep_invoicing_the_public(order.tenant, Calendar(zone=tenant.zone))
            return await self._keep(document)
        wrong = await self._unfit(document, original, substituting=bool(order.substitutes))
        if receiver is None or wrong:
            return await self._keep(replace(document, state=DocumentState.WAITING_DATA, field=wrong or "tax_id"))
        try:
            pac = await self._pac.account(order.tenant)
            if pac.seals:  # it reckons discounts in its own way: one line, whose sums are ours
                order = replace(order, charge=replace(order.charge, lines=()))
            draft = await self._draft(order, issuer, receiver, issued, original)
            draft = replace(draft, exchange=await self._exchange(document))
            sealed = await (
                self._sealer.build(draft) if pac.seals else self._sealer.build_and_seal(order.tenant, draft)
            )
        except Refused as refusal:
            held = replace(document, state=DocumentState.WAITING_DATA, code=refusal.code, message=str(refusal))
            return await self._keep(held)
        kept = await self._documents.keep_sealed(
            replace(document, state=DocumentState.SEALED, seal=sealed.seal), sealed.xml
        )
        if told := _one_line(order, draft):
            await self._say(kept, order, "one_line", "tax invoice has one line", told)
        if told := _another_month(_local(order.charge.created, issuer), issued):
            await self._say(kept, order, "another_month", "tax invoice dated in another month", told)
        return _dated(standing_of(kept), order, issuer)

    async def _say(self, document: TaxDocument, order: SealOrder, key: str, action: str, detail: str) -> None:
        """Say in the record, once, what a reader of the document would wonder at."""
        key = f"{document.key}/{key}"
        entry = AuditEntry(order.tenant, order.subscription, key, order.now, "perdura", action, detail=detail)
        await self._store.audit(entry)

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
                    paid_at=_local(order.charge.created, issuer),
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
