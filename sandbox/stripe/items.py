"""Subscription items and pending invoice items on their own paths."""

from sandbox.stripe import proration, subscriptions
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj


@operation("POST", "/v1/subscription_items")
def add_item(call: Call) -> Obj:
    """Add an item to a subscription, prorated as asked."""
    account = call.account
    subscription = _live(call, call.params["subscription"])
    _change(call, subscription, {k: v for k, v in call.params.items() if k in {"price", "price_data", "quantity"}})
    added: Obj = account.store.objects[subscription["items"]["data"][-1]["id"]]
    return added


@operation("POST", "/v1/subscription_items/{item}")
def change_item(call: Call) -> Obj:
    """Change price, quantity or metadata."""
    item = call.account.store.get("subscription_item", call.id)
    given = {k: v for k, v in call.params.items() if k in {"metadata", "price", "price_data", "quantity"}}
    _change(call, _live(call, item["subscription"]), {**given, "id": item["id"]})
    return item


@operation("DELETE", "/v1/subscription_items/{item}")
def remove_item(call: Call) -> Obj:
    """Remove an item; the last one stays."""
    item = call.account.store.get("subscription_item", call.id)
    subscription = _live(call, item["subscription"])
    if len(subscription["items"]["data"]) == 1:
        raise invalid("A subscription must have at least one active plan.", param="items")
    _change(call, subscription, {"id": item["id"], "deleted": True})
    return {"id": item["id"], "object": "subscription_item", "deleted": True}


def _live(call: Call, identifier: str) -> Obj:
    subscription = call.account.store.get("subscription", identifier, param="subscription")
    if subscription["status"] not in subscriptions.LIVE:
        raise invalid(f"The subscription is {subscription['status']}.", param="subscription")
    return subscription


def _change(call: Call, subscription: Obj, given: Obj) -> None:
    before = [dict(item) for item in subscription["items"]["data"]]
    behavior = call.params.get("proration_behavior", "create_prorations")
    params = {"items": [given], "proration_behavior": behavior, "proration_date": call.params.get("proration_date")}
    proration.change_items(call.account, subscription, params)
    call.account.emit("customer.subscription.updated", subscription, {"items": {"data": before}})


@operation("POST", "/v1/invoiceitems/{invoiceitem}")
def update_pending(call: Call) -> Obj:
    """Change an item that is on no invoice yet."""
    item = _pending(call)
    item.update(changes(item, call.params, ("amount", "description", "metadata")))
    return item


@operation("DELETE", "/v1/invoiceitems/{invoiceitem}")
def delete_pending(call: Call) -> Obj:
    """Drop an item that is on no invoice yet."""
    item = _pending(call)
    call.account.emit("invoiceitem.deleted", item)
    call.account.store.remove(item)
    return {"id": item["id"], "object": "invoiceitem", "deleted": True}


def _pending(call: Call) -> Obj:
    item = call.account.store.get("invoiceitem", call.id)
    if item["invoice"] is not None:
        raise invalid("The invoice item is already on an invoice.", code="invoice_not_editable")
    return item
