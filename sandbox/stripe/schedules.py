"""Subscription schedules: changes arranged for later, such as another plan from the next period on."""

from typing import Any

from sandbox.stripe import proration, subscription_start, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.due import on
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id

EXPIRING_DAYS = 7
_ENDED = {"canceled", "completed", "released"}


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
    phases = _phases(account, customer, params.get("phases") or [], start)
    schedule = _file(account, customer, phases, params)
    if start <= now:
        _enter(account, schedule, 0)
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
    phase = _phase(
        [{"price": each["price"]["id"], "quantity": each["quantity"]} for each in subscription["items"]["data"]],
        subscription["currency"],
        item["current_period_start"],
        item["current_period_end"],
        {},
    )
    customer = account.store.objects[subscription["customer"]]
    schedule = _file(account, customer, [phase], params)
    _bind(account, schedule, subscription, 0)
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
            "pause_schedules": [],
            "phases": phases,
            "status": "not_started",
            "test_clock": customer["test_clock"],
        }
    )


def _phases(account: Account, customer: Obj, given: list[Obj], start: int) -> list[Obj]:
    if not given:
        raise invalid("Missing required param: phases.", param="phases", code="parameter_missing")
    phases: list[Obj] = []
    for index, each in enumerate(given):
        begins = each.get("start_date")
        if isinstance(begins, int) and phases:
            phases[-1]["end_date"] = begins
        start = begins if isinstance(begins, int) else phases[-1]["end_date"] if phases else start
        where = f"phases[{index}]"
        for number, item in enumerate(each.get("items") or []):
            account.store.get("price", item.get("price") or "", param=f"{where}[items][{number}][price]")
        if not each.get("items"):
            raise invalid(f"Missing required param: {where}[items].", param=f"{where}[items]", code="parameter_missing")
        first = account.store.objects[each["items"][0]["price"]]
        if first["recurring"] is None:
            raise invalid("The price specified is not recurring.", param=f"{where}[items][0][price]")
        interval, count = first["recurring"]["interval"], first["recurring"]["interval_count"]
        length = each.get("duration") or {}
        end = each.get("end_date")
        if not isinstance(end, int):
            unit, many = length.get("interval", interval), length.get("interval_count", count)
            end = account.calendar(customer).plus(start, unit, many)
        if end <= start:
            raise invalid("A phase must end after it starts.", param=f"{where}[end_date]")
        phases.append(_phase(each["items"], first["currency"], start, end, each))
    return phases


def _phase(items: list[Obj], currency: str, start: int, end: int, given: Obj) -> Obj:
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": currency,
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "end_date": end,
        "invoice_settings": None,
        "items": [
            {
                "billing_thresholds": None,
                "discounts": [],
                "metadata": {},
                "plan": item["price"],
                "price": item["price"],
                "quantity": item.get("quantity", 1),
                "tax_rates": [],
            }
            for item in items
        ],
        "metadata": given.get("metadata") or {},
        "on_behalf_of": None,
        "proration_behavior": given.get("proration_behavior", "create_prorations"),
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
    }


def _bind(account: Account, schedule: Obj, subscription: Obj, index: int) -> None:
    phase = schedule["phases"][index]
    subscription["schedule"] = schedule["id"]
    schedule.update(
        subscription=subscription["id"],
        status="active",
        current_phase={"start_date": phase["start_date"], "end_date": phase["end_date"]},
    )
    account.schedule(schedule, phase["end_date"], f"phase:{index + 1}")
    notice = schedule["phases"][-1]["end_date"] - account.calendar(schedule).days(EXPIRING_DAYS)
    if index == 0:
        account.schedule(schedule, max(notice, phase["start_date"]), "schedule_expires")


@on("schedule_expires")
def expiring(account: Account, schedule: Obj, _: str) -> None:
    """Seven days before the schedule ends."""
    if schedule["status"] == "active":
        account.emit("subscription_schedule.expiring", schedule)


def _enter(account: Account, schedule: Obj, index: int) -> None:
    phase = schedule["phases"][index]
    customer = account.store.objects[schedule["customer"]]
    items = [{"price": item["price"], "quantity": item["quantity"]} for item in phase["items"]]
    subscription = account.store.find(schedule["subscription"])
    if subscription is None:
        params = {"items": items, "metadata": phase["metadata"], "payment_behavior": "default_incomplete"}
        default = account.store.find(customer["invoice_settings"]["default_payment_method"])
        if default is not None:
            params["payment_behavior"] = "allow_incomplete"
        subscription = subscription_start.begin(account, customer, params)
    else:
        _change(account, subscription, items, phase["proration_behavior"])
    _bind(account, schedule, subscription, index)


def _change(account: Account, subscription: Obj, items: list[Obj], behavior: str) -> None:
    current = subscription["items"]["data"]
    kept = [item for item in current if item["price"]["id"] in {each["price"] for each in items}]
    wanted: list[Obj] = []
    for each, item in zip(items, current, strict=False):
        wanted.append({**each, "id": item["id"]})
    wanted += items[len(current) :]
    wanted += [{"id": item["id"], "deleted": True} for item in current[len(items) :]]
    if len(kept) == len(current) == len(items):
        return
    before = [dict(item) for item in current]
    proration.change_items(account, subscription, {"items": wanted, "proration_behavior": behavior})
    account.emit("customer.subscription.updated", subscription, {"items": {"data": before}})


@on("phase")
def phase(account: Account, schedule: Obj, number: str) -> None:
    """A phase is over: the next begins, or the schedule ends."""
    index = int(number)
    now = account.timeline(schedule).now()
    if schedule["status"] in _ENDED:
        return
    if index < len(schedule["phases"]) and schedule["phases"][index]["start_date"] <= now:
        _enter(account, schedule, index)
        account.emit("subscription_schedule.updated", schedule)
    elif index >= len(schedule["phases"]) and schedule["phases"][-1]["end_date"] <= now:
        _complete(account, schedule, int(now))


def _complete(account: Account, schedule: Obj, now: int) -> None:
    """All phases are over. The CLI's own fixture expects ``completed`` for schedules that release, too."""
    subscription = account.store.find(schedule["subscription"])
    schedule.update(status="completed", completed_at=now, current_phase=None)
    if subscription is not None:
        subscription["schedule"] = None
        if schedule["end_behavior"] == "cancel" and subscription["status"] in subscriptions.LIVE:
            subscriptions.end(account, subscription)
    account.emit("subscription_schedule.completed", schedule)


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
    if schedule["status"] in _ENDED:
        raise invalid(f"You cannot update a subscription schedule that is {schedule['status']}.")
    new = changes(schedule, params, ("end_behavior", "metadata"))
    if params.get("phases"):
        customer = account.store.objects[schedule["customer"]]
        new["phases"] = _phases(account, customer, params["phases"], schedule["phases"][0]["start_date"])
        for index, each in enumerate(new["phases"]):
            account.schedule(schedule, each["end_date"], f"phase:{index + 1}")
    account.update(schedule, new, "subscription_schedule.updated")
    return schedule


@operation("POST", "/v1/subscription_schedules/{schedule}/cancel")
def cancel(call: Call) -> Obj:
    """Cancel it and its subscription."""
    account = call.account
    schedule = account.store.get("subscription_schedule", call.id)
    if schedule["status"] in _ENDED:
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
    if schedule["status"] in _ENDED:
        raise invalid(f"You cannot release a subscription schedule that is {schedule['status']}.")
    _let_go(call.account, schedule)
    return schedule
