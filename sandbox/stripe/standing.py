"""What the fate of an invoice does to its subscription (docs.stripe.com/billing/subscriptions/overview).

Smart Retries are off: after the first failed automatic attempt the subscription is ``past_due`` and stays there until
its latest finalized invoice is settled; Stripe itself never tries again.
"""

from sandbox.stripe.account import Account
from sandbox.stripe.store import Obj


def subscription_of(account: Account, invoice: Obj) -> Obj | None:
    """The subscription an invoice bills."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return account.store.find(details.get("subscription"))


def settled(account: Account, invoice: Obj) -> None:
    """The invoice is paid, void or uncollectible: the subscription may be in good standing again."""
    subscription = subscription_of(account, invoice)
    if subscription is None or not _is_latest(account, invoice, subscription):
        return
    status = subscription["status"]
    if status in {"past_due", "unpaid"} or (status == "incomplete" and invoice["status"] == "paid"):
        account.update(subscription, {"status": "active"}, "customer.subscription.updated")
    elif status == "paused" and account.store.note(subscription["id"]).get("resuming") == invoice["id"]:
        _resume(account, subscription, invoice)
    customer = account.store.find(subscription["customer"])
    if customer and customer["delinquent"]:
        account.update(customer, {"delinquent": False}, "customer.updated")


def failed(account: Account, invoice: Obj) -> None:
    """An automatic attempt to collect the invoice failed."""
    subscription = subscription_of(account, invoice)
    if subscription is None or invoice["billing_reason"] == "manual":
        return  # what is billed by hand beside its periods is not its renewal
    if subscription["status"] in {"active", "trialing"}:
        account.update(subscription, {"status": "past_due"}, "customer.subscription.updated")
    customer = account.store.find(subscription["customer"])
    if customer and not customer["delinquent"] and subscription["status"] == "past_due":
        account.update(customer, {"delinquent": True}, "customer.updated")


def _resume(account: Account, subscription: Obj, invoice: Obj) -> None:
    note = account.store.note(subscription["id"])
    note.pop("resuming")
    if invoice["status"] == "void":
        return
    account.update(subscription, {"status": "active", "status_details": None}, "customer.subscription.updated")
    account.emit("customer.subscription.resumed", subscription)


def _is_latest(account: Account, invoice: Obj, subscription: Obj) -> bool:
    for identifier in reversed(account.store.note(subscription["id"]).get("invoices", [])):
        other = account.store.find(identifier)
        if other is not None and other["status"] != "draft":
            return other is invoice
    return False
