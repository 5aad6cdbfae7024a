"""What time does: trials end, periods roll over, drafts are finalized and collected, sessions expire.

One function per kind of due thing. Nothing scheduled is ever withdrawn, so each first checks that it still applies.
"""

from sandbox.stripe import drafts, invoices, standing, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.due import HANDLERS, on
from sandbox.stripe.lines import line_of_item
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj


def advance(account: Account, timeline_id: str, until: float) -> None:
    """Let everything due on the timeline by ``until`` happen."""
    account.request = {"id": None, "idempotency_key": None}
    for due in account.timelines[timeline_id].drain(until):
        subject = account.store.find(due.subject)
        if subject is not None:
            kind, _, rest = due.kind.partition(":")
            HANDLERS[kind](account, subject, rest)
            account.changed()


@on("trial_notice")
def trial_notice(account: Account, subscription: Obj, _: str) -> None:
    """Three days before the trial ends."""
    if subscription["status"] == "trialing":
        account.emit("customer.subscription.trial_will_end", subscription)


@on("upcoming")
def upcoming(account: Account, subscription: Obj, _: str) -> None:
    """Announce the renewal with an invoice that does not exist yet."""
    if subscription["status"] not in {"trialing", "active", "past_due"} or subscription["cancel_at_period_end"]:
        return
    customer = account.store.objects[subscription["customer"]]
    lines = [subscriptions.line_for(account, subscription, item) for item in subscription["items"]["data"]]
    note = account.store.note(subscription["id"])
    preview = drafts.build(
        account,
        customer,
        currency=subscription["currency"],
        reason="upcoming",
        lines=lines,
        period=_period(subscription),
        subscription=subscription,
        id=f"upcoming_in_{subscription['id'][4:]}_{note['periods']}",
    )
    preview["livemode"] = False
    account.emit("invoice.upcoming", complete(account.contract, preview))


@on("period_end")
def period_end(account: Account, subscription: Obj, _: str) -> None:
    """The trial or the paid period is over: end, or begin the next one and draft its invoice."""
    note = account.store.note(subscription["id"])
    if account.timeline(subscription).now() < note["next"]:
        return  # the period was moved
    status = subscription["status"]
    if status not in {"trialing", "active", "past_due", "unpaid"}:
        return
    if subscription["cancel_at_period_end"]:
        subscriptions.end(account, subscription)
        return
    customer = account.store.objects[subscription["customer"]]
    if status == "trialing" and _trial_ends_without_method(account, subscription, customer):
        return
    old = _period(subscription)
    begin_period(account, subscription)
    if status == "trialing":
        account.update(subscription, {"status": "active"}, "customer.subscription.updated")
    else:
        account.emit(
            "customer.subscription.updated",
            subscription,
            {"items": {"data": [{"current_period_start": old[0], "current_period_end": old[1]}]}},
        )
    draft_renewal(account, subscription, customer, old)


def draft_renewal(account: Account, subscription: Obj, customer: Obj, old: tuple[int, int]) -> Obj:
    """Draft the invoice of the period that has begun, to be finalized in an hour."""
    lines = pending_lines(account, subscription, customer)
    lines += [subscriptions.line_for(account, subscription, item) for item in subscription["items"]["data"]]
    due = account.timeline(subscription).now() + account.calendar(subscription).hours(1)
    paused = subscription["pause_collection"]
    held = subscription["status"] == "unpaid" or (paused or {}).get("behavior") == "keep_as_draft"
    invoice = drafts.draft(
        account,
        customer,
        currency=subscription["currency"],
        reason="subscription_cycle",
        lines=lines,
        period=old,
        subscription=subscription,
        auto_advance=not held,
        automatically_finalizes_at=None if held else int(due),
        default_payment_method=None,
    )
    if not held:
        account.schedule(invoice, due, "finalize")
    return invoice


def pending_lines(account: Account, subscription: Obj, customer: Obj) -> list[Obj]:
    """The lines of the invoice items that wait for the subscription's next invoice; they wait no longer."""
    lines = []
    for item in reversed(list(account.store.newest("invoiceitem", customer=customer["id"], invoice=None))):
        if account.store.note(item["id"]).get("subscription", subscription["id"]) == subscription["id"]:
            lines.append(line_of_item(account, item))
    return lines


def begin_period(account: Account, subscription: Obj) -> None:
    """Move the items to the next period, counted from the anchor."""
    note = account.store.note(subscription["id"])
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    note["periods"] += 1
    start = note["next"]
    end = account.calendar(subscription).plus(
        subscription["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"] * note["periods"]
    )
    note["next"] = end
    for item in subscription["items"]["data"]:
        item.update(current_period_start=start, current_period_end=end)
    account.schedule(subscription, end, "period_end")
    subscriptions.schedule_upcoming(account, subscription)


def _period(subscription: Obj) -> tuple[int, int]:
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def _trial_ends_without_method(account: Account, subscription: Obj, customer: Obj) -> bool:
    """Whether the trial's end settles it: canceled or paused for want of a payment method."""
    if subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]:
        return False
    behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior == "cancel":
        subscriptions.end(account, subscription)
    elif behavior == "pause":
        subscriptions.pause(account, subscription, reason="trial_end_without_payment_method")
    return behavior in {"cancel", "pause"}


@on("finalize")
def finalize(account: Account, invoice: Obj, _: str) -> None:
    """The draft's hour is over, unless it was put off."""
    if (invoice["automatically_finalizes_at"] or 0) <= account.timeline(invoice).now():
        finalize_now(account, invoice)


def finalize_now(account: Account, invoice: Obj) -> None:
    """Open a draft that advances by itself and collect it, or follow the paused collection; its hour is not waited for."""
    if invoice["status"] != "draft" or not invoice["auto_advance"]:
        return
    subscription = standing.subscription_of(account, invoice)
    paused = (subscription or {}).get("pause_collection")
    invoices.finalize(account, invoice)
    if invoice["status"] != "open":
        return
    if paused and paused["behavior"] == "void":
        invoices.void(account, invoice)
    elif paused and paused["behavior"] == "mark_uncollectible":
        invoices.write_off(account, invoice)
    elif invoice["collection_method"] == "charge_automatically":
        invoices.collect(account, invoice, invoices.method_for(account, invoice), automatic=True)


@on("incomplete_end")
def incomplete_end(account: Account, subscription: Obj, _: str) -> None:
    """23 hours without the first payment."""
    if subscription["status"] == "incomplete":
        subscriptions.expire(account, subscription)


@on("cancel_at")
def cancel_at(account: Account, subscription: Obj, _: str) -> None:
    """The announced end."""
    at = subscription["cancel_at"]
    if subscription["status"] in subscriptions.LIVE and at and at <= account.timeline(subscription).now():
        subscriptions.end(account, subscription)


@on("collection_resumes")
def collection_resumes(account: Account, subscription: Obj, _: str) -> None:
    """``pause_collection[resumes_at]`` has come."""
    paused = subscription["pause_collection"]
    if paused and paused["resumes_at"] and paused["resumes_at"] <= account.timeline(subscription).now():
        account.update(subscription, {"pause_collection": None}, "customer.subscription.updated")


@on("resume_end")
def resume_end(account: Account, invoice: Obj, _: str) -> None:
    """The invoice of a resumption was not paid within 23 hours."""
    if invoice["status"] == "open":
        invoices.void(account, invoice)
