"""The subscription operations of the API."""

from typing import Any

from sandbox.stripe import (
    billing,
    discounts,
    invoices,
    payment_methods,
    previews,
    proration,
    subscription_start,
    subscriptions,
)
from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj


@operation("POST", "/v1/subscriptions")
def create(call: Call) -> Obj:
    """Start one. ``customer`` is required although the SDK marks nothing as required."""
    if not call.params.get("customer"):
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = call.account.store.get("customer", call.params["customer"], param="customer")
    return subscription_start.begin(call.account, customer, call.params)


@operation("POST", "/v1/subscriptions/{subscription_exposed_id}")
def update(call: Call) -> Obj:
    """Change one: items with proration, trial, collection, cancellation, defaults."""
    account, params = call.account, call.params
    subscription = account.store.get("subscription", call.id)
    if subscription["status"] in {"canceled", "incomplete_expired"} and set(params) - {"metadata"}:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    new = changes(subscription, params, ("metadata", "description", "collection_method", "days_until_due"))
    if "default_payment_method" in params:
        new["default_payment_method"] = _method(account, subscription, params["default_payment_method"])
    if isinstance(params.get("payment_settings"), dict):
        new["payment_settings"] = {**subscription["payment_settings"], **params["payment_settings"]}
    new |= _cancellation(account, subscription, params)
    if "discounts" in params:
        customer = account.store.objects[subscription["customer"]]
        new["discounts"] = discounts.grant(
            account, params["discounts"], customer=customer, subscription=subscription, param="discounts"
        )
    if "pause_collection" in params:
        new["pause_collection"] = _collection(account, subscription, params["pause_collection"])
    before = [dict(item) for item in subscription["items"]["data"]]
    if params.get("trial_end") == "now" and subscription["status"] == "trialing":
        end_trial(account, subscription)
    elif isinstance(params.get("trial_end"), int):
        new |= _move_trial(account, subscription, params["trial_end"])
    if params.get("items"):
        _refuse_unpaid(account, subscription, params)
        proration.change_items(account, subscription, params)
    after = subscription["items"]["data"]
    previous = {name: subscription.get(name) for name, value in new.items() if subscription.get(name) != value}
    if before != after:
        previous["items"] = {"data": before}
    subscription.update(new)
    if previous:
        account.emit("customer.subscription.updated", subscription, previous)
    return subscription


def _refuse_unpaid(account: Account, subscription: Obj, params: dict[str, Any]) -> None:
    """With ``payment_behavior=error_if_incomplete`` nothing is changed where the charge that follows would be refused."""
    if (
        params.get("payment_behavior") == "error_if_incomplete"
        and previews.charged_by(account, subscription, params) > 0
    ):
        subscription_start.refuse_if_doomed(account, account.store.objects[subscription["customer"]], subscription)


def _method(account: Account, subscription: Obj, identifier: str) -> str | None:
    if not identifier:
        return None
    method = payment_methods.resolve(account, identifier, param="default_payment_method")
    if method["customer"] != subscription["customer"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {identifier}.",
            param="default_payment_method",
            code="resource_missing",
        )
    return str(method["id"])


def _cancellation(account: Account, subscription: Obj, params: dict[str, Any]) -> Obj:
    new: Obj = {}
    now = account.now(subscription)
    if subscription["schedule"] and {"cancel_at_period_end", "cancel_at"} & set(params):
        raise invalid(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead."
        )
    if "cancel_at_period_end" in params:
        wanted = params["cancel_at_period_end"]
        new["cancel_at_period_end"] = wanted
        new["cancel_at"] = account.store.note(subscription["id"])["next"] if wanted else None
        new["canceled_at"] = now if wanted else None
        reason = "cancellation_requested" if wanted else None
        new["cancellation_details"] = {**subscription["cancellation_details"], "reason": reason}
    if "cancel_at" in params:
        at = params["cancel_at"] or None
        if isinstance(at, str):
            at = account.store.note(subscription["id"])["next"]
        new |= {"cancel_at": at, "canceled_at": now if at else None}
        if at:
            account.schedule(subscription, at, "cancel_at", first=True)  # before a renewal of that instant
    if isinstance(params.get("cancellation_details"), dict):
        details: Obj = new.get("cancellation_details") or subscription["cancellation_details"]
        new["cancellation_details"] = {**details, **params["cancellation_details"]}
    return new


def _collection(account: Account, subscription: Obj, given: Any) -> Obj | None:
    if not given:
        return None
    resumes: int | None = given.get("resumes_at")
    if resumes:
        account.schedule(subscription, resumes, "collection_resumes")
    return {"behavior": given["behavior"], "resumes_at": resumes}


