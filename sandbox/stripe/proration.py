"""Changing what a subscription bills in the middle of a period (docs.stripe.com/billing/subscriptions/prorations).

Credit for the unused time of the old price and a charge for the remaining time of the new one, by the second, rounded
half up to the centavo. Modelled from the documentation; cents were never compared with a live account.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.stripe import billing, catalog, drafts, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.invoice_items import new_item
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call
from sandbox.stripe.store import Obj


def share(amount: int, *, start: int, end: int, at: int) -> int:
    """The part of ``amount`` for the time from ``at`` to ``end`` of a period, in centavos."""
    if end <= start or at >= end:
        return 0
    part = Decimal(amount) * Decimal(end - max(at, start)) / Decimal(end - start)
    return int(part.quantize(Decimal(1), ROUND_HALF_UP))


def change_items(account: Account, subscription: Obj, params: dict[str, Any]) -> None:
    """Apply ``items`` with ``proration_behavior``: create_prorations (the default), always_invoice or none.

    A price with another interval starts a new cycle now and is billed at once. Raises Refusal for what does not fit.
    """
    behavior = params.get("proration_behavior", "create_prorations")
    now = account.now(subscription)
    start = subscription["items"]["data"][0]["current_period_start"]
    anew, made = apply_change(account, subscription, params)
    if anew:
        customer = account.store.objects[subscription["customer"]]
        invoice = billing.draft_renewal(account, subscription, customer, (start, now))
        invoice["billing_reason"] = "subscription_update"
        billing.finalize_now(account, invoice)
    elif behavior == "always_invoice" and made:
        _invoice_now(account, subscription, now)


def apply_change(account: Account, subscription: Obj, params: dict[str, Any]) -> tuple[bool, bool]:
    """Change the items and leave what that costs or credits as pending: whether a new cycle begins now, which is billed at once, and
    whether anything is pending by it.
    """
    before = [dict(item) for item in subscription["items"]["data"]]
    made = add_prorations(account, subscription, params)
    new_cycle = _interval(subscription["items"]["data"][0]) != _interval(before[0])
    new_cycle = new_cycle or params.get("billing_cycle_anchor") == "now"
    if not new_cycle or subscription["status"] in {"trialing", "incomplete"}:
        return False, made
    now = account.now(subscription)
    subscription["billing_cycle_anchor"] = now
    account.store.note(subscription["id"]).update(periods=0, next=now)
    billing.begin_period(account, subscription)
    return True, made


def add_prorations(account: Account, subscription: Obj, params: dict[str, Any]) -> bool:
    """Change the items and leave what that costs or credits as pending invoice items; says whether it does."""
    behavior = params.get("proration_behavior", "create_prorations")
    at = params.get("proration_date") or account.now(subscription)
    before = [dict(item) for item in subscription["items"]["data"]]
    for index, given in enumerate(params["items"]):
        _apply(account, subscription, given, index)
    items = subscription["items"]["data"]
    if not items:
        raise invalid("A subscription must have at least one item.", param="items")
    new_cycle = _interval(items[0]) != _interval(before[0]) or params.get("billing_cycle_anchor") == "now"
    if subscription["status"] in {"trialing", "incomplete"} or behavior == "none":
        return False
    return bool(_prorations(account, subscription, before, at, credit_only=new_cycle))


def _interval(item: Obj) -> tuple[str, int]:
    recurring = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _apply(account: Account, subscription: Obj, given: dict[str, Any], index: int) -> None:
    items = subscription["items"]["data"]
    price = None
    if given.get("price_data"):
        price = catalog.new_price(account, given["price_data"])
    elif given.get("price") or given.get("plan"):
        price = account.store.get("price", given.get("price") or given["plan"], param=f"items[{index}][price]")
    if price is not None and price["recurring"] is None:
        raise invalid("The price specified is not recurring.", param=f"items[{index}][price]")
    if given.get("id"):
        item = next((item for item in items if item["id"] == given["id"]), None)
        if item is None:
            raise invalid(
                f"No such subscription item: '{given['id']}'", param=f"items[{index}][id]", code="resource_missing"
            )
        if given.get("deleted"):
            items.remove(item)
            account.store.remove(item)
            return
        if price is not None:
            item.update(price=dict(price), plan=catalog.plan_of(price))
        if "quantity" in given:
            item["quantity"] = given["quantity"]
        if isinstance(given.get("metadata"), dict):
            item["metadata"] = {**item["metadata"], **given["metadata"]}
        return
    if price is None:
        raise invalid("Missing required param: items[0][price].", param=f"items[{index}][price]",
                      code="parameter_missing")  # fmt: skip
    if any(item["price"]["id"] == price["id"] for item in items):
        raise invalid(
            f"This subscription already has an item with the price {price['id']}.", param=f"items[{index}][price]"
        )
    period = (items[0]["current_period_start"], items[0]["current_period_end"])
    metadata = given.get("metadata") or {}
    subscriptions.add_item(account, subscription, price, given.get("quantity", 1), metadata, period)


def _prorations(account: Account, subscription: Obj, before: list[Obj], at: int, *, credit_only: bool) -> list[Obj]:
    customer = account.store.objects[subscription["customer"]]
    after = subscription["items"]["data"]
    made = []
    before = [item for item in before if at < item["current_period_end"]]
    after = [item for item in after if at < item["current_period_end"]]  # of a period that is over nothing is left
    for item in before:
        kept = next((other for other in after if other["id"] == item["id"]), None)
        same = kept is not None and (kept["price"]["id"], kept["quantity"]) == (item["price"]["id"], item["quantity"])
        if not same or credit_only:
            made.append(_item(account, subscription, customer, item, at, credit=True))
    if not credit_only:
        for item in after:
            old = next((other for other in before if other["id"] == item["id"]), None)
            if old and (old["price"]["id"], old["quantity"]) == (item["price"]["id"], item["quantity"]):
                continue
            made.append(_item(account, subscription, customer, item, at, credit=False))
    return made


def _item(account: Account, subscription: Obj, customer: Obj, item: Obj, at: int, *, credit: bool) -> Obj:
    start, end = item["current_period_start"], item["current_period_end"]
    price, quantity = item["price"], item["quantity"] or 1
    amount = share((price["unit_amount"] or 0) * quantity, start=start, end=end, at=at)
    product = account.store.find(price["product"]) or {"name": "Subscription"}
    what = "Unused time on" if credit else "Remaining time on"
    made = new_item(
        Call(account, {}),
        customer,
        amount=-amount if credit else amount,
        currency=price["currency"],
        description=f"{what} {quantity} × {product['name']}",
        price=price,
        quantity=quantity,
        period=(at, end),
        metadata={},
    )
    made.update(
        proration=True,
        discountable=False,
        parent={
            "subscription_details": {"subscription": subscription["id"], "subscription_item": item["id"]},
            "type": "subscription_details",
        },
    )
    account.store.note(made["id"])["subscription"] = subscription["id"]
    return made


def _invoice_now(account: Account, subscription: Obj, now: int) -> None:
    customer = account.store.objects[subscription["customer"]]
    lines = billing.pending_lines(account, subscription, customer)
    invoice = drafts.draft(
        account,
        customer,
        currency=subscription["currency"],
        reason="subscription_update",
        lines=lines,
        period=(now, now),
        subscription=subscription,
    )
    billing.finalize_now(account, invoice)
