"""Invoices: finalizing, collecting, and the four ways they end."""

from typing import Any

from sandbox.stripe import payment_methods, payments, standing
from sandbox.stripe.account import Account
from sandbox.stripe.refusal import Refusal, card_error, invalid
from sandbox.stripe.store import Obj, new_id


def finalize(account: Account, invoice: Obj) -> None:
    """Number it and open it with a payment intent; an invoice of nothing is paid at once.

    Raises Refusal ``invoice_not_editable`` unless it is a draft.
    """
    if invoice["status"] != "draft":
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    customer = account.store.objects[invoice["customer"]]
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    now = account.now(invoice)
    base = account.settings.base_url
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{number:04d}",
        effective_at=now,
        ending_balance=0,
        automatically_finalizes_at=None,
        hosted_invoice_url=f"{base}/pay/{invoice['id']}",
        invoice_pdf=f"{base}/pay/{invoice['id']}/pdf",
    )
    invoice["status_transitions"]["finalized_at"] = now
    if invoice["amount_due"] > 0:
        _open_payment(account, invoice)
    account.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        _paid(account, invoice, attempted=True)


def _open_payment(account: Account, invoice: Obj) -> None:
    intent = payments.new_intent(
        account,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description="Subscription creation" if invoice["billing_reason"] == "subscription_create" else "Invoice",
        setup_future_usage="off_session" if invoice["billing_reason"] == "subscription_create" else None,
    )
    payment = _payment_of(account, invoice, intent, default=True)
    account.store.note(invoice["id"]).update(intent=intent["id"], payment=payment["id"])


