"""Invoice items: what waits for a customer's next invoice, or joins a given draft."""

from sandbox.stripe import drafts
from sandbox.stripe.lines import line_of_item, pricing_of
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id


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
            "metadata": metadata,
            "period": {"start": period[0], "end": period[1]},
            "pricing": pricing_of(price, amount),
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "tax_rates": [],
            "test_clock": customer["test_clock"],
        }
    )
    account.emit("invoiceitem.created", item)
    return item
