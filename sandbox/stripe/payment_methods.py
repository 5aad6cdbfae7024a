"""Payment methods: cards from numbers, tokens and magic ids, OXXO and bank transfers."""

import hashlib
from typing import Any

from sandbox.stripe import cards
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Card
from sandbox.stripe.declines import DECLINES
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import card_error, invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.resources import page
from sandbox.stripe.store import Obj, new_id

_BILLING = ("address", "email", "name", "phone", "tax_id")
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
EXPIRES = (12, 2034)


def billing_details(given: Any = None) -> Obj:
    """Stripe's billing details with every field present."""
    details: Obj = {name: (given or {}).get(name) for name in _BILLING}
    details["address"] = {name: (details["address"] or {}).get(name) for name in _ADDRESS}
    return details


def from_card(account: Account, card: Card, **fields: Any) -> Obj:
    """A new, unattached payment method for a test card."""
    month, year = fields.pop("exp_month", EXPIRES[0]), fields.pop("exp_year", EXPIRES[1])
    method = account.create(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing_details(fields.get("billing_details")),
            "card": {
                "brand": card.brand,
                "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
                "country": card.country,
                "display_brand": card.brand,
                "exp_month": month,
                "exp_year": year,
                "fingerprint": hashlib.sha256(f"{card.number}{card.holder}".encode()).hexdigest()[:16],
                "funding": card.funding,
                "generated_from": None,
                "last4": card.last4,
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "metadata": fields.get("metadata") or {},
            "type": "card",
        }
    )
    account.store.note(method["id"])["card"] = card.number
    return method


def from_token(account: Account, token: str) -> Obj:
    """A payment method for ``tok_…``. Raises Refusal when there is no such token."""
    return from_card(account, cards.token(token))


def card_of(account: Account, method: Obj) -> Card | None:
    """The test card behind a payment method; None for methods that are no cards."""
    number = account.store.note(method["id"]).get("card")
    return cards.numbered(number) if number else None


def resolve(account: Account, identifier: str, *, param: str = "payment_method") -> Obj:
    """The payment method; a magic ``pm_card_…`` makes a new one each time, as at Stripe."""
    card = cards.named(identifier) if identifier.startswith("pm_card_") else None
    if card is not None:
        return from_card(account, card)
    return account.store.get("payment_method", identifier, param=param)


def attach_to(account: Account, identifier: str, customer: Obj) -> Obj:
    """Attach; raises the card's own Refusal when the issuer will not have it saved."""
    method = resolve(account, identifier)
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] is not None:
        raise invalid(
            "The payment method you provided has already been attached to a customer.", param="payment_method"
        )
    if method["type"] != "card":
        raise invalid(f"A payment method of type {method['type']} is for one payment and cannot be attached.")
    if account.store.note(method["id"]).get("detached"):
        raise invalid(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again."
        )
    verify(account, method)
    method["customer"] = customer["id"]
    if "card" in method:
        method["card"]["checks"]["cvc_check"] = "pass"
    account.emit("payment_method.attached", method)
    return method


def verify(account: Account, method: Obj) -> None:
    """The issuer's word on saving a card. Raises Refusal when it declines."""
    card = card_of(account, method)
    if card and card.decline and not card.attachable:
        decline = DECLINES[card.decline]
        raise card_error(
            decline.message,
            code=decline.code,
            decline_code=card.decline if decline.code == "card_declined" else None,
            param="" if decline.code == "card_declined" else None,
            network_decline_code=decline.network,
            advice_code=decline.advice,
        )


def renew(account: Account, method: Obj, card: Obj) -> None:
    """The network told Stripe of the card that takes this one's place (docs.stripe.com/payments/cards/overview,
    "Automatic card updates"). What the test card does, it still does."""
    old = {name: method["card"][name] for name in card}
    method["card"].update(card)
    account.emit("payment_method.automatically_updated", method, {"card": old})


