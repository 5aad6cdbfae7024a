"""Payment intents, charges and what the issuer answers."""

from typing import Any

from sandbox.stripe import instructions, payment_methods
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Authentication
from sandbox.stripe.declines import DECLINES, Decline
from sandbox.stripe.refusal import Refusal, card_error, invalid
from sandbox.stripe.store import Obj, new_id


def new_intent(account: Account, *, amount: int, currency: str, customer: str | None, **fields: Any) -> Obj:
    """File a payment intent and emit ``payment_intent.created``."""
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    identifier = new_id("pi")
    intent = account.create(
        {
            "id": identifier,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "capture_method": "automatic",
            "client_secret": new_id(f"{identifier}_secret"),
            "confirmation_method": "automatic",
            "currency": currency,
            "customer": customer,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
            **fields,
        }
    )
    account.emit("payment_intent.created", intent)
    return intent


def confirm(
    account: Account, intent: Obj, method: Obj, *, off_session: bool, authenticated: bool = False, billing: bool = False
) -> Refusal | None:
    """Charge the method. Returns the card's refusal, or None when the money moved or the customer must act
    (``requires_action``). ``billing``: the intent pays an invoice, which waits for the customer even off session."""
    intent["payment_method"] = method["id"]
    if method["type"] != "card":
        instructions.issue(account, intent, method)
        return None
    card = payment_methods.card_of(account, method)
    asked = card is not None and not authenticated and _wants_authentication(account, method, card.authentication)
    if asked and (billing or not off_session):
        _ask(account, intent)
        return None
    code = "authentication_required" if asked else account.declines.take(intent["customer"])
    code = code or (card.decline if card else None)
    if code is None:
        charge = settle(account, intent, method)
        if card and card.disputed:
            account.schedule(charge, account.timeline(charge).now(), f"dispute:{card.disputed}")
        return None
    charge = _charge(account, intent, method, code)
    decline = DECLINES[code]
    intent.update(
        status="requires_payment_method",
        latest_charge=charge["id"],
        payment_method=None,
        next_action=None,
        last_payment_error=_last_error(decline, code, charge["id"], method),
    )
    account.emit("charge.failed", charge)
    account.emit("payment_intent.payment_failed", intent)
    return refusal_of(intent)


def settle(account: Account, intent: Obj, method: Obj) -> Obj:
    """The money moved, or was authorized when it is to be captured by hand: file the charge and complete the intent. Returns the charge."""
    charge = _charge(account, intent, method, None)
    if intent["capture_method"] == "manual":
        charge.update(captured=False, amount_captured=0, balance_transaction=None)
        intent.update(
            status="requires_capture",
            amount_capturable=intent["amount"],
            latest_charge=charge["id"],
            next_action=None,
            last_payment_error=None,
        )
        account.emit("charge.succeeded", charge)
        account.emit("payment_intent.amount_capturable_updated", intent)
        return charge
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        next_action=None,
        last_payment_error=None,
    )
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)
    return charge


def refusal_of(intent: Obj) -> Refusal:
    """The 402 for an intent whose last attempt failed."""
    error = {k: v for k, v in intent["last_payment_error"].items() if k not in {"message", "type", "param"}}
    return card_error(intent["last_payment_error"]["message"], **error, payment_intent=intent)


def _wants_authentication(account: Account, method: Obj, when: Authentication) -> bool:
    if when is Authentication.ON_SETUP:
        return not account.store.note(method["id"]).get("authenticated")
    return when is Authentication.ALWAYS


def _ask(account: Account, intent: Obj) -> None:
    intent.update(
        status="requires_action",
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {
                "return_url": account.store.note(intent["id"]).get("return_url"),
                "url": f"{account.settings.base_url}/authenticate/{intent['id']}",
            },
        },
    )
    account.emit("payment_intent.requires_action", intent)


def _charge(account: Account, intent: Obj, method: Obj, code: str | None) -> Obj:
    failed = DECLINES[code] if code else None
    amount = intent["amount"]
    return account.create(
        {
            "id": new_id("ch"),
            "object": "charge",
            "amount": amount,
            "amount_captured": 0 if failed else amount,
            "amount_refunded": 0,
            "balance_transaction": None if failed else new_id("txn"),
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "PERDURA",
            "captured": failed is None,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "failure_code": failed.code if failed else None,
            "failure_message": failed.message if failed else None,
            "fraud_details": {},
            "metadata": dict(intent["metadata"]),
            "outcome": _outcome(code),
            "paid": failed is None,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": details_of(method),
            "receipt_url": f"{account.settings.base_url}/receipts/{intent['id']}",
            "status": "failed" if failed else "succeeded",
        }
    )


def details_of(method: Obj) -> Obj:
    """The payment method as a charge shows it."""
    if method["type"] != "card":
        return {"type": method["type"], method["type"]: {"number": None} if method["type"] == "oxxo" else {}}
    card = method["card"]
    return {
        "type": "card",
        "card": {
            "amount_authorized": None,
            "authorization_code": None,
            "brand": card["brand"],
            "checks": dict(card["checks"]),
            "country": card["country"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "installments": None,
            "last4": card["last4"],
            "mandate": None,
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "wallet": None,
        },
    }


def _outcome(code: str | None) -> Obj:
    decline = DECLINES[code] if code else None
    return {
        "advice_code": decline.advice if decline else None,
        "network_advice_code": decline.network_advice if decline else None,
        "network_decline_code": decline.network if decline else None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": code,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not return any further details with this decline."
        if decline
        else "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }


def _last_error(decline: Decline, code: str, charge: str, method: Obj) -> Obj:
    return {
        "advice_code": decline.advice,
        "charge": charge,
        "code": decline.code,
        "decline_code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "network_advice_code": decline.network_advice,
        "network_decline_code": decline.network,
        "payment_method": dict(method),
        "type": "card_error",
    }
