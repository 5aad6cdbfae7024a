"""The invoice operations of the API."""

from typing import Any

from sandbox.stripe import drafts, invoices, payment_methods
from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.lines import line_of_item
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.resources import page
from sandbox.stripe.store import Obj


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
    sent = params.get("collection_method") == "send_invoice"
    if sent and not (params.get("days_until_due") or params.get("due_date")):
        raise invalid("If invoice collection_method=`send_invoice`, you must pass `due_date` or `days_until_due`.")
    if not sent and (params.get("days_until_due") or params.get("due_date")):
        raise invalid("You can only pass `due_date` or `days_until_due` if invoice collection_method=`send_invoice`.")
    if sent:
        fields["due_date"] = params.get("due_date") or _due(account, customer, params["days_until_due"], now)
    if params.get("default_payment_method"):
        fields["default_payment_method"] = payment_methods.resolve(account, params["default_payment_method"])["id"]
    if params.get("subscription"):
        fields["parent"] = _bills(account.store.get("subscription", params["subscription"], param="subscription"))
    invoice = drafts.draft(
        account, customer, currency=currency, reason="manual", lines=lines, period=(now, now), **fields
    )
    if params.get("automatically_finalizes_at"):
        _set_day(call.account, invoice, params["automatically_finalizes_at"])
    elif invoice["auto_advance"]:
        account.schedule(invoice, now + account.calendar(invoice).hours(1), "finalize")
    return invoice


def _due(account: Account, customer: Obj, days: int, now: int) -> int:
    return round(now + account.calendar(customer).days(days))


def _bills(subscription: Obj) -> Obj:
    """The parent of an invoice made by hand for a subscription, whose periods it does not touch."""
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _set_day(account: Account, invoice: Obj, at: int) -> None:
    """When a draft is finalized by itself, if it advances by then."""
    if invoice["status"] != "draft":
        raise invalid("The invoice is finalized and can no longer be edited.", code="invoice_not_editable")
    invoice["automatically_finalizes_at"] = at
    account.schedule(invoice, max(at, account.now(invoice)), "finalize")


@operation("POST", "/v1/invoices/{invoice}")
def update(call: Call) -> Obj:
    """Change what may change."""
    invoice = call.account.store.get("invoice", call.id)
    fields = [
        "metadata",
        "description",
        "auto_advance",
        "footer",
        "collection_method",
        "default_payment_method",
    ]
    if invoice["status"] != "draft" and set(call.params) & {"collection_method"}:
        raise invalid("The invoice is finalized and can no longer be edited.", code="invoice_not_editable")
    if call.params.get("automatically_finalizes_at"):
        _set_day(call.account, invoice, call.params["automatically_finalizes_at"])
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


@operation("POST", "/v1/invoices/{invoice}/attach_payment")
def attach_payment(call: Call) -> Obj:
    """Let a payment intent of its own pay the invoice, beside the one it has."""
    account = call.account
    invoice = account.store.get("invoice", call.id)
    if not call.params.get("payment_intent"):
        raise invalid("Only PaymentIntents are attached here.", param="payment_intent", code="parameter_missing")
    intent = account.store.get("payment_intent", call.params["payment_intent"], param="payment_intent")
    invoices.attach(account, invoice, intent)
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
