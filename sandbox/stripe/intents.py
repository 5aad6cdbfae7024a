"""The payment intent operations of the API."""

from typing import Any

from sandbox.stripe import invoices, payment_methods, payments
from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id

_TRANSFERS = {"mxn": "mx_bank_transfer"}  # docs.stripe.com/payments/bank-transfers: one type for each currency


@operation("POST", "/v1/payment_intents")
def create(call: Call) -> Obj:
    """Create and, with ``confirm``, charge."""
    account, params = call.account, call.params
    customer = params.get("customer")
    if customer:
        account.store.get("customer", customer, param="customer")
    method = method_for(account, params.get("payment_method"), customer)
    fields: dict[str, Any] = {
        name: params[name] for name in ("description", "receipt_email", "setup_future_usage") if params.get(name)
    }
    types = params.get("payment_method_types") or params.get("allowed_payment_method_types")
    intent = payments.new_intent(
        account,
        amount=params["amount"],
        currency=params["currency"].lower(),
        customer=customer,
        metadata=params.get("metadata") or {},
        payment_method=method["id"] if method else None,
        payment_method_types=types or ["card", "oxxo", "customer_balance"],
        automatic_payment_methods=None if types else {"allow_redirects": "always", "enabled": True},
        status="requires_confirmation" if method else "requires_payment_method",
        capture_method=params.get("capture_method", "automatic"),
        **fields,
    )
    account.store.note(intent["id"])["return_url"] = params.get("return_url")
    if params.get("confirm"):
        _confirm(account, intent, method, params)
    return intent


@operation("POST", "/v1/payment_intents/{intent}")
def update(call: Call) -> Obj:
    """Change an intent that has not been charged."""
    account = call.account
    intent = account.store.get("payment_intent", call.id)
    new = changes(intent, call.params, ("amount", "currency", "description", "metadata", "receipt_email"))
    if call.params.get("payment_method"):
        method = method_for(account, call.params["payment_method"], intent["customer"])
        new |= {"payment_method": method["id"] if method else None, "status": "requires_confirmation"}
    intent.update(new)
    return intent


@operation("POST", "/v1/payment_intents/{intent}/confirm")
def confirm(call: Call) -> Obj:
    """Charge."""
    account = call.account
    intent = account.store.get("payment_intent", call.id)
    identifier = call.params.get("payment_method") or intent["payment_method"]
    account.store.note(intent["id"])["return_url"] = call.params.get("return_url")
    _confirm(account, intent, method_for(account, identifier, intent["customer"]), call.params)
    return intent


def _confirm(account: Account, intent: Obj, method: Obj | None, params: dict[str, Any]) -> None:
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise invalid(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            status=400,
        )
    if params.get("payment_method_data"):
        data = params["payment_method_data"]
        method = payment_methods.create(Call(account, {"type": data.get("type"), **data}))
    if method is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    transfer = ((params.get("payment_method_options") or {}).get("customer_balance") or {}).get("bank_transfer") or {}
    if transfer.get("type", _TRANSFERS.get(intent["currency"])) != _TRANSFERS.get(intent["currency"]):
        raise invalid(
            f"Bank transfers in {intent['currency']} are not of the type {transfer['type']}.",
            param="payment_method_options[customer_balance][bank_transfer][type]",
        )
    refusal = payments.confirm(account, intent, method, off_session=params.get("off_session") in (True, "one_off"))
    if intent["status"] == "succeeded":
        invoices.paid_by(account, intent)
    invoices.waits_for(account, intent)
    if refusal is not None:
        raise refusal


@operation("POST", "/v1/payment_intents/{intent}/capture")
def capture(call: Call) -> Obj:
    """Take the money that was only authorized, or part of it."""
    account = call.account
    intent = account.store.get("payment_intent", call.id)
    if intent["status"] != "requires_capture":
        raise invalid(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    amount: int = call.params.get("amount_to_capture") or intent["amount_capturable"]
    if not 1 <= amount <= intent["amount_capturable"]:
        raise invalid("The amount is more than was authorized.", param="amount_to_capture")
    charge = account.store.objects[intent["latest_charge"]]
    charge.update(captured=True, amount_captured=amount, balance_transaction=new_id("txn"))
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    account.emit("charge.captured", charge)
    account.emit("payment_intent.succeeded", intent)
    return intent


@operation("POST", "/v1/payment_intents/{intent}/cancel")
def cancel(call: Call) -> Obj:
    """Cancel what has not been paid."""
    account = call.account
    intent = account.store.get("payment_intent", call.id)
    if intent["status"] in {"succeeded", "canceled"}:
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    reason = call.params.get("cancellation_reason")
    now = account.now(intent)
    intent.update(status="canceled", canceled_at=now, cancellation_reason=reason, next_action=None)
    account.emit("payment_intent.canceled", intent)
    return intent


def method_for(account: Account, identifier: str | None, customer: str | None) -> Obj | None:
    """The method an intent is to use. Raises Refusal when it is another customer's."""
    if not identifier:
        return None
    method = payment_methods.resolve(account, identifier)
    if method["customer"] is not None and method["customer"] != customer:
        raise invalid(
            f"The provided PaymentMethod was attached to a customer. To use it, provide that customer: {identifier}.",
            param="payment_method",
        )
    return method
