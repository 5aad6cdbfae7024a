"""The invoice operations of the API."""

from typing import Any

from sandbox.stripe import drafts, invoices, payment_methods
from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.resources import page
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/invoices")
def create(call: Call) -> Obj:
    """A one-off draft. Pending items join it only with ``pending_invoice_items_behavior=include``."""
    account, params = call.account, call.params
    if not params.get("customer"):
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = account.store.get("customer", params["customer"], param="customer")
    now = account.now(customer)
    items = []
    if params.get("pending_invoice_items_behavior") == "include":
        items = [i for i in account.store.newest("invoiceitem", customer=customer["id"]) if i["invoice"] is None]
    lines = [line_of_item(account, item) for item in reversed(items)]
    currency = params.get("currency") or (items[0]["currency"] if items else "mxn")
    fields: dict[str, Any] = {
        name: params[name] for name in ("metadata", "description", "collection_method", "footer") if name in params
    }
    fields["auto_advance"] = params.get("auto_advance", False)
    if params.get("default_payment_method"):
        fields["default_payment_method"] = payment_methods.resolve(account, params["default_payment_method"])["id"]
    invoice = drafts.draft(
        account, customer, currency=currency, reason="manual", lines=lines, period=(now, now), **fields
    )
    if invoice["auto_advance"]:
        account.schedule(invoice, now + account.calendar(invoice).hours(1), "finalize")
    return invoice


@operation("POST", "/v1/invoiceitems")
def create_item(call: Call) -> Obj:
    """An item for the customer's next invoice, or for a given draft."""
    account, params = call.account, call.params
    if not params.get("customer"):
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = account.store.get("customer", params["customer"], param="customer")
    price = account.store.get("price", params["pricing"]["price"]) if params.get("pricing") else None
    quantity = params.get("quantity", 1)
    amount = params.get("amount")
    if amount is None:
        if price is None:
            raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
        amount = (price["unit_amount"] or 0) * quantity
    now = account.now(customer)
    item = new_item(
        call,
        customer,
        amount=amount,
        currency=params.get("currency") or (price or {}).get("currency") or "mxn",
        description=params.get("description"),
        price=price,
        quantity=quantity,
        period=(now, now),
        metadata=params.get("metadata") or {},
    )
    if params.get("invoice"):
        invoice = account.store.get("invoice", params["invoice"], param="invoice")
        if invoice["status"] != "draft":
            raise invalid("The invoice is finalized and can no longer be edited.", code="invoice_not_editable")
        item["invoice"] = invoice["id"]
        line = line_of_item(account, item)
        line["invoice"] = invoice["id"]
        invoice["currency"] = item["currency"]
        invoice["lines"]["data"].append(line)
        drafts.retotal(invoice)
        account.emit("invoice.updated", invoice)
    return item


def new_item(
    call: Call,
    customer: Obj,
    *,
    amount: int,
    currency: str,
    description: str | None,
    price: Obj | None,
    quantity: int,
    period: tuple[int, int],
    metadata: dict[str, str],
) -> Obj:
    """File an invoice item and emit ``invoiceitem.created``."""
    account = call.account
    item = account.create(
        {
            "id": new_id("ii"),
            "object": "invoiceitem",
            "amount": amount,
            "currency": currency,
            "customer": customer["id"],
            "date": account.now(customer),
            "description": description,
            "discountable": True,
            "discounts": [],
            "invoice": None,
            "metadata": metadata,
            "parent": None,
            "period": {"start": period[0], "end": period[1]},
            "pricing": pricing_of(price, amount),
            "proration": False,
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "tax_rates": [],
            "test_clock": customer["test_clock"],
        }
    )
    account.emit("invoiceitem.created", item)
    return item


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


@operation("POST", "/v1/invoices/{invoice}")
def update(call: Call) -> Obj:
    """Change what may change."""
    invoice = call.account.store.get("invoice", call.id)
    fields = ["metadata", "description", "auto_advance", "footer", "collection_method", "default_payment_method"]
    if invoice["status"] != "draft" and set(call.params) & {"collection_method"}:
        raise invalid("The invoice is finalized and can no longer be edited.", code="invoice_not_editable")
    call.account.update(invoice, changes(invoice, call.params, fields), "invoice.updated")
    return invoice


@operation("DELETE", "/v1/invoices/{invoice}")
def delete(call: Call) -> Obj:
    """Delete a one-off draft."""
    invoice = call.account.store.get("invoice", call.id)
    if invoice["status"] != "draft" or invoice["parent"]:
        raise invalid("You can only delete draft invoices that are not part of a subscription.")
    call.account.emit("invoice.deleted", invoice)
    call.account.store.remove(invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


@operation("POST", "/v1/invoices/{invoice}/finalize")
def finalize(call: Call) -> Obj:
    """Finalize; with ``auto_advance`` it is collected at once."""
    invoice = call.account.store.get("invoice", call.id)
    if "auto_advance" in call.params:
        invoice["auto_advance"] = call.params["auto_advance"]
    invoices.finalize(call.account, invoice)
    if invoice["status"] == "open" and invoice["auto_advance"] and invoice["collection_method"] != "send_invoice":
        invoices.collect(call.account, invoice, invoices.method_for(call.account, invoice), automatic=True)
    return invoice


@operation("POST", "/v1/invoices/{invoice}/pay")
def pay(call: Call) -> Obj:
    """Collect now."""
    invoice = call.account.store.get("invoice", call.id)
    invoices.pay(call.account, invoice, call.params)
    return invoice


@operation("POST", "/v1/invoices/{invoice}/void")
def void(call: Call) -> Obj:
    """Void."""
    invoice = call.account.store.get("invoice", call.id)
    invoices.void(call.account, invoice)
    return invoice


@operation("POST", "/v1/invoices/{invoice}/mark_uncollectible")
def mark_uncollectible(call: Call) -> Obj:
    """Write off."""
    invoice = call.account.store.get("invoice", call.id)
    invoices.write_off(call.account, invoice)
    return invoice


@operation("POST", "/v1/invoices/{invoice}/send")
def send(call: Call) -> Obj:
    """Finalize if need be and have it sent by e-mail (which the sandbox only records as an event)."""
    invoice = call.account.store.get("invoice", call.id)
    if invoice["status"] == "draft":
        invoices.finalize(call.account, invoice)
    call.account.emit("invoice.sent", invoice)
    return invoice


@operation("GET", "/v1/invoices/{invoice}/lines")
def lines(call: Call) -> Obj:
    """The lines of an invoice."""
    invoice = call.account.store.get("invoice", call.id)
    return page(call, invoice["lines"]["data"], call.path)
