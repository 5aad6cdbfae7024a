"""The phases of a subscription schedule: what each holds, and what happens when one begins or is over."""

from sandbox.stripe import proration, subscription_start, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.due import on
from sandbox.stripe.refusal import invalid
from sandbox.stripe.store import Obj

EXPIRING_DAYS = 7
ENDED = {"canceled", "completed", "released"}


def phases_of(account: Account, customer: Obj, given: list[Obj], start: int) -> list[Obj]:
    """The phases as given, one after the other from ``start`` (epoch seconds). Raises Refusal naming what is missing."""
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
        phases.append(phase_of(each["items"], first["currency"], start, end, each))
    return phases


def phase_of(items: list[Obj], currency: str, start: int, end: int, given: Obj) -> Obj:
    """One phase in its declared shape."""
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


def bind(account: Account, schedule: Obj, subscription: Obj, index: int) -> None:
    """Let the schedule rule the subscription from this phase on."""
    phase = schedule["phases"][index]
    subscription["schedule"] = schedule["id"]
    schedule.update(
        subscription=subscription["id"],
        status="active",
        current_phase={"start_date": phase["start_date"], "end_date": phase["end_date"]},
    )
    # Before the renewal of that instant, which bills what the new phase holds.
    account.schedule(schedule, phase["end_date"], f"phase:{index + 1}", first=True)
    notice = schedule["phases"][-1]["end_date"] - account.calendar(schedule).days(EXPIRING_DAYS)
    if index == 0:
        account.schedule(schedule, max(notice, phase["start_date"]), "schedule_expires")


@on("schedule_expires")
def expiring(account: Account, schedule: Obj, _: str) -> None:
    """Seven days before the schedule ends."""
    if schedule["status"] == "active":
        account.emit("subscription_schedule.expiring", schedule)


def enter(account: Account, schedule: Obj, index: int) -> None:
    """Begin the phase: start the subscription, or change it to the phase's items."""
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
    bind(account, schedule, subscription, index)


def _change(account: Account, subscription: Obj, items: list[Obj], behavior: str) -> None:
    current = subscription["items"]["data"]
    if [(item["price"]["id"], item["quantity"]) for item in current] == [(i["price"], i["quantity"]) for i in items]:
        return
    wanted: list[Obj] = []
    for each, item in zip(items, current, strict=False):
        wanted.append({**each, "id": item["id"]})
    wanted += items[len(current) :]
    wanted += [{"id": item["id"], "deleted": True} for item in current[len(items) :]]
    before = [dict(item) for item in current]
    proration.change_items(account, subscription, {"items": wanted, "proration_behavior": behavior})
    account.emit("customer.subscription.updated", subscription, {"items": {"data": before}})


@on("phase")
def phase(account: Account, schedule: Obj, number: str) -> None:
    """A phase is over: the next begins, or the schedule ends."""
    index = int(number)
    now = account.timeline(schedule).now()
    if schedule["status"] in ENDED:
        return
    if index < len(schedule["phases"]) and schedule["phases"][index]["start_date"] <= now:
        enter(account, schedule, index)
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