def end_trial(account: Account, subscription: Obj) -> None:
    """End the trial now: the paid period begins at once and its invoice is collected without the hour of draft."""
    now = account.now(subscription)
    subscription.update(trial_end=now, billing_cycle_anchor=now)
    account.store.note(subscription["id"]).update(periods=0, next=now)
    old = (subscription["trial_start"], now)
    customer = account.store.objects[subscription["customer"]]
    billing.begin_period(account, subscription)
    account.update(subscription, {"status": "active"}, "customer.subscription.updated")
    invoice = billing.draft_renewal(account, subscription, customer, old)
    invoice["billing_reason"] = "subscription_update"
    billing.finalize_now(account, invoice)


def _move_trial(account: Account, subscription: Obj, until: int) -> Obj:
    if until <= account.now(subscription):
        raise invalid("The trial_end must be in the future.", param="trial_end")
    account.store.note(subscription["id"]).update(periods=0, next=until)
    for item in subscription["items"]["data"]:
        item["current_period_end"] = until
    account.schedule(subscription, until, "period_end")
    started = subscription["trial_start"] or account.now(subscription)
    return {"trial_end": until, "trial_start": started, "billing_cycle_anchor": until, "status": "trialing"}


@operation("DELETE", "/v1/subscriptions/{subscription_exposed_id}")
def cancel(call: Call) -> Obj:
    """Cancel now."""
    account = call.account
    subscription = account.store.get("subscription", call.id)
    if subscription["status"] in {"canceled", "incomplete_expired"}:
        raise invalid(f"No such subscription: '{subscription['id']}'", param="id", code="resource_missing", status=404)
    details = call.params.get("cancellation_details") or {}
    subscriptions.end(account, subscription, **details)
    return subscription


@operation("POST", "/v1/subscriptions/{subscription}/pause")
def pause(call: Call) -> Obj:
    """Pause: no invoices, no periods, until resumed."""
    account = call.account
    subscription = account.store.get("subscription", call.ids["subscription"])
    if subscription["status"] not in {"active", "trialing", "past_due"}:
        raise invalid(f"A subscription that is {subscription['status']} cannot be paused.")
    subscriptions.pause(account, subscription, reason="pause_requested")
    return subscription


@operation("POST", "/v1/subscriptions/{subscription}/resume")
def resume(call: Call) -> Obj:
    """Resume, by default with a new cycle that is billed at once; an unpaid one leaves it paused.

    ``payment_behavior=resume_on_payment_attempt`` leaves the charge to whoever pays the invoice
    (docs.stripe.com/changelog/dahlia/2026-05-27/pause-subscriptions).
    """
    account, params = call.account, call.params
    subscription = account.store.get("subscription", call.ids["subscription"])
    if subscription["status"] != "paused":
        raise invalid("Only paused subscriptions can be resumed.")
    note = account.store.note(subscription["id"])
    now = account.now(subscription)
    anchor = (params.get("billing_cycle_anchor") or {}).get("type", "now")
    if anchor == "unchanged" and note["next"] > now:
        new = {"status": "active", "status_details": None}
        account.update(subscription, new, "customer.subscription.updated")
        account.emit("customer.subscription.resumed", subscription)
        return subscription
    old = (subscription["items"]["data"][0]["current_period_start"], now)
    subscription["billing_cycle_anchor"] = now
    note.update(periods=0, next=now)
    billing.begin_period(account, subscription)
    customer = account.store.objects[subscription["customer"]]
    invoice = billing.draft_renewal(account, subscription, customer, old)
    invoice["billing_reason"] = "subscription_update"
    note["resuming"] = invoice["id"]
    invoices.finalize(account, invoice)
    if invoice["status"] == "open":
        account.schedule(invoice, now + account.calendar(subscription).hours(23), "resume_end")
    if invoice["status"] == "open" and params.get("payment_behavior") != "resume_on_payment_attempt":
        invoices.collect(account, invoice, invoices.method_for(account, invoice), automatic=False)
    return subscription


@operation("DELETE", "/v1/subscriptions/{subscription_exposed_id}/discount")
def delete_discount(call: Call) -> Obj:
    """Take the discounts off."""
    account = call.account
    subscription = account.store.get("subscription", call.id)
    if not subscription["discounts"]:
        raise invalid("No active discount for subscription.", code="resource_missing", status=404)
    discount = account.store.objects[subscription["discounts"][0]]
    account.update(subscription, {"discounts": []}, "customer.subscription.updated")
    return {**discount, "deleted": True}
