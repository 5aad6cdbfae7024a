"""The lines of invoices, and how they and invoice items show a price."""

from sandbox.stripe.account import Account
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj, new_id


def pricing_of(price: Obj | None, amount: int) -> Obj:
    """How a line or an item shows its price."""
    details = {"price": price["id"], "product": price["product"]} if price else None
    return {
        "price_details": details,
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"] if price else str(amount),
    }


def line_of_item(account: Account, item: Obj) -> Obj:
    """The invoice line of an invoice item."""
    line: Obj = {
        "id": new_id("il"),
        "object": "line_item",
        "amount": item["amount"],
        "currency": item["currency"],
        "description": item["description"],
        "discountable": True,
        "discounts": [],
        "discount_amounts": [],
        "livemode": False,
        "metadata": dict(item["metadata"]),
        "parent": {
            "invoice_item_details": {
                "invoice_item": item["id"],
                "proration": item["proration"],
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": dict(item["period"]),
        "pricing": item["pricing"],
        "quantity": item["quantity"],
        "quantity_decimal": item["quantity_decimal"],
        "subtotal": item["amount"],
    }
    return complete(account.contract, line)
