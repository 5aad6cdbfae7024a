"""Subscription schedules: changes arranged for later, such as another plan from the next period on."""

from typing import Any

from sandbox.stripe import subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.phases import ENDED, bind, enter, phase_of, phases_of
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/subscription_schedules")
def create(call: Call) -> Obj:
    """From a running subscription, or for a customer from a date on."""
    account, params = call.account, call.params
    if params.get("from_subscription"):
        return _from_subscription(account, params["from_subscription"], params)
    if not params.get("customer"):
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = account.store.get("customer", params["customer"], param="customer")
    now = account.now(customer)
    start = params.get("start_date") or now
    start = now if isinstance(start, str) else start
    phases = phases_of(account, customer, params.get("phases") or [], start)
    schedule = _file(account, customer, phases, params)
    if start <= now:
        enter(account, schedule, 0)
    else:
        account.schedule(schedule, start, "phase:0")
    account.emit("subscription_schedule.created", schedule)
    return schedule


def _from_subscription(account: Account, identifier: str, params: dict[str, Any]) -> Obj:
    subscription = account.store.get("subscription", identifier, param="from_subscription")
    if subscription["schedule"]:
        raise invalid("The subscription already has a schedule.", param="from_subscription")
    if subscription["status"] not in subscriptions.LIVE:
        raise invalid(f"The subscription is {subscription['status']}.", param="from_subscription")
    item = subscription["items"]["data"][0]
    phase = phase_of(
        [{"price": each["price"]["id"], "quantity": each["quantity"]} for each in subscription["items"]["data"]],
        subscription["currency"],
        item["current_period_start"],
        item["current_period_end"],
        {},
    )
    customer = account.store.objects[subscription["customer"]]
    schedule = _file(account, customer, [phase], params)
    bind(account, schedule, subscription, 0)
    account.emit("subscription_schedule.created", schedule)
    return schedule


def _file(account: Account, customer: Obj, phases: list[Obj], params: dict[str, Any]) -> Obj:
    return account.create(
        {
            "id": new_id("sub_sched"),
            "object": "subscription_schedule",
            "billing_mode": {"flexible": None, "type": "classic", "updated_at": None},
            "created": account.now(customer),
            "customer": customer["id"],
            "default_settings": {
                "application_fee_percent": None,
                "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
                "billing_cycle_anchor": "automatic",
                "billing_thresholds": None,
                "collection_method": "charge_automatically",
                "default_payment_method": None,
                "description": None,
                "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
                "on_behalf_of": None,
                "transfer_data": None,
            },
            "end_behavior": params.get("end_behavior", "release"),
            "metadata": params.get("metadata") or {},
            "phases": phases,
            "status": "not_started",
            "test_clock": customer["test_clock"],
        }
    )


def _let_go(account: Account, schedule: Obj) -> None:
    subscription = account.store.find(schedule["subscription"])
    if subscription is not None:
        subscription["schedule"] = None
    schedule.update(
        status="released",
        released_at=account.now(schedule),
        released_subscription=schedule["subscription"],
        subscription=None,
        current_phase=None,
    )
    account.emit("subscription_schedule.released", schedule)


@operation("POST", "/v1/subscription_schedules/{schedule}")
def update(call: Call) -> Obj:
    """Replace the phases that are still to come, or how it ends."""
    account, params = call.account, call.params
    schedule = account.store.get("subscription_schedule", call.id)
    if schedule["status"] in ENDED:
        raise invalid(f"You cannot update a subscription schedule that is {schedule['status']}.")
    new = changes(schedule, params, ("end_behavior", "metadata"))
    if params.get("phases"):
        customer = account.store.objects[schedule["customer"]]
        new["phases"] = phases_of(account, customer, params["phases"], schedule["phases"][0]["start_date"])
        for index, each in enumerate(new["phases"]):
            account.schedule(schedule, each["end_date"], f"phase:{index + 1}", first=True)
    account.update(schedule, new, "subscription_schedule.updated")
    return schedule


@operation("POST", "/v1/subscription_schedules/{schedule}/cancel")
def cancel(call: Call) -> Obj:
    """Cancel it and its subscription."""
    account = call.account
    schedule = account.store.get("subscription_schedule", call.id)
    if schedule["status"] in ENDED:
        raise invalid(f"You cannot cancel a subscription schedule that is {schedule['status']}.")
    subscription = account.store.find(schedule["subscription"])
    schedule.update(status="canceled", canceled_at=account.now(schedule), current_phase=None)
    if subscription and subscription["status"] in subscriptions.LIVE:
        subscriptions.end(account, subscription)
    account.emit("subscription_schedule.canceled", schedule)
    return schedule


@operation("POST", "/v1/subscription_schedules/{schedule}/release")
def release(call: Call) -> Obj:
    """Let the subscription go on without it."""
    schedule = call.account.store.get("subscription_schedule", call.id)
    if schedule["status"] in ENDED:
        raise invalid(f"You cannot release a subscription schedule that is {schedule['status']}.")
    _let_go(call.account, schedule)
    return schedule
