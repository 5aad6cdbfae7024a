"""Setup intents: saving a payment method for later, and the authentication that may take."""

from typing import Any

from sandbox.stripe import invoices, payment_methods, payments
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Authentication
from sandbox.stripe.edits import changes
from sandbox.stripe.intents import method_for
from sandbox.stripe.refusal import Refusal, invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/setup_intents")
def create_setup(call: Call) -> Obj:
    """Save a payment method for later, on the customer when there is one."""
    account, params = call.account, call.params
    customer = params.get("customer")
    if customer:
        account.store.get("customer", customer, param="customer")
    method = method_for(account, params.get("payment_method"), customer)
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
        method = method_for(account, call.params["payment_method"], intent["customer"])
        new |= {"payment_method": method["id"] if method else None, "status": "requires_confirmation"}
    intent.update(new)
    return intent


@operation("POST", "/v1/setup_intents/{intent}/confirm")
def confirm_setup(call: Call) -> Obj:
    """Verify and attach the method."""
    account = call.account
    intent = account.store.get("setup_intent", call.id)
    identifier = call.params.get("payment_method") or intent["payment_method"]
    _confirm_setup(account, intent, method_for(account, identifier, intent["customer"]))
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
