"""Completes objects to the shape the SDK declares, so that no handler spells out what it does not care about."""

from typing import Any

from sandbox.stripe.annotations import Schema
from sandbox.stripe.contract import Contract
from sandbox.stripe.store import Obj

# Left out unless asked for with ``expand`` (docs.stripe.com/api/expanding_objects) or only ever shown once.
_INCLUDABLE = {
    "customer": {"cash_balance", "sources", "subscriptions", "tax", "tax_ids"},
    "charge": {"refunds", "level3", "transfer", "authorization_code", "presentment_details", "source"},
    "checkout.session": {"line_items", "optional_items"},
    "coupon": {"applies_to", "currency_options"},
    "invoice": {"payments", "confirmation_secret"},
    "payment_intent": {"hooks", "payment_record", "presentment_details", "source"},
    "price": {"tiers", "currency_options"},
    "product": {"deleted"},
    "refund": {"presentment_details", "next_action", "instructions_email", "destination_details"},
    "subscription": {"presentment_details"},
    "webhook_endpoint": {"secret"},
}
# A payment method carries the one hash of its type, not nulls for the fifty others.
_SPARSE = {"payment_method": {"allow_redisplay", "customer", "customer_account", "metadata"}}


def complete(contract: Contract, obj: Obj) -> Obj:
    """Add the fields the object's schema knows and ``obj`` lacks: null where allowed, else false or empty.

    What has no neutral value (amounts, dates, states) is left to whoever builds the object; the schema check in the
    tests catches its absence.
    """
    kind = obj["object"]
    schema = contract.definitions[contract.objects[kind]]
    left_out = _INCLUDABLE.get(kind, set()) | {"deleted"}
    only = _SPARSE.get(kind)
    for name, declared in schema["properties"].items():
        if name in obj or name in left_out or (only is not None and name not in only):
            continue
        if name == "metadata":
            obj[name] = {}
        else:
            _neutral(obj, name, declared)
    return obj


def _neutral(obj: Obj, name: str, declared: Schema) -> None:
    if {"type": "null"} in declared.get("anyOf", []):
        obj[name] = None
    elif declared.get("type") == "array":
        obj[name] = []
    elif declared.get("type") == "boolean":
        obj[name] = False


def listing(url: str, data: list[Any], *, has_more: bool = False) -> Obj:
    """Stripe's list envelope."""
    return {"object": "list", "url": url, "has_more": has_more, "data": data}