def _payment_of(account: Account, invoice: Obj, intent: Obj, *, default: bool) -> Obj:
    payment = account.create(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_requested": intent["amount"],
            "created": account.now(invoice),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": default,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )
    account.store.note(intent["id"]).update(invoice=invoice["id"], payment=payment["id"])
    return payment


def attach(account: Account, invoice: Obj, intent: Obj) -> None:
    """Let another payment intent pay an open invoice (docs.stripe.com/api/invoices/attach_payment).

    Raises Refusal unless the invoice is open and the intent is its customer's, of its currency and not attached yet.
    """
    if invoice["status"] != "open":
        raise invalid(f"You can only attach payments to open invoices. This invoice is {invoice['status']}.")
    if account.store.note(intent["id"]).get("invoice"):
        raise invalid("This PaymentIntent is already attached to an invoice.", param="payment_intent")
    if intent["customer"] != invoice["customer"] or intent["currency"] != invoice["currency"]:
        raise invalid("The PaymentIntent must have the invoice's customer and currency.", param="payment_intent")
    _payment_of(account, invoice, intent, default=False)
    if intent["status"] == "succeeded":
        paid_by(account, intent)


def intent_of(account: Account, invoice: Obj) -> Obj | None:
    """The payment intent that collects a finalized invoice."""
    return account.store.find(account.store.note(invoice["id"]).get("intent"))


def method_for(account: Account, invoice: Obj) -> Obj | None:
    """The payment method to charge: the invoice's, the subscription's, then the customer's default."""
    subscription = standing.subscription_of(account, invoice) or {}
    customer = account.store.objects[invoice["customer"]]
    for identifier in (
        invoice["default_payment_method"],
        subscription.get("default_payment_method"),
        customer["invoice_settings"]["default_payment_method"],
    ):
        if identifier:
            return account.store.find(identifier)
    return None


def collect(
    account: Account, invoice: Obj, method: Obj | None, *, automatic: bool, off_session: bool = True
) -> Refusal | None:
    """One attempt to be paid. ``automatic`` attempts (Stripe's own) move the subscription when they fail; attempts
    asked for through the API only report. Returns the refusal, if any; the invoice and its events tell the rest."""
    intent = intent_of(account, invoice)
    assert intent is not None, "an open invoice has a payment intent"
    if automatic or not invoice["attempted"]:
        # "Any payment attempt counts as the first attempt, and subsequently only automatic retries increment" it.
        invoice["attempt_count"] += 1
    invoice["attempted"] = True
    if method is None:
        invoice["next_payment_attempt"] = None
        account.emit("invoice.payment_failed", invoice)
        standing.failed(account, invoice)
        return invalid(
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method. For more information, visit "
            "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#set-default-payment-methods-for-"
            "an-existing-customer-using-the-stripe-api.",
            code="resource_missing",
        )
    refusal = payments.confirm(account, intent, method, off_session=off_session, billing=True)
    invoice["next_payment_attempt"] = None
    if intent["status"] == "succeeded":
        paid_by(account, intent)
        return None
    if intent["status"] in {"requires_action", "processing"}:
        account.emit("invoice.payment_action_required", invoice)
        if method["type"] != "card":
            return None  # a voucher or a transfer is on its way: neither paid nor refused
        refusal = card_error(
            "Payment for this invoice requires additional user action before it can be completed successfully. Payment "
            "can be completed using the PaymentIntent associated with the invoice.",
            code="invoice_payment_intent_requires_action",
            payment_intent=intent,
        )
    account.emit("invoice.payment_failed", invoice)
    if automatic or not off_session:
        standing.failed(account, invoice)
    return refusal


def paid_by(account: Account, intent: Obj) -> None:
    """The intent succeeded: settle the invoice it was opened for, if any."""
    invoice = account.store.find(account.store.note(intent["id"]).get("invoice"))
    if invoice is None or invoice["status"] not in {"open", "uncollectible"}:
        return
    payment = account.store.objects[account.store.note(intent["id"])["payment"]]
    payment.update(status="paid", amount_paid=intent["amount"])
    payment["status_transitions"]["paid_at"] = account.now(invoice)
    account.emit("invoice_payment.paid", payment)
    subscription = standing.subscription_of(account, invoice)
    settings = (subscription or {}).get("payment_settings") or {}
    if subscription and settings.get("save_default_payment_method") == "on_subscription":
        subscription["default_payment_method"] = intent["payment_method"]
    _paid(account, invoice, attempted=True)


def waits_for(account: Account, intent: Obj) -> None:
    """The customer must act before the intent can succeed: say so of the invoice it was opened for, if any."""
    invoice = account.store.find(account.store.note(intent["id"]).get("invoice"))
    if invoice is not None and intent["status"] == "requires_action":
        invoice["attempted"] = True
        account.emit("invoice.payment_action_required", invoice)


def not_paid_by(account: Account, intent: Obj) -> None:
    """What the intent waited for will not come: the invoice it was opened for, if any, stays open."""
    invoice = account.store.find(account.store.note(intent["id"]).get("invoice"))
    if invoice is not None and invoice["status"] == "open":
        account.emit("invoice.payment_failed", invoice)


def _paid(account: Account, invoice: Obj, *, attempted: bool, outside: bool = False) -> None:
    invoice.update(
        status="paid",
        attempted=attempted or invoice["attempted"],
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        next_payment_attempt=None,
        auto_advance=False,
    )
    if outside:
        invoice["amount_paid_off_stripe"] = invoice["amount_due"]
    invoice["status_transitions"]["paid_at"] = account.now(invoice)
    account.emit("invoice.paid", invoice)
    if not outside:
        account.emit("invoice.payment_succeeded", invoice)
    standing.settled(account, invoice)


def pay(account: Account, invoice: Obj, params: dict[str, Any]) -> None:
    """Collect now, from a given method, the defaults, or outside Stripe. Raises Refusal when it cannot or fails."""
    if invoice["status"] == "draft":
        finalize(account, invoice)
        if invoice["status"] == "paid":
            return
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid")
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(f"This invoice is {invoice['status']} and can no longer be paid.")
    if params.get("paid_out_of_band"):
        _drop_payment(account, invoice)
        _paid(account, invoice, attempted=False, outside=True)
        return
    identifier = params.get("payment_method")
    method = method_for(account, invoice)
    if identifier:
        method = payment_methods.resolve(account, identifier)
        if method["customer"] not in (None, invoice["customer"]):
            raise invalid("The payment method you provided belongs to another customer.", param="payment_method")
        if method["customer"] is None:
            raise invalid(
                f"The customer does not have a payment method with the ID {identifier}. The payment method must be "
                "attached to the customer.",
                param="payment_method",
                code="resource_missing",
            )
    off_session = params.get("off_session", True)
    refusal = collect(account, invoice, method, automatic=False, off_session=off_session)
    if refusal is not None:
        raise refusal


def _drop_payment(account: Account, invoice: Obj) -> None:
    intent = intent_of(account, invoice)
    if intent is None or intent["status"] == "succeeded":
        return
    now = account.now(invoice)
    intent.update(status="canceled", canceled_at=now, cancellation_reason="void_invoice", next_action=None)
    account.emit("payment_intent.canceled", intent)
    payment = account.store.objects[account.store.note(invoice["id"])["payment"]]
    payment["status"] = "canceled"
    payment["status_transitions"]["canceled_at"] = now


def settle_by_credit(account: Account, invoice: Obj) -> None:
    """Credit notes left nothing to pay."""
    _drop_payment(account, invoice)
    _paid(account, invoice, attempted=False)


def void(account: Account, invoice: Obj) -> None:
    """Void an open or uncollectible invoice."""
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(f"You can only pass in open or uncollectible invoices. This invoice is {invoice['status']}.")
    _drop_payment(account, invoice)
    invoice.update(status="void", next_payment_attempt=None, auto_advance=False)
    invoice["status_transitions"]["voided_at"] = account.now(invoice)
    account.emit("invoice.voided", invoice)
    standing.settled(account, invoice)


def write_off(account: Account, invoice: Obj) -> None:
    """Mark an open invoice uncollectible; it can still be paid."""
    if invoice["status"] == "draft":
        finalize(account, invoice)
    if invoice["status"] != "open":
        raise invalid(f"You can only pass in open invoices. This invoice is {invoice['status']}.")
    invoice.update(status="uncollectible", next_payment_attempt=None)
    invoice["status_transitions"]["marked_uncollectible_at"] = account.now(invoice)
    account.emit("invoice.marked_uncollectible", invoice)
    standing.settled(account, invoice)
