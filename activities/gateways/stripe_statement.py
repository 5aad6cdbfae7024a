"""All money at Stripe since an instant, listed from end to end: what the books are held against."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from activities.gateways.stripe_invoices import StripeInvoices
from activities.gateways.stripe_objects import (
    charge_read,
    instant,
    intents,
    invoice_read,
    reference,
    refund_read,
    vocabulary,
)
from models.bookkeeping.statement import StatedCharge, StatedDispute, StatedInvoice, StatedRefund, Statement
from models.money import Money

if TYPE_CHECKING:
    from stripe.params import ChargeListParams, DisputeListParams, InvoiceListParams, RefundListParams

PAGE = 100


class StripeStatement(StripeInvoices):
    """The part of the Payments port that tells of everything at once."""

    async def statement(self, since: datetime | None = None) -> Statement:
        """Invoices that are no drafts, charges that took money, refunds and disputes made since an instant (None: since ever).

        About one call for each hundred objects of a kind, and one for each invoice with a credit note.
        """
        with vocabulary():
            invoices, charges, refunds, disputes = await asyncio.gather(
                self._invoices(since), self._charges(since), self._refunds(since), self._disputes(since)
            )
            paid = {reference(i): invoice.id for invoice in invoices for i in intents(invoice)}
            for charge in charges:
                intent = reference(charge.payment_intent)
                if intent and intent not in paid:  # made for an invoice from before, or for none
                    paid[intent] = await self._invoice_of(intent)
            stated = [await self._stated(invoice, charges) for invoice in invoices]
        by_charge = {charge.id: paid.get(reference(charge.payment_intent), "") for charge in charges}
        given_back = []
        for refund in refunds:
            taken = reference(refund.charge)
            if taken not in by_charge:
                with vocabulary():
                    by_charge[taken] = await self._invoice_of(reference(refund.payment_intent))
            owner = reference(refund.charge.customer) if isinstance(refund.charge, stripe.Charge) else ""
            given_back.append(StatedRefund(refund_read(refund, by_charge[taken]), owner))
        return Statement(
            since,
            tuple(stated),
            tuple(_charge(charge, by_charge[charge.id]) for charge in charges),
            tuple(given_back),
            tuple(dispute_read(dispute) for dispute in disputes),
        )

    async def stated_invoice(self, invoice: str) -> StatedInvoice:
        with vocabulary():
            found = await self._v1.invoices.retrieve_async(invoice, {"expand": ["payments"]})
            return await self._stated(found, [])

    async def _stated(self, invoice: stripe.Invoice, charges: list[stripe.Charge]) -> StatedInvoice:
        mine = {reference(i) for i in intents(invoice)}
        paid = next((charge for charge in charges if mine and reference(charge.payment_intent) in mine), None)
        read = invoice_read(invoice, {}, await self._credit_notes(invoice))
        if paid is None and mine and invoice.status == "paid":
            read = await self.look_up_invoice(reference(invoice))
        elif paid is not None:
            read = replace(read, charge=charge_read(paid))
        details = invoice.parent.subscription_details if invoice.parent else None
        return StatedInvoice(read, reference(invoice.customer), reference(details.subscription) if details else "")

    async def _invoice_of(self, intent: str) -> str:
        if not intent:
            return ""
        paid = await self._v1.invoice_payments.list_async(
            {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
        )
        return reference(paid.data[0].invoice) if paid.data else ""

    async def _invoices(self, since: datetime | None) -> list[stripe.Invoice]:
        params: InvoiceListParams = {"limit": PAGE, "expand": ["data.payments"]}
        if since:
            params["created"] = {"gte": int(since.timestamp())}
        listed = await self._v1.invoices.list_async(params)
        return [each async for each in listed.auto_paging_iter() if each.status != "draft"]

    async def _charges(self, since: datetime | None) -> list[stripe.Charge]:
        params: ChargeListParams = {"limit": PAGE}
        if since:
            params["created"] = {"gte": int(since.timestamp())}
        listed = await self._v1.charges.list_async(params)
        return [each async for each in listed.auto_paging_iter() if each.paid and each.captured]

    async def _refunds(self, since: datetime | None) -> list[stripe.Refund]:
        params: RefundListParams = {"limit": PAGE, "expand": ["data.charge"]}
        if since:
            params["created"] = {"gte": int(since.timestamp())}
        listed = await self._v1.refunds.list_async(params)
        return [each async for each in listed.auto_paging_iter()]

    async def _disputes(self, since: datetime | None) -> list[stripe.Dispute]:
        params: DisputeListParams = {"limit": PAGE}
        if since:
            params["created"] = {"gte": int(since.timestamp())}
        listed = await self._v1.disputes.list_async(params)
        return [each async for each in listed.auto_paging_iter()]


def _charge(charge: stripe.Charge, invoice: str) -> StatedCharge:
    amount = Money(charge.amount_captured, charge.currency.upper())
    return StatedCharge(charge.id, amount, instant(charge.created), reference(charge.customer), invoice)


def dispute_read(dispute: stripe.Dispute) -> StatedDispute:
    """Stripe's dispute as the books know it."""
    due = dispute.evidence_details.due_by if dispute.evidence_details else None
    return StatedDispute(
        id=dispute.id,
        charge=reference(dispute.charge),
        amount=Money(dispute.amount, dispute.currency.upper()),
        created=instant(dispute.created),
        status=dispute.status,
        due_by=instant(due) if due else None,
    )
