"""What becomes of payments that settle later: OXXO vouchers and SPEI bank transfers.

They stay open until someone pays (the control path, or the page) or the voucher expires; a bank transfer does not expire
(docs.stripe.com/payments/oxxo, docs.stripe.com/payments/bank-transfers). An expired voucher leaves an invoice open and
fails the Checkout Session it came from.
"""

from sandbox.stripe import invoices, payments
from sandbox.stripe.account import Account
from sandbox.stripe.due import on
from sandbox.stripe.refusal import invalid
from sandbox.stripe.store import Obj


def settle(account: Account, intent: Obj) -> None:
    """The cash or the transfer arrived."""
    if intent["status"] not in {"requires_action", "processing"}:
        return
    method = account.store.objects[intent["payment_method"]]
    intent.update(status="processing", next_action=None)
    account.emit("payment_intent.processing", intent)
    payments.settle(account, intent, method)
    invoices.paid_by(account, intent)
    _tell_session(account, intent, paid=True)


def expire(account: Account, intent: Obj) -> None:
    """Nobody pays the voucher any more. Raises Refusal when there is none that could expire."""
    if (intent["next_action"] or {}).get("type") != "oxxo_display_details":
        raise invalid("Only an unpaid OXXO voucher expires. Cancel a bank transfer with its PaymentIntent.")
    method = account.store.objects[intent["payment_method"]]
    error = {
        "code": "payment_intent_payment_attempt_expired",
        "message": "The payment attempt for this PaymentIntent has expired.",
        "payment_method": dict(method),
        "type": "card_error",
    }
    intent.update(status="requires_payment_method", next_action=None, payment_method=None, last_payment_error=error)
    account.emit("payment_intent.payment_failed", intent)
    invoices.not_paid_by(account, intent)
    _tell_session(account, intent, paid=False)


@on("voucher_expires")
def time_is_over(account: Account, intent: Obj, number: str) -> None:
    """The voucher's days are over, unless it was paid or another one took its place."""
    action = intent["next_action"] or {}
    if action.get("oxxo_display_details", {}).get("number") == number:
        expire(account, intent)


def _tell_session(account: Account, intent: Obj, *, paid: bool) -> None:
    session = account.store.find(account.store.note(intent["id"]).get("session"))
    if session is None:
        return
    if paid:
        session["payment_status"] = "paid"
    account.emit(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)
