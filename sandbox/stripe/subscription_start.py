"""How subscriptions begin: with a trial, or with a first payment and what becomes of it."""

from typing import Any

from sandbox.stripe import catalog, discounts, drafts, invoices, payment_methods, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Authentication
from sandbox.stripe.declines import DECLINES
from sandbox.stripe.refusal import Refusal, card_error, invalid
from sandbox.stripe.store import Obj, new_id


def begin(account: Account, customer: Obj, params: dict[str, Any]) -> Obj:
    """Start a subscription and bill its first period or trial.

    Raises Refusal for bad items, for a missing payment method, and with ``error_if_incomplete`` for a refused card,
    in which case nothing was made.
    """
    behavior = params.get("payment_behavior", "allow_incomplete")
    prices = _prices(account, params)
    default = _default_method(account, customer, params.get("default_payment_method"))
    now = account.now(customer)
    trial_end = _trial_end(account, customer, params, now)
    method = default or account.store.find(customer["invoice_settings"]["default_payment_method"])
    due = sum((price["unit_amount"] or 0) * quantity for price, quantity, _ in prices)
    automatic = params.get("collection_method", "charge_automatically") == "charge_automatically"
    if automatic and not trial_end and due > 0 and behavior not in {"default_incomplete"}:
        if method is None:
            raise _no_method()
        if behavior == "error_if_incomplete":
            _refuse_if_doomed(account, customer, method)
    subscription = _file(account, customer, params, prices, default, now, trial_end)
    subscription["discounts"] = discounts.grant(
        account, params.get("discounts"), customer=customer, subscription=subscription, param="discounts"
    )
    account.emit("customer.subscription.created", subscription)
    if trial_end:
        _begin_trial(account, customer, subscription, trial_end, now)
    else:
        _bill_first(account, subscription, method if behavior != "default_incomplete" else None, behavior)
    return subscription


def _prices(account: Account, params: dict[str, Any]) -> list[tuple[Obj, int, Obj]]:
    items = params.get("items") or []
    if not items:
        raise invalid("Missing required param: items.", param="items", code="parameter_missing")
    found: list[tuple[Obj, int, Obj]] = []
    for index, item in enumerate(items):
        if item.get("price_data"):
            price = catalog.new_price(account, item["price_data"])
        elif item.get("price") or item.get("plan"):
            price = account.store.get("price", item.get("price") or item["plan"], param=f"items[{index}][price]")
        else:
            raise invalid(
                "Missing required param: items[0][price].", param=f"items[{index}][price]", code="parameter_missing"
            )
        if price["recurring"] is None:
            raise invalid(
                "The price specified is set to `type=one_time` but this field only accepts prices with "
                "`type=recurring`.",
                param=f"items[{index}][price]",
            )
        if not price["active"]:
            raise invalid("The price specified is inactive.", param=f"items[{index}][price]")
        found.append((price, item.get("quantity", 1), item))
    first = found[0][0]
    for price, _, _ in found:
        same = all(price["recurring"][k] == first["recurring"][k] for k in ("interval", "interval_count"))
        if price["currency"] != first["currency"] or not same:
            raise invalid("All prices on a subscription must have the same currency and interval.", param="items")
    return found


