"""Orders to Stripe's sandbox from outside: what banks, cardholders and shops do. The paths are in ``control.py``."""

from dataclasses import asdict
from typing import Any

from sandbox.stripe import disputes, payment_methods, vouchers
from sandbox.stripe.declines import DECLINES
from sandbox.stripe.store import Obj
from sandbox.world import World


def decline(world: World, decline_code: str = "generic_decline", customer: str = "", count: int | None = 1) -> Obj:
    """Refuse coming charges."""
    if decline_code not in DECLINES:
        raise ValueError(f"decline_code must be one of {', '.join(sorted(DECLINES))}")
    world.account.declines.order(decline_code, customer=customer, count=count)
    return {key: asdict(order) for key, order in world.account.declines.orders.items()}


def webhook(world: World, url: str, secret: str | None = None) -> Obj:
    """Point the deliveries elsewhere."""
    world.settings.stripe_webhook_url = url
    world.settings.stripe_webhook_secret = secret or world.settings.stripe_webhook_secret
    return {"url": url}


def resend(world: World, id: str) -> Obj:
    """Deliver an event again."""
    return {"deliveries": world.account.post(world.account.store.get("event", id))}


def settle(world: World, id: str) -> Obj:
    """Pay a voucher or a transfer."""
    intent = world.account.store.get("payment_intent", id)
    vouchers.settle(world.account, intent)
    return {"status": intent["status"]}


def expire(world: World, id: str) -> Obj:
    """Let a voucher expire."""
    intent = world.account.store.get("payment_intent", id)
    vouchers.expire(world.account, intent)
    return {"status": intent["status"]}


def dispute(world: World, id: str, reason: str = "fraudulent") -> Obj:
    """The cardholder disputes a charge."""
    if reason not in disputes.REASONS:
        raise ValueError(f"reason must be one of {', '.join(disputes.REASONS)}")
    charge = world.account.store.get("charge", id)
    if charge["status"] != "succeeded" or charge["disputed"] or charge["payment_method_details"]["type"] != "card":
        raise ValueError("only a card's charge that succeeded can be disputed, and once")
    made: Obj = disputes.open_dispute(world.account, charge, reason)
    return {"dispute": made["id"]}


def renew(world: World, id: str, **card: Any) -> Obj:
    """The bank issued a new card, and Stripe learned of it from the network."""
    if not card or set(card) - {"exp_month", "exp_year", "last4"}:
        raise ValueError("give exp_month, exp_year or last4 of the new card")
    method = world.account.store.get("payment_method", id)
    if method["type"] != "card":
        raise ValueError("only cards are issued anew")
    payment_methods.renew(world.account, method, card)
    return {"card": method["card"]["last4"]}


ORDERS = (
    ("POST", "/stripe/declines", decline),
    ("POST", "/stripe/webhook", webhook),
    ("POST", "/stripe/events/{id}/resend", resend),
    ("POST", "/stripe/payment_intents/{id}/settle", settle),
    ("POST", "/stripe/payment_intents/{id}/expire", expire),
    ("POST", "/stripe/charges/{id}/dispute", dispute),
    ("POST", "/stripe/payment_methods/{id}/renew", renew),
)
