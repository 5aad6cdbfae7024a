"""Drafting invoices: their lines, discounts and totals."""

from typing import Any

from sandbox.stripe import discounts
from sandbox.stripe.account import Account
from sandbox.stripe.store import Obj, new_id


def draft(
    account: Account,
    customer: Obj,
    *,
    currency: str,
    reason: str,
    lines: list[Obj],
    period: tuple[int, int],
    subscription: Obj | None = None,
    **fields: Any,
) -> Obj:
    """File a draft invoice with these lines and emit ``invoice.created``."""
    invoice = build(
        account, customer, currency=currency, reason=reason, lines=lines, period=period, subscription=subscription,
        **fields,
    )  # fmt: skip
    account.create(invoice)
    for line in lines:
        details = line["parent"]["invoice_item_details"]
        if details:
            account.store.objects[details["invoice_item"]]["invoice"] = invoice["id"]
    if subscription is not None:
        subscription["latest_invoice"] = invoice["id"]
        if invoice["total_discount_amounts"]:
            discounts.used(account, subscription)
        account.store.note(subscription["id"]).setdefault("invoices", []).append(invoice["id"])
    account.emit("invoice.created", invoice)
    return invoice


def build(
    account: Account,
    customer: Obj,
    *,
    currency: str,
    reason: str,
    lines: list[Obj],
    period: tuple[int, int],
    subscription: Obj | None = None,
    at: int | None = None,
    **fields: Any,
) -> Obj:
    """An invoice that is not filed, as previews are. ``at``: when it would be made, which decides about discounts that end."""
    identifier = fields.pop("id", None) or new_id("in")
    now = account.now(customer)
    invoice: Obj = {
        "id": identifier,
        "object": "invoice",
        "account_country": "MX",
        "account_name": "Perdura Sandbox",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "due_date": None,
        "effective_at": None,
        "issuer": {"type": "self"},
        "lines": {"object": "list", "data": lines, "has_more": False, "url": f"/v1/invoices/{identifier}/lines"},
        "metadata": {},
        "parent": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_start": period[0],
        "period_end": period[1],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "test_clock": customer["test_clock"],
        "total_discount_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": now,
        **fields,
    }
    if subscription is not None:
        invoice["parent"] = {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        }
        invoice["collection_method"] = subscription["collection_method"]
        invoice["discounts"] = list(subscription["discounts"])
    for line in lines:
        line["invoice"] = identifier
    subtotal = sum(line["amount"] for line in lines)
    invoice["total_discount_amounts"] = discounts.amounts(account, invoice.get("discounts") or [], subtotal, at or now)
    retotal(invoice)
    return invoice


def retotal(invoice: Obj) -> None:
    """Add up lines and discounts. What is below zero is credit and leaves nothing due."""
    subtotal = sum(line["amount"] for line in invoice["lines"]["data"])
    discount = sum(entry["amount"] for entry in invoice.get("total_discount_amounts") or [])
    total = subtotal - discount
    due = max(total, 0)
    invoice.update(
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal,
        total=total,
        total_excluding_tax=total,
        amount_due=due,
        amount_remaining=due - invoice["amount_paid"],
    )
