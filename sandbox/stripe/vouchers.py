"""Payments that settle later: OXXO vouchers and SPEI bank transfers (docs.stripe.com/payments/oxxo, .../bank-transfers).

They stay open until someone pays (the control path, or the page) or they expire.
"""

from typing import Any

from sandbox.stripe import payments
from sandbox.stripe.account import Account
from sandbox.stripe.billing import on
from sandbox.stripe.store import Obj, new_id

OXXO_DAYS = 3  # Stripe's default validity of a voucher


def issue(account: Account, intent: Obj, method: Obj) -> None:
    """Show the customer how to pay; the intent waits in ``requires_action``."""
    action = _oxxo(account, intent) if method["type"] == "oxxo" else _spei(account, intent)
    intent.update(status="requires_action", next_action=action)
    account.emit("payment_intent.requires_action", intent)


def _oxxo(account: Account, intent: Obj) -> dict[str, Any]:
    expires = int(account.timeline(intent).now() + account.calendar(intent).days(OXXO_DAYS))
    account.schedule(intent, expires, "voucher_expires")
    return {
        "type": "oxxo_display_details",
        "oxxo_display_details": {
            "expires_after": expires,
            "hosted_voucher_url": f"{account.settings.base_url}/voucher/{intent['id']}",
            "number": f"{abs(hash(intent['id'])) % 10**32:032d}",
        },
    }


def _spei(account: Account, intent: Obj) -> dict[str, Any]:
    return {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": intent["amount"],
            "currency": intent["currency"],
            "financial_addresses": [],
            "hosted_instructions_url": f"{account.settings.base_url}/voucher/{intent['id']}",
            "reference": new_id("", 12)[1:].upper(),
            "type": "mx_bank_transfer",
        },
    }


def settle(account: Account, intent: Obj) -> None:
    """The cash or the transfer arrived."""
    from sandbox.stripe import invoices  # invoices charge through payments, which issue vouchers

    if intent["status"] not in {"requires_action", "processing"}:
        return
    method = account.store.objects[intent["payment_method"]]
    payments.settle(account, intent, method)
    invoices.paid_by(account, intent)


@on("voucher_expires")
def expire(account: Account, intent: Obj, _: str) -> None:
    """Nobody paid the voucher in time."""
    if intent["status"] != "requires_action":
        return
    method = account.store.objects[intent["payment_method"]]
    error = {
        "code": "payment_intent_payment_attempt_expired",
        "message": "The payment attempt for this PaymentIntent has expired.",
        "payment_method": dict(method),
        "type": "card_error",
    }
    intent.update(status="requires_payment_method", next_action=None, payment_method=None, last_payment_error=error)
    account.emit("payment_intent.payment_failed", intent)
