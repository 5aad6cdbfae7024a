"""Subscriptions: their items, their lines on invoices, and how they pause and end."""

from typing import Any

from sandbox.stripe import catalog, invoices
from sandbox.stripe.account import Account
from sandbox.stripe.lines import pricing_of
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj, new_id

LIVE = {"trialing", "active", "past_due", "unpaid", "incomplete", "paused"}


def add_item(
    account: Account, subscription: Obj, price: Obj, quantity: int, metadata: dict[str, str], period: tuple[int, int]
) -> Obj:
    """Add an item to a subscription."""
    item = account.create(
        {
            "id": new_id("si", 14),
            "object": "subscription_item",
            "created": account.now(subscription),
            "current_period_start": period[0],
            "current_period_end": period[1],
            "metadata": metadata,
            "plan": catalog.plan_of(price),
            "price": dict(price),
            "quantity": quantity,
            "subscription": subscription["id"],
            "tax_rates": [],
        }
    )
    subscription["items"]["data"].append(item)
    return item


def schedule_upcoming(account: Account, subscription: Obj) -> None:
    """Announce the next renewal some days before."""
    end = account.store.note(subscription["id"])["next"]
    notice = end - account.calendar(subscription).days(account.settings.upcoming_days)
    if notice > account.timeline(subscription).now():
        account.schedule(subscription, notice, "upcoming")


def line_for(account: Account, subscription: Obj, item: Obj, *, trial: bool = False) -> Obj:
    """The invoice line of one item for its current period."""
    price, quantity = item["price"], item["quantity"] or 1
    amount = 0 if trial else (price["unit_amount"] or 0) * quantity
    product = account.store.find(price["product"]) or {"name": "Subscription"}
    every = price["recurring"]["interval"]
    description = (
        f"Trial period for {product['name']}"
        if trial
        else f"{quantity} × {product['name']} (at {(price['unit_amount'] or 0) / 100:.2f} "
        f"{price['currency'].upper()} / {every})"
    )
    line: Obj = {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discountable": True,
        "discounts": [],
        "discount_amounts": [],
        "livemode": False,
        "metadata": dict(item["metadata"]),
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": item["current_period_start"], "end": item["current_period_end"]},
        "pricing": pricing_of(price, amount),
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription["id"],
        "subtotal": amount,
    }
    return complete(account.contract, line)


def end(account: Account, subscription: Obj, *, reason: str = "cancellation_requested", **details: Any) -> None:
    """Cancel now. Open invoices stay open but Stripe stops collecting them."""
    now = account.now(subscription)
    subscription.update(
        status="canceled",
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        cancellation_details={**subscription["cancellation_details"], "reason": reason, **details},
    )
    for identifier in account.store.note(subscription["id"]).get("invoices", []):
        invoice = account.store.find(identifier)
        if invoice and invoice["status"] in {"open", "draft"}:
            invoice.update(auto_advance=False, next_payment_attempt=None)
    account.emit("customer.subscription.deleted", subscription)


def expire(account: Account, subscription: Obj) -> None:
    """The first payment never came: after 23 hours the subscription is dead and its invoice void."""
    invoice = account.store.objects[subscription["latest_invoice"]]
    account.update(
        subscription,
        {"status": "incomplete_expired", "ended_at": account.now(subscription)},
        "customer.subscription.updated",
    )
    if invoice["status"] == "open":
        invoices.void(account, invoice)


def pause(account: Account, subscription: Obj, *, reason: str) -> None:
    """Stop billing; ``reason`` is one of Stripe's ``status_details`` types."""
    paused = {"subscription": {"type": reason}, "transitioned_at": account.now(subscription), "type": "subscription"}
    new = {"status": "paused", "status_details": {"paused": paused}}
    account.update(subscription, new, "customer.subscription.updated")
    account.emit("customer.subscription.paused", subscription)
