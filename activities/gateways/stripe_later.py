"""OXXO vouchers and SPEI transfers for an open invoice, made when a customer asks for one and shown again until they are over.

An invoice's own payment intent takes no OXXO (`payment_settings.payment_method_types` does not list it), so each is a payment intent
beside it, attached to the invoice (docs.stripe.com/api/invoices/attach_payment): whichever way the money comes, the invoice is paid.
See docs.stripe.com/payments/oxxo and docs.stripe.com/payments/bank-transfers.
"""

from typing import TYPE_CHECKING

import stripe

from activities.failures import Refused
from activities.gateways.stripe_objects import BANK_TRANSFER, OXXO_VOUCHER, instant, intents, reference, vocabulary
from models.money import Money
from models.speaking.pay_instructions import PayInstructions, Way

if TYPE_CHECKING:
    from stripe.params import PaymentIntentConfirmParams

_FRESH = frozenset({"requires_payment_method", "requires_confirmation"})


class StripeLater:
    """The part of the Payments port that is about paying later."""

    _v1: stripe.V1Services

    async def instructions(self, invoice: str) -> PayInstructions | None:
        """What the customer was told and has not done yet; None where nothing is under way, or only the bank knows of it."""
        with vocabulary():
            _, attempts = await self._open(invoice)
        return next(filter(None, map(_read, attempts)), None)

    async def pay_later(self, invoice: str, way: Way, *, name: str, email: str) -> PayInstructions:
        """The voucher or the account to transfer to; the one that is still good is shown again, and a voucher is not replaced.

        Raises Refused where the invoice is not open, or Stripe will not have it paid so.
        """
        with vocabulary():
            found, attempts = await self._open(invoice)
            if found.status != "open":
                raise Refused(f"invoice {invoice} is {found.status}", "not_open")
            for attempt in attempts:
                known = _read(attempt)
                # A voucher in somebody's hand can be paid at any moment: a second way beside it could take the money twice.
                if known is not None and (known.way is way or known.way is Way.OXXO):
                    return known
                if known is not None:
                    await self._v1.payment_intents.cancel_async(attempt.id)
            intent = await self._beside(found, attempts[1:])
            made = await self._v1.payment_intents.confirm_async(
                intent, _confirmation(way, name, email), {"idempotency_key": f"{intent}/{way}"}
            )
        told = _read(made)
        if told is None:
            raise Refused(f"Stripe gave no instructions for invoice {invoice} by {way}", "no_instructions")
        return told

    async def _open(self, invoice: str) -> tuple[stripe.Invoice, list[stripe.PaymentIntent]]:
        """The invoice and its payment intents, its own first; none of them once it is not open any more."""
        found = await self._v1.invoices.retrieve_async(invoice, {"expand": ["payments"]})
        known = intents(found) if found.status == "open" else []
        return found, [await self._v1.payment_intents.retrieve_async(reference(each)) for each in known]

    async def _beside(self, invoice: stripe.Invoice, others: list[stripe.PaymentIntent]) -> str:
        """An untried payment intent, attached to the invoice before it is tried: no event of it comes too soon."""
        fresh = next((each for each in others if each.status in _FRESH and not each.last_payment_error), None)
        if fresh is not None:
            return fresh.id
        made = await self._v1.payment_intents.create_async(
            {
                "amount": invoice.amount_remaining,
                "currency": invoice.currency,
                "customer": reference(invoice.customer),
                "allowed_payment_method_types": ["oxxo", "customer_balance"],
                "description": invoice.number or reference(invoice),
                "metadata": invoice.metadata.to_dict() if invoice.metadata else {},
            },
            # Counted, so that pressing twice makes one, and one made after another ran out is another.
            {"idempotency_key": f"{reference(invoice)}/later-{len(others) + 1}"},
        )
        await self._v1.invoices.attach_payment_async(
            reference(invoice), {"payment_intent": made.id}, {"idempotency_key": f"{made.id}/attach"}
        )
        return made.id


def _confirmation(way: Way, name: str, email: str) -> "PaymentIntentConfirmParams":
    if way is Way.OXXO:
        return {"payment_method_data": {"type": "oxxo", "billing_details": {"name": name, "email": email}}}
    return {
        "payment_method_data": {"type": "customer_balance"},
        "payment_method_options": {
            "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "mx_bank_transfer"}}
        },
    }


def _read(intent: stripe.PaymentIntent) -> PayInstructions | None:
    action = intent.next_action if intent.status == "requires_action" else None
    amount = Money(intent.amount, intent.currency.upper())
    if action is not None and action.type == OXXO_VOUCHER and action.oxxo_display_details:
        voucher = action.oxxo_display_details
        return PayInstructions(
            Way.OXXO,
            amount,
            voucher.number or "",
            voucher.hosted_voucher_url or "",
            instant(voucher.expires_after) if voucher.expires_after else None,
        )
    if action is not None and action.type == BANK_TRANSFER and action.display_bank_transfer_instructions:
        transfer = action.display_bank_transfer_instructions
        remaining = transfer.amount_remaining
        account = next((each.spei for each in transfer.financial_addresses or [] if each.spei), None)
        return PayInstructions(
            Way.SPEI,
            amount if remaining is None else Money(remaining, amount.currency),
            transfer.reference or "",
            transfer.hosted_instructions_url or "",
            clabe=account.clabe if account else "",
            bank=account.bank_name if account else "",
            beneficiary=account.account_holder_name if account else "",
        )
    return None
