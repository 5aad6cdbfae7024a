"""Credit notes (docs.stripe.com/api/credit_notes): less owed on an open invoice, money back on a paid one."""

from sandbox.stripe import invoices, refunds
from sandbox.stripe.account import Account
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.resources import page
from sandbox.stripe.shape import complete, listing
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/credit_notes")
def create(call: Call) -> Obj:
    """Credit an open or paid invoice, never beyond its total."""
    account, params = call.account, call.params
    invoice = account.store.get("invoice", params["invoice"], param="invoice")
    if invoice["status"] not in {"open", "paid"}:
        raise invalid(f"You can only credit open or paid invoices. This invoice is {invoice['status']}.")
    amount = params.get("amount")
    if amount is None:
        amount = sum(_line_amount(line) for line in params.get("lines") or [])
    earlier = invoice["pre_payment_credit_notes_amount"] + invoice["post_payment_credit_notes_amount"]
    if amount < 1:
        raise invalid("You must specify one of `amount`, `lines`, or `shipping_cost`.", param="amount")
    if amount > invoice["total"] - earlier:
        raise invalid("The credit note amount exceeds what is left of the invoice.", param="amount")
    before = invoice["status"] == "open"
    given_back = [] if before else _refund(account, invoice, params.get("refund_amount") or 0, amount)
    number = account.count(f"credit_notes:{invoice['id']}")
    identifier = new_id("cn")
    note = account.create(
        {
            "id": identifier,
            "object": "credit_note",
            "amount": amount,
            "amount_shipping": 0,
            "created": account.now(invoice),
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "discount_amount": 0,
            "invoice": invoice["id"],
            "lines": listing(f"/v1/credit_notes/{identifier}/lines", [_line(account, amount, params)]),
            "memo": params.get("memo"),
            "metadata": params.get("metadata") or {},
            "number": f"{invoice['number']}-CN-{number:02d}",
            "out_of_band_amount": params.get("out_of_band_amount"),
            "pdf": f"{invoice['hosted_invoice_url']}/pdf",
            "post_payment_amount": 0 if before else amount,
            "pre_payment_amount": amount if before else 0,
            "reason": params.get("reason"),
            "refunds": given_back,
            "status": "issued",
            "subtotal": amount,
            "subtotal_excluding_tax": amount,
            "total": amount,
            "total_excluding_tax": amount,
            "total_taxes": [],
            "type": "pre_payment" if before else "post_payment",
        }
    )
    _apply(account, invoice, amount, before=before)
    account.emit("credit_note.created", note)
    return note


def _line_amount(line: Obj) -> int:
    if line.get("amount"):
        return int(line["amount"])
    return int(line.get("unit_amount") or 0) * int(line.get("quantity") or 1)


def _line(account: Account, amount: int, params: Obj) -> Obj:
    given = (params.get("lines") or [{}])[0]
    linked = given.get("invoice_line_item")
    line: Obj = {
        "id": new_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": given.get("description"),
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": linked,
        "livemode": False,
        "pretax_credit_amounts": [],
        "tax_rates": [],
        "taxes": [],
        "type": "invoice_line_item" if linked else "custom_line_item",
    }
    return complete(account.contract, line)


def _refund(account: Account, invoice: Obj, wanted: int, amount: int) -> list[Obj]:
    intent = invoices.intent_of(account, invoice)
    if not wanted or intent is None or intent["status"] != "succeeded":
        return []
    made = refunds.refund(Call(account, {"payment_intent": intent["id"], "amount": min(wanted, amount)}))
    return [{"amount_refunded": made["amount"], "refund": made["id"], "type": "refund"}]


def _apply(account: Account, invoice: Obj, amount: int, *, before: bool) -> None:
    name = "pre_payment_credit_notes_amount" if before else "post_payment_credit_notes_amount"
    invoice[name] += amount
    if not before:
        return
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    if invoice["amount_remaining"] == 0:
        invoices.settle_by_credit(account, invoice)
    else:
        intent = invoices.intent_of(account, invoice)
        if intent is not None:
            intent["amount"] = invoice["amount_remaining"]
        account.emit("invoice.updated", invoice)


@operation("POST", "/v1/credit_notes/{id}/void")
def void(call: Call) -> Obj:
    """Take it back while the invoice is open."""
    account = call.account
    note = account.store.get("credit_note", call.id)
    invoice = account.store.objects[note["invoice"]]
    if note["status"] == "void" or note["type"] != "pre_payment" or invoice["status"] != "open":
        raise invalid("Only issued credit notes on open invoices can be voided.")
    note.update(status="void", voided_at=account.now(invoice))
    invoice["pre_payment_credit_notes_amount"] -= note["amount"]
    invoice["amount_due"] += note["amount"]
    invoice["amount_remaining"] += note["amount"]
    account.emit("credit_note.voided", note)
    return note


@operation("GET", "/v1/credit_notes/{credit_note}/lines")
def lines(call: Call) -> Obj:
    """Its lines."""
    return page(call, call.account.store.get("credit_note", call.id)["lines"]["data"], call.path)