def _default_method(account: Account, customer: Obj, identifier: str | None) -> Obj | None:
    if not identifier:
        return None
    method = payment_methods.resolve(account, identifier, param="default_payment_method")
    if method["customer"] != customer["id"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {identifier}. The payment method must be "
            "attached to the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
    return method


def _trial_end(account: Account, customer: Obj, params: dict[str, Any], now: int) -> int | None:
    end = params.get("trial_end")
    if end and end != "now":
        if end <= now:
            raise invalid("The trial_end must be in the future.", param="trial_end")
        return int(end)
    days = params.get("trial_period_days")
    return account.calendar(customer).plus(now, "day", days) if days and end != "now" else None


def refuse_if_doomed(account: Account, customer: Obj, subscription: Obj) -> None:
    """Raises Refusal where a charge to a running subscription would be refused, or there is nothing to charge."""
    identifier = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    method = account.store.find(identifier)
    if method is None:
        raise _no_method()
    _refuse_if_doomed(account, customer, method)


def _no_method() -> Refusal:
    return invalid(
        "This customer has no attached payment source or default payment method. Please consider adding a default payment "
        "method.",
        code="resource_missing",
    )


def _refuse_if_doomed(account: Account, customer: Obj, method: Obj) -> None:
    card = payment_methods.card_of(account, method)
    if card is None:
        return
    code = account.declines.take(customer["id"]) or card.decline
    if code is None and card.authentication is Authentication.NEVER:
        return
    if code is None:
        raise card_error(
            "This payment requires additional user action before it can be completed successfully.",
            code="subscription_payment_intent_requires_action",
        )
    decline = DECLINES[code]
    raise card_error(decline.message, code=decline.code, decline_code=code, advice_code=decline.advice)


def _file(
    account: Account,
    customer: Obj,
    params: dict[str, Any],
    prices: list[tuple[Obj, int, Obj]],
    default: Obj | None,
    now: int,
    trial_end: int | None,
) -> Obj:
    identifier = new_id("sub")
    recurring = prices[0][0]["recurring"]
    calendar = account.calendar(customer)
    end = trial_end or calendar.plus(now, recurring["interval"], recurring["interval_count"])
    settings = params.get("payment_settings") or {}
    subscription = account.create(
        {
            "id": identifier,
            "object": "subscription",
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": trial_end or now,
            "billing_mode": {"flexible": None, "type": "classic", "updated_at": None},
            "cancel_at_period_end": params.get("cancel_at_period_end", False),
            "cancel_at": params.get("cancel_at"),
            "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
            "collection_method": params.get("collection_method", "charge_automatically"),
            "created": now,
            "currency": prices[0][0]["currency"],
            "customer": customer["id"],
            "days_until_due": params.get("days_until_due"),
            "default_payment_method": default["id"] if default else None,
            "description": params.get("description"),
            "invoice_settings": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": {"type": "self"},
            },
            "items": {
                "object": "list",
                "data": [],
                "has_more": False,
                "url": f"/v1/subscription_items?subscription={identifier}",
            },
            "metadata": params.get("metadata") or {},
            "payment_settings": {
                "payment_method_options": None,
                "payment_method_types": settings.get("payment_method_types"),
                "save_default_payment_method": settings.get("save_default_payment_method", "off"),
            },
            "start_date": now,
            "status": "trialing" if trial_end else "incomplete",
            "test_clock": customer["test_clock"],
            "trial_end": trial_end,
            "trial_settings": {
                "end_behavior": {
                    "missing_payment_method": ((params.get("trial_settings") or {}).get("end_behavior") or {}).get(
                        "missing_payment_method", "create_invoice"
                    )
                }
            },
            "trial_start": now if trial_end else None,
        }
    )
    if not customer["currency"]:
        customer["currency"] = subscription["currency"]
    for price, quantity, item in prices:
        subscriptions.add_item(account, subscription, price, quantity, item.get("metadata") or {}, (now, end))
    account.store.note(identifier).update(periods=0 if trial_end else 1, next=end)
    return subscription


def _begin_trial(account: Account, customer: Obj, subscription: Obj, trial_end: int, now: int) -> None:
    lines = [subscriptions.line_for(account, subscription, item, trial=True) for item in subscription["items"]["data"]]
    invoice = drafts.draft(
        account,
        customer,
        currency=subscription["currency"],
        reason="subscription_create",
        lines=lines,
        period=(now, now),
        subscription=subscription,
    )
    invoices.finalize(account, invoice)
    calendar = account.calendar(subscription)
    account.schedule(subscription, max(now, trial_end - calendar.days(3)), "trial_notice")
    account.schedule(subscription, trial_end, "period_end")
    subscriptions.schedule_upcoming(account, subscription)
    _schedule_cancel(account, subscription)


def _bill_first(account: Account, subscription: Obj, method: Obj | None, behavior: str) -> None:
    customer = account.store.objects[subscription["customer"]]
    start = subscription["start_date"]
    lines = [subscriptions.line_for(account, subscription, item) for item in subscription["items"]["data"]]
    invoice = drafts.draft(
        account,
        customer,
        currency=subscription["currency"],
        reason="subscription_create",
        lines=lines,
        period=(start, start),
        subscription=subscription,
    )
    invoices.finalize(account, invoice)
    calendar = account.calendar(subscription)
    account.schedule(subscription, account.store.note(subscription["id"])["next"], "period_end")
    subscriptions.schedule_upcoming(account, subscription)
    _schedule_cancel(account, subscription)
    if subscription["collection_method"] == "send_invoice":
        account.update(subscription, {"status": "active"}, "customer.subscription.updated")
    elif invoice["status"] == "open":
        account.schedule(subscription, start + calendar.hours(23), "incomplete_end")
        if method is not None or behavior != "default_incomplete":
            invoices.collect(account, invoice, method, automatic=True, off_session=False)


def _schedule_cancel(account: Account, subscription: Obj) -> None:
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = account.store.note(subscription["id"])["next"]
    elif subscription["cancel_at"]:
        account.schedule(subscription, subscription["cancel_at"], "cancel_at", first=True)
