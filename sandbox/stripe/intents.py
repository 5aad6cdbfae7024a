"""The payment intent, setup intent, charge and refund operations of the API."""

from typing import Any

from sandbox.stripe import invoices, payment_methods, payments
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Authentication
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import Refusal, invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/payment_intents")
def create(call: Call) -> Obj:
    """Create and, with ``confirm``, charge."""
    account, params = call.account, call.params
    customer = params.get("customer")
    if customer:
        account.store.get("customer", customer, param="customer")
    method = _method(account, params.get("payment_method"), customer)
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
        method = _method(account, call.params["payment_method"], intent["customer"])
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
    _confirm(account, intent, _method(account, identifier, intent["customer"]), call.params)
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
    refusal = payments.confirm(account, intent, method, off_session=params.get("off_session") in (True, "one_off"))
    if intent["status"] == "succeeded":
        invoices.paid_by(account, intent)
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


def authenticate(account: Account, intent: Obj, *, passed: bool) -> Refusal | None:
    """The customer finished 3-D Secure on the page, for a payment or a setup."""
    setup = intent["object"] == "setup_intent"
    method = account.store.objects[intent["payment_method"]]
    if intent["status"] != "requires_action":
        return invalid("There is nothing to authenticate.", code="payment_intent_unexpected_state")
    if passed:
        account.store.note(method["id"])["authenticated"] = True
        if setup:
            _set_up(account, intent, method)
            return None
        refusal = payments.confirm(account, intent, method, off_session=False, authenticated=True)
        if intent["status"] == "succeeded":
            invoices.paid_by(account, intent)
        return refusal
    kind = "setup" if setup else "payment"
    error = {
        "code": f"{kind}_intent_authentication_failure",
        "message": "We are unable to authenticate your payment method. Please choose a different payment method and "
        "try again.",
        "payment_method": dict(method),
        "type": "invalid_request_error",
    }
    intent.update(status="requires_payment_method", next_action=None, payment_method=None)
    intent[f"last_{kind}_error"] = error
    account.emit("setup_intent.setup_failed" if setup else "payment_intent.payment_failed", intent)
    return None


@operation("POST", "/v1/setup_intents")
def create_setup(call: Call) -> Obj:
    """Save a payment method for later, on the customer when there is one."""
    account, params = call.account, call.params
    customer = params.get("customer")
    if customer:
        account.store.get("customer", customer, param="customer")
    method = _method(account, params.get("payment_method"), customer)
    intent = new_setup(account, customer, method, params)
    if params.get("confirm"):
        _confirm_setup(account, intent, method)
    return intent


def new_setup(account: Account, customer: str | None, method: Obj | None, params: dict[str, Any]) -> Obj:
    """File a setup intent and emit ``setup_intent.created``."""
    identifier = new_id("seti")
    intent = account.create(
        {
            "id": identifier,
            "object": "setup_intent",
            "client_secret": new_id(f"{identifier}_secret"),
            "customer": customer,
            "description": params.get("description"),
            "metadata": params.get("metadata") or {},
            "payment_method": method["id"] if method else None,
            "payment_method_options": {},
            "payment_method_types": params.get("payment_method_types") or ["card"],
            "status": "requires_confirmation" if method else "requires_payment_method",
            "usage": params.get("usage", "off_session"),
        }
    )
    account.emit("setup_intent.created", intent)
    return intent


@operation("POST", "/v1/setup_intents/{intent}")
def update_setup(call: Call) -> Obj:
    """Change a setup intent."""
    account = call.account
    intent = account.store.get("setup_intent", call.id)
    new = changes(intent, call.params, ("description", "metadata"))
    if call.params.get("payment_method"):
        method = _method(account, call.params["payment_method"], intent["customer"])
        new |= {"payment_method": method["id"] if method else None, "status": "requires_confirmation"}
    intent.update(new)
    return intent


@operation("POST", "/v1/setup_intents/{intent}/confirm")
def confirm_setup(call: Call) -> Obj:
    """Verify and attach the method."""
    account = call.account
    intent = account.store.get("setup_intent", call.id)
    identifier = call.params.get("payment_method") or intent["payment_method"]
    _confirm_setup(account, intent, _method(account, identifier, intent["customer"]))
    return intent


