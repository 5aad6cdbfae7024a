"""Invoices at Stripe: looking, charging, settling, writing off, and what was given back of them."""

import asyncio
import contextlib
from dataclasses import replace

import stripe

from activities.failures import Declined, Failure, Refused
from activities.gateways.stripe_objects import (
    credit_note_read,
    credited,
    intents,
    invoice_read,
    reference,
    refund_read,
    vocabulary,
)
from models.collecting.declines import Decline
from models.subscribing.invoices import ChargeOutcome, ChargeResult, CreditNote, Invoice, InvoiceStatus, Refund


class StripeInvoices:
    """The part of the Payments port that is about one invoice."""

    _v1: stripe.V1Services

    async def _attempt(self, intent: str) -> stripe.PaymentIntent:
        return await self._v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})

    async def look_up_invoice(self, invoice: str) -> Invoice:
        """The invoice and the outcome of its payment: one call, and one for each payment intent it has."""
        with vocabulary():
            found = await self._v1.invoices.retrieve_async(invoice, {"expand": ["payments"]})
            attempts = await asyncio.gather(*(self._attempt(reference(i)) for i in intents(found)))
            notes = await self._credit_notes(found)
        return invoice_read(found, {intent.id: intent for intent in attempts}, notes)

    async def _credit_notes(self, invoice: stripe.Invoice) -> list[CreditNote]:
        if not credited(invoice):
            return []
        listed = await self._v1.credit_notes.list_async({"invoice": reference(invoice), "limit": 100})
        return [credit_note_read(note) async for note in listed.auto_paging_iter()]

    async def look_up_refund(self, refund: str) -> Refund:
        """The refund, its charge, and the invoice which that charge paid, if it paid one."""
        with vocabulary():
            found = await self._v1.refunds.retrieve_async(refund, {"expand": ["charge"]})
            intent = reference(found.payment_intent)
            paid = None
            if intent:
                paid = await self._v1.invoice_payments.list_async(
                    {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
                )
        return refund_read(found, reference(paid.data[0].invoice) if paid and paid.data else "")

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        """Try to collect with the default card. What Stripe says of the invoice counts, not how the attempt ended."""
        before = await self.look_up_invoice(invoice)
        if result := _over(before):
            return result
        try:
            with vocabulary():
                await self._v1.invoices.pay_async(invoice, {"off_session": True}, {"idempotency_key": key})
        except Declined as refusal:
            after = replace(before, attempted=True, decline=refusal.decline)
            return ChargeResult(ChargeOutcome.DECLINED, after, refusal.decline)
        except Failure as problem:
            after = await self.look_up_invoice(invoice)
            if result := _over(after):
                return result
            if isinstance(problem, Refused) and not await self._has_card(invoice):
                decline = Decline("missing_payment_method")
                return ChargeResult(ChargeOutcome.DECLINED, replace(after, decline=decline), decline)
            raise
        after = await self.look_up_invoice(invoice)
        return _over(after) or ChargeResult(ChargeOutcome.PENDING, after)  # OXXO and SPEI settle days later

    async def call_off(self, invoice: str) -> None:
        with vocabulary():
            found = await self._v1.invoices.retrieve_async(invoice, {"expand": ["payments"]})
            attempts = [await self._v1.payment_intents.retrieve_async(reference(each)) for each in intents(found)]
        for intent in attempts:
            if intent.status == "requires_action":
                # Paid in this very moment, it cannot be canceled any more: the reconciliation tells of money that nobody owed.
                with contextlib.suppress(Refused), vocabulary():
                    await self._v1.payment_intents.cancel_async(intent.id)

    async def _has_card(self, invoice: str) -> bool:
        return bool(await self._method(invoice))

    async def _method(self, invoice: str) -> str:
        """The payment method that Stripe would charge: the invoice's own, else the subscription's, else the customer's."""
        with vocabulary():
            found = await self._v1.invoices.retrieve_async(
                invoice, {"expand": ["customer", "parent.subscription_details.subscription"]}
            )
        details = found.parent.subscription_details if found.parent else None
        owner = details.subscription if details else None
        customer = found.customer
        usual = customer.invoice_settings if isinstance(customer, stripe.Customer) else None
        return reference(
            found.default_payment_method
            or (owner.default_payment_method if isinstance(owner, stripe.Subscription) else None)
            or (usual.default_payment_method if usual else None)
        )

    async def card_of(self, invoice: str) -> str:
        method = await self._method(invoice)
        if not method:
            return ""
        with vocabulary():
            found = await self._v1.payment_methods.retrieve_async(method)
        return (found.card.fingerprint or "") if found.card else ""

    async def settle_outside(self, invoice: str, key: str) -> Invoice:
        """Mark as paid by other means; an invoice already paid or closed is answered as it stands."""
        try:
            with vocabulary():
                await self._v1.invoices.pay_async(invoice, {"paid_out_of_band": True}, {"idempotency_key": key})
        except Refused:
            return await self._closed(invoice)
        return await self.look_up_invoice(invoice)

    async def write_off(self, invoice: str, key: str) -> Invoice:
        """Mark as uncollectible; an invoice already paid or closed is answered as it stands."""
        try:
            with vocabulary():
                await self._v1.invoices.mark_uncollectible_async(invoice, None, {"idempotency_key": key})
        except Refused:
            return await self._closed(invoice)
        return await self.look_up_invoice(invoice)

    async def _closed(self, invoice: str) -> Invoice:
        found = await self.look_up_invoice(invoice)
        if _over(found) is None:
            raise Refused(f"Stripe will not close invoice {invoice}, which is {found.status}")
        return found


def _over(invoice: Invoice) -> ChargeResult | None:
    """The result of charging an invoice that needs no charge any more."""
    if invoice.status is InvoiceStatus.PAID:
        return ChargeResult(ChargeOutcome.PAID, invoice)
    if invoice.status in (InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE):
        return ChargeResult(ChargeOutcome.CLOSED, invoice)
    return None
