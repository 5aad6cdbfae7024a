"""What becomes of payments that settle later: OXXO vouchers and SPEI bank transfers.

They stay open until someone pays (the control path, or the page) or they expire; a bank transfer never expires by itself
(docs.stripe.com/payments/oxxo, docs.stripe.com/payments/bank-transfers).
"""

from sandbox.stripe import invoices, payments
from sandbox.stripe.account import Account
from sandbox.stripe.due import on
from sandbox.stripe.store import Obj


def settle(account: Account, intent: Obj) -> None:
    """The cash or the transfer arrived."""
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