@operation("POST", "/v1/setup_intents/{intent}/cancel")
def cancel_setup(call: Call) -> Obj:
    """Cancel."""
    intent = call.account.store.get("setup_intent", call.id)
    if intent["status"] in {"succeeded", "canceled"}:
        raise invalid(
            f"You cannot cancel this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
        )
    intent.update(status="canceled", cancellation_reason=call.params.get("cancellation_reason"), next_action=None)
    call.account.emit("setup_intent.canceled", intent)
    return intent


def _confirm_setup(account: Account, intent: Obj, method: Obj | None) -> None:
    if method is None:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.",
                      code="setup_intent_unexpected_state")  # fmt: skip
    intent["payment_method"] = method["id"]
    card = payment_methods.card_of(account, method)
    if card and card.authentication is not Authentication.NEVER:
        url = f"{account.settings.base_url}/authenticate/{intent['id']}"
        intent.update(
            status="requires_action",
            next_action={"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}},
        )
        account.emit("setup_intent.requires_action", intent)
        return
    try:
        _set_up(account, intent, method)
    except Refusal as refusal:
        error = {k: v for k, v in refusal.error.items() if k != "param"}
        intent.update(status="requires_payment_method", payment_method=None)
        intent["last_setup_error"] = {**error, "payment_method": dict(method)}
        account.emit("setup_intent.setup_failed", intent)
        refusal.error["setup_intent"] = intent
        raise


def _set_up(account: Account, intent: Obj, method: Obj) -> None:
    payment_methods.verify(account, method)
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    customer = account.store.find(intent["customer"])
    if customer:
        payment_methods.attach_to(account, method["id"], customer)
    account.emit("setup_intent.succeeded", intent)


def _method(account: Account, identifier: str | None, customer: str | None) -> Obj | None:
    if not identifier:
        return None
    method = payment_methods.resolve(account, identifier)
    if method["customer"] is not None and method["customer"] != customer:
        raise invalid(
            f"The provided PaymentMethod was attached to a customer. To use it, provide that customer: {identifier}.",
            param="payment_method",
        )
    return method


@operation("POST", "/v1/charges/{charge}")
def update_charge(call: Call) -> Obj:
    """Change a charge's notes."""
    charge = call.account.store.get("charge", call.id)
    new = changes(charge, call.params, ("description", "metadata", "receipt_email", "fraud_details"))
    call.account.update(charge, new, "charge.updated")
    return charge


@operation("POST", "/v1/refunds")
def refund(call: Call) -> Obj:
    """Give money back, in part or whole; never more than was paid."""
    account, params = call.account, call.params
    charge = _charge_to_refund(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount")
    if amount > left:
        raise invalid(
            f"Refund amount ({amount / 100:.2f} {charge['currency'].upper()}) is greater than unrefunded amount on "
            f"charge ({left / 100:.2f} {charge['currency'].upper()})",
            param="amount",
        )
    made = account.create(
        {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": new_id("txn"),
            "charge": charge["id"],
            "created": account.now(charge),
            "currency": charge["currency"],
            "customer": charge["customer"],
            "metadata": params.get("metadata") or {},
            "payment_intent": charge["payment_intent"],
            "reason": params.get("reason"),
            "status": "succeeded",
        }
    )
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.emit("refund.created", made)
    account.emit("charge.refunded", charge, before)
    account.emit("charge.refund.updated", made)
    return made


@operation("POST", "/v1/refunds/{refund}")
def update_refund(call: Call) -> Obj:
    """Change a refund's metadata."""
    made = call.account.store.get("refund", call.id)
    call.account.update(made, changes(made, call.params, ("metadata",)), "refund.updated")
    return made


def _charge_to_refund(account: Account, params: dict[str, Any]) -> Obj:
    if params.get("charge"):
        charge = account.store.get("charge", params["charge"], param="charge")
    elif params.get("payment_intent"):
        intent = account.store.get("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = account.store.objects[intent["latest_charge"]]
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} is not refundable.", code="charge_not_refundable")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    return charge