def release(account: Account, method: Obj) -> None:
    """Detach, clearing it wherever it was the default."""
    customer = account.store.find(method["customer"])
    method["customer"] = None
    account.store.note(method["id"])["detached"] = True
    account.emit("payment_method.detached", method, {"customer": customer["id"] if customer else None})
    if customer and customer["invoice_settings"]["default_payment_method"] == method["id"]:
        settings = {**customer["invoice_settings"], "default_payment_method": None}
        account.update(customer, {"invoice_settings": settings}, "customer.updated")
    for subscription in account.store.newest("subscription", default_payment_method=method["id"]):
        account.update(subscription, {"default_payment_method": None}, "customer.subscription.updated")


@operation("POST", "/v1/payment_methods")
def create(call: Call) -> Obj:
    """Create a payment method from a number, a token, or a type without data."""
    account, params = call.account, call.params
    fields = {name: params.get(name) for name in ("billing_details", "metadata")}
    kind = params.get("type")
    if kind is None:
        raise invalid("Missing required param: type.", param="type", code="parameter_missing")
    if kind == "card":
        given = params.get("card") or {}
        if given.get("token"):
            return from_card(account, cards.token(given["token"]), **fields)
        for name in ("number", "exp_month", "exp_year"):
            if name not in given:
                raise invalid(f"Missing required param: card[{name}].", param=f"card[{name}]", code="parameter_missing")
        card = cards.numbered(given["number"])
        return from_card(account, card, exp_month=given["exp_month"], exp_year=given["exp_year"], **fields)
    if kind not in {"oxxo", "customer_balance"}:
        raise invalid(f"The payment method type {kind} is not activated on this account.", param="type")
    return of_kind(account, kind, **fields)


def of_kind(account: Account, kind: str, **fields: Any) -> Obj:
    """A method for one payment: ``oxxo``, or ``customer_balance`` for a bank transfer."""
    return account.create(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing_details(fields.get("billing_details")),
            kind: {},
            "metadata": fields.get("metadata") or {},
            "type": kind,
        }
    )


@operation("GET", "/v1/payment_methods/{payment_method}")
def retrieve(call: Call) -> Obj:
    """Retrieve one; magic ids work here too."""
    return resolve(call.account, call.id, param="id")


@operation("POST", "/v1/payment_methods/{payment_method}")
def update(call: Call) -> Obj:
    """Change billing details, expiry or metadata."""
    method = call.account.store.get("payment_method", call.id)
    new = changes(method, call.params, ("metadata", "allow_redisplay", "billing_details", "card"))
    call.account.update(method, new, "payment_method.updated")
    return method


@operation("POST", "/v1/payment_methods/{payment_method}/attach")
def attach(call: Call) -> Obj:
    """Attach it to a customer."""
    if "customer" not in call.params:
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = call.account.store.get("customer", call.params["customer"], param="customer")
    return attach_to(call.account, call.id, customer)


@operation("POST", "/v1/payment_methods/{payment_method}/detach")
def detach(call: Call) -> Obj:
    """Detach it; it can never be used again."""
    method = call.account.store.get("payment_method", call.id)
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    release(call.account, method)
    return method


@operation("GET", "/v1/customers/{customer}/payment_methods")
def of_customer(call: Call) -> Obj:
    """A customer's payment methods."""
    customer = call.account.store.get("customer", call.ids["customer"], param="customer")
    kind = call.params.get("type")
    methods = call.account.store.newest("payment_method", customer=customer["id"])
    return page(call, (m for m in methods if kind in (None, m["type"])), call.path)


@operation("GET", "/v1/customers/{customer}/payment_methods/{payment_method}")
def one_of_customer(call: Call) -> Obj:
    """One of a customer's payment methods."""
    method = call.account.store.get("payment_method", call.ids["payment_method"], param="payment_method")
    if method["customer"] != call.ids["customer"]:
        raise invalid("No such payment method", param="payment_method", code="resource_missing", status=404)
    return method
