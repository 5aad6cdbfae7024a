"""``create_preview``: the invoice that would come, without making anything."""

import copy
from typing import Any

from sandbox.stripe import billing, drafts, proration, subscription_start, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj, Store, new_id


@operation("POST", "/v1/invoices/create_preview")
def create_preview(call: Call) -> Obj:
    """Preview the next invoice of a subscription, with changed items if given, or of a new one."""
    account, params = call.account, call.params
    details = params.get("subscription_details") or {}
    if params.get("subscription"):
        subscription = account.store.get("subscription", params["subscription"], param="subscription")
        if subscription["status"] not in {"trialing", "active", "past_due", "unpaid"}:
            raise invalid("No upcoming invoices for this subscription.", code="invoice_upcoming_none", status=404)
        customer = account.store.objects[subscription["customer"]]
    elif params.get("customer"):
        customer = account.store.get("customer", params["customer"], param="customer")
        found = account.store.newest("subscription", customer=customer["id"])
        live = next((s for s in found if s["status"] in {"trialing", "active", "past_due"}), None)
        if live is None and not details.get("items"):
            raise invalid("No upcoming invoices for customer.", code="invoice_upcoming_none", status=404)
        subscription = live if live is not None and not details.get("items") else {}
    else:
        raise invalid("You must specify one of `customer` or `subscription`.", param="customer")
    trial = _trial(account)
    if not subscription:
        offered = {**details, "payment_behavior": "default_incomplete"}
        subscription = subscription_start.begin(trial, trial.store.objects[customer["id"]], offered)
        lines = [subscriptions.line_for(trial, subscription, item) for item in subscription["items"]["data"]]
        return _build(account, trial, customer, subscription, lines)
    return _of(account, trial, customer, subscription["id"], details)


def charged_by(account: Account, subscription: Obj, change: dict[str, Any]) -> int:
    """What changing the items would charge at once, in centavos; nothing is changed."""
    trial = _trial(account)
    customer = account.store.objects[subscription["customer"]]
    anew, made = proration.apply_change(trial, trial.store.objects[subscription["id"]], change)
    if not anew and not (made and change.get("proration_behavior") == "always_invoice"):
        return 0
    return int(_of(account, _trial(account), customer, subscription["id"], change)["amount_due"])


def _of(account: Account, trial: Account, customer: Obj, identifier: str, details: dict[str, Any]) -> Obj:
    subscription = trial.store.objects[identifier]
    behavior, anew = details.get("proration_behavior", "create_prorations"), False
    if details.get("items"):
        change = {"items": details["items"], "proration_date": details.get("proration_date"),
                  "proration_behavior": behavior}  # fmt: skip
        anew, _ = proration.apply_change(trial, subscription, change)
    lines = billing.pending_lines(trial, subscription, trial.store.objects[customer["id"]])
    if not subscription["cancel_at_period_end"] and (anew or behavior != "always_invoice"):
        lines += [subscriptions.line_for(trial, subscription, item) for item in subscription["items"]["data"]]
    at_once = anew or behavior == "always_invoice"
    renews = None if at_once else subscription["items"]["data"][0]["current_period_end"]
    return _build(account, trial, customer, subscription, lines, renews)


def _trial(account: Account) -> Account:
    """A copy in which anything may be tried: nothing of it is seen, sent or kept."""
    copied = copy.copy(account)
    copied.store = Store(
        copy.deepcopy(account.store.objects),
        {kind: dict(ids) for kind, ids in account.store.kinds.items()},
        copy.deepcopy(account.store.hidden),
    )
    for subscription in copied.store.newest("subscription"):
        items = subscription["items"]
        items["data"] = [copied.store.objects.get(item["id"], item) for item in items["data"]]
    copied.timelines = copy.deepcopy(account.timelines)
    copied.outbox = []
    copied.declines = copy.deepcopy(account.declines)
    copied.changed = lambda: None
    return copied


def _build(
    account: Account, trial: Account, customer: Obj, subscription: Obj, lines: list[Obj], at: int | None = None
) -> Obj:
    item = subscription["items"]["data"][0]
    invoice = drafts.build(
        trial,
        customer,
        currency=subscription["currency"],
        reason="upcoming",
        lines=lines,
        period=(item["current_period_start"], item["current_period_end"]),
        subscription=subscription,
        at=at,
        id=new_id("upcoming_in"),
    )
    invoice["livemode"] = False
    return complete(account.contract, invoice)
