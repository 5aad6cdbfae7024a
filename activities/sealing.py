"""Making the document: what a charge or a refund says, signed and kept before anything is sent."""

from dataclasses import replace
from datetime import UTC, datetime

from temporalio import activity

from activities.dossier import standing_of
from activities.drafting import Drafting, SealOrder, local
from activities.failures import Refused
from activities.ports.processes import Processes
from models.cfdi.documents import DocumentKind, DocumentState, Draft, TaxDocument
from models.cfdi.fiscal import FOREIGN_RFC, Issuer, complement_due, issue_date
from models.cfdi.invoicing import Standing
from models.cfdi.postal_zones import zone_of
from models.money import Money
from models.periods import Calendar
from models.records import AuditEntry


def _told(sale: TaxDocument) -> bool:
    """A global invoice tells this sale, or is about to: it must not be told once more."""
    return sale.state is DocumentState.IN_GLOBAL or (
        sale.state is DocumentState.GENERAL_PUBLIC and sale.kind is DocumentKind.INCOME and sale.replaces != ""
    )


def _dated(standing: Standing, order: SealOrder, issuer: Issuer) -> Standing:
    """With a payment complement's own deadline."""
    if order.kind is not DocumentKind.PAYMENT:
        return standing
    return replace(standing, due=complement_due(order.charge.created, issuer.postal_code))


def _one_line(order: SealOrder, draft: Draft) -> str:
    """Where the provider's lines could not be those of the invoice; empty where they are, or the others were given away."""
    lines, charged = order.charge.lines, order.charge.amount
    if not lines or len(draft.lines) > 1 or order.kind not in (DocumentKind.INCOME, DocumentKind.DEFERRED):
        return ""
    sums = Money(sum(line.amount - line.discount for line in lines))
    return (
        f"the provider's {len(lines)} lines come to {sums}, charged was {charged}"
        if sums.centavos != charged.centavos
        else ""
    )


def _another_month(charged: datetime, issued: datetime) -> str:
    """Where a sale is told in a later month than it was made in: the PAC would not take its own date any more."""
    if (issued.year, issued.month) == (charged.year, charged.month):
        return ""
    return f"charged in {charged:%Y-%m}, dated {issued:%Y-%m-%d}: not stamped within 72 h of the charge"


class Sealing(Drafting):
    """Builds and signs."""

    _processes: Processes

    @activity.defn
    async def seal_invoice(self, order: SealOrder) -> Standing:
        """Build and sign the CFDI and keep its bytes before anything is sent; hold it where it cannot be made."""
        awaited = await self._awaited(order)
        if awaited is not None:
            order = replace(order, kind=DocumentKind.PAYMENT)
        issuer = await self._sealer.issuer(order.tenant)
        known = await self._made(order)
        if known is not None and (known.seal or _told(known) or known.version > order.version):
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
            return await self._keep(replace(document, terms=await self._sold_to_everybody(order, issuer)))
        wrong = await self._unfit(document, original, substituting=bool(order.substitutes))
        if receiver is None or wrong:
            return await self._keep(replace(document, state=DocumentState.WAITING_DATA, field=wrong or "tax_id"))
        try:
            pac = await self._pac.account(order.tenant)
            if pac.seals:  # it reckons discounts in its own way: one line, whose sums are ours
                order = replace(order, charge=replace(order.charge, lines=()), plain=True)
            draft = await self._draft(order, issuer, receiver, issued, original)
            draft = replace(draft, exchange=await self._exchange(document))
            sealed = await (
                self._sealer.build(draft) if pac.seals else self._sealer.build_and_seal(order.tenant, draft)
            )
        except Refused as refusal:
            held = replace(document, state=DocumentState.WAITING_DATA, code=refusal.code, message=str(refusal))
            return await self._keep(held)
        kept = await self._documents.keep_sealed(
            replace(document, state=DocumentState.SEALED, seal=sealed.seal, terms=draft.terms, taxes=draft.taxes),
            sealed.xml,
        )
        if told := _one_line(order, draft):
            await self._say(kept, order, "one_line", "tax invoice has one line", told)
        if told := _another_month(local(order.charge.created, issuer), issued):
            await self._say(kept, order, "another_month", "tax invoice dated in another month", told)
        return _dated(standing_of(kept), order, issuer)

    async def _made(self, order: SealOrder) -> TaxDocument | None:
        """The document as it was made before. A version that came to nothing is never sent again after another took its place.

        So a charge that is told once more, when its process is long forgotten, is found as it stands.
        """
        made = await self._documents.documents_of(order.tenant, order.source)
        versions = {each.version: each for each in made if each.kind is order.kind}
        known = versions.get(order.version)
        if known is not None and (known.uuid or _told(known)):
            return known
        return versions[max(versions)] if max(versions, default=0) > order.version else known

    async def _say(self, document: TaxDocument, order: SealOrder, key: str, action: str, detail: str) -> None:
        """Say in the record, once, what a reader of the document would wonder at."""
        key = f"{document.key}/{key}"
        entry = AuditEntry(order.tenant, order.subscription, key, order.now, "perdura", action, detail=detail)
        await self._store.audit(entry)
