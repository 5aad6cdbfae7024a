"""``expand``: ids replaced by the objects they name, and fields that are only there when asked for."""

import copy
from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.refusal import invalid
from sandbox.stripe.shape import listing
from sandbox.stripe.store import Obj

MAX_DEPTH = 4


def _payments(account: Account, invoice: Obj) -> Obj:
    found = list(account.store.newest("invoice_payment", invoice=invoice["id"]))
    return listing(f"/v1/invoices/{invoice['id']}/payments", found)


def _secret(account: Account, invoice: Obj) -> Obj | None:
    intent = account.store.find(account.store.note(invoice["id"]).get("intent"))
    return {"client_secret": intent["client_secret"], "type": "payment_intent"} if intent else None


def _subscriptions(account: Account, customer: Obj) -> Obj:
    found = account.store.newest("subscription", customer=customer["id"])
    live = [s for s in found if s["status"] not in {"canceled", "incomplete_expired"}]
    return listing(f"/v1/customers/{customer['id']}/subscriptions", live)


def _refunds(account: Account, charge: Obj) -> Obj:
    found = list(account.store.newest("refund", charge=charge["id"]))
    return listing(f"/v1/charges/{charge['id']}/refunds", found)


def _items(account: Account, session: Obj) -> Obj:
    items = account.store.note(session["id"]).get("items", [])
    return listing(f"/v1/checkout/sessions/{session['id']}/line_items", items)


_INCLUDED: dict[tuple[str, str], Callable[[Account, Obj], Any]] = {
    ("invoice", "payments"): _payments,
    ("invoice", "confirmation_secret"): _secret,
    ("customer", "subscriptions"): _subscriptions,
    ("customer", "sources"): lambda _, customer: listing(f"/v1/customers/{customer['id']}/sources", []),
    ("customer", "tax_ids"): lambda _, customer: listing(f"/v1/customers/{customer['id']}/tax_ids", []),
    ("charge", "refunds"): _refunds,
    ("checkout.session", "line_items"): _items,
    ("coupon", "applies_to"): lambda _, coupon: coupon.get("applies_to"),
    ("price", "tiers"): lambda _, price: price.get("tiers"),
}


def expanded(account: Account, obj: Obj, paths: list[str]) -> Obj:
    """A copy with every path expanded. Raises Refusal for a path that cannot be."""
    result = copy.deepcopy(obj)
    for path in paths:
        steps = path.split(".")
        if len([step for step in steps if step != "data"]) > MAX_DEPTH:
            raise invalid(f"You cannot expand more than {MAX_DEPTH} levels of a property.", param="expand")
        _expand(account, result, steps, path)
    return result


def _expand(account: Account, node: Any, steps: list[str], path: str) -> None:
    if not steps or node is None:
        return
    if isinstance(node, list):
        for element in node:
            _expand(account, element, steps, path)
        return
    if not isinstance(node, dict):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    name, rest = steps[0], steps[1:]
    include = _INCLUDED.get((str(node.get("object")), name))
    if include is not None and name not in node:
        node[name] = copy.deepcopy(include(account, node))
    if name not in node:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = node[name]
    if isinstance(value, str):
        found = account.store.find(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        node[name] = copy.deepcopy(found)
    elif isinstance(value, list) and value and isinstance(value[0], str):
        node[name] = [copy.deepcopy(account.store.find(each) or each) for each in value]
    _expand(account, node[name], rest, path)
