"""Coupons, promotion codes, and the discounts they become on customers and subscriptions."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/coupons")
def create_coupon(call: Call) -> Obj:
    """A coupon takes off a percentage or an amount: once, for some months, or for ever."""
    account, params = call.account, call.params
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise invalid("You must specify either `percent_off` or `amount_off`, and not both.", param="percent_off")
    if percent is not None and not 0 < percent <= 100:
        raise invalid("Invalid percent_off: must be between 0 and 100.", param="percent_off")
    if amount is not None and (amount < 1 or not params.get("currency")):
        raise invalid("You must pass a positive `amount_off` with a `currency`.", param="currency")
    duration = params.get("duration", "once")
    if duration == "repeating" and not params.get("duration_in_months"):
        raise invalid("You must pass `duration_in_months`.", param="duration_in_months", code="parameter_missing")
    identifier = params.get("id") or new_id("", 8)[1:]
    if account.store.find(identifier):
        raise invalid("Coupon already exists.", param="id", code="resource_already_exists")
    coupon = account.create(
        {
            "id": identifier,
            "object": "coupon",
            "amount_off": amount,
            "currency": params.get("currency"),
            "duration": duration,
            "duration_in_months": params.get("duration_in_months") or None,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": params.get("metadata") or {},
            "name": params.get("name"),
            "percent_off": percent,
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        }
    )
    account.emit("coupon.created", coupon)
    return coupon


@operation("DELETE", "/v1/coupons/{coupon}")
def delete_coupon(call: Call) -> Obj:
    """Nobody new can use it; discounts already given stay."""
    coupon = call.account.store.get("coupon", call.id)
    coupon["valid"] = False
    call.account.emit("coupon.deleted", coupon)
    call.account.store.retire(coupon)
    return {"id": coupon["id"], "object": "coupon", "deleted": True}


@operation("POST", "/v1/promotion_codes")
def create_code(call: Call) -> Obj:
    """A code customers type, for a coupon."""
    account, params = call.account, call.params
    promotion = params["promotion"]
    coupon = account.store.get("coupon", promotion.get("coupon") or "", param="promotion[coupon]")
    code = params.get("code") or new_id("", 8)[1:].upper()
    if any(other["code"].lower() == code.lower() for other in account.store.newest("promotion_code", active=True)):
        raise invalid("An active promotion code with this code already exists.", param="code")
    restrictions = params.get("restrictions") or {}
    made = account.create(
        {
            "id": new_id("promo"),
            "object": "promotion_code",
            "active": params.get("active", True),
            "code": code,
            "customer": params.get("customer"),
            "expires_at": params.get("expires_at"),
            "max_redemptions": params.get("max_redemptions"),
            "metadata": params.get("metadata") or {},
            "promotion": {"coupon": coupon["id"], "type": "coupon"},
            "restrictions": {
                "first_time_transaction": restrictions.get("first_time_transaction", False),
                "minimum_amount": restrictions.get("minimum_amount"),
                "minimum_amount_currency": restrictions.get("minimum_amount_currency"),
            },
            "times_redeemed": 0,
        }
    )
    account.emit("promotion_code.created", made)
    return made


def grant(account: Account, given: Any, *, customer: Obj, subscription: Obj | None, param: str) -> list[str]:
    """The ids of new discounts for ``discounts`` as a request gives them. Raises Refusal for what is not valid."""
    return [
        _discount(account, each, customer, subscription, f"{param}[{index}]")["id"]
        for index, each in enumerate(given or [])
    ]


def _discount(account: Account, given: Obj, customer: Obj, subscription: Obj | None, param: str) -> Obj:
    now = account.now(customer)
    code = None
    if given.get("discount"):
        return account.store.get("discount", given["discount"], param=f"{param}[discount]")
    if given.get("promotion_code"):
        code = account.store.get("promotion_code", given["promotion_code"], param=f"{param}[promotion_code]")
        if not code["active"] or (code["expires_at"] or now) < now:
            raise invalid("This promotion code is not active.", param=f"{param}[promotion_code]")
        if code["customer"] not in (None, customer["id"]):
            raise invalid("This promotion code cannot be redeemed by this customer.", param=f"{param}[promotion_code]")
        identifier = code["promotion"]["coupon"]
    else:
        identifier = given.get("coupon") or ""
    coupon = account.store.get("coupon", identifier, param=f"{param}[coupon]")
    _redeem(coupon, now, f"{param}[coupon]")
    if code is not None:
        _redeem(code, now, f"{param}[promotion_code]")
    end = None
    if coupon["duration"] == "repeating":
        end = account.calendar(customer).plus(now, "month", coupon["duration_in_months"])
    return account.create(
        {
            "id": new_id("di"),
            "object": "discount",
            "customer": customer["id"],
            "end": end,
            "promotion_code": code["id"] if code else None,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": now,
            "subscription": subscription["id"] if subscription else None,
        }
    )


def _redeem(offer: Obj, now: int, param: str) -> None:
    most = offer["max_redemptions"]
    if (most is not None and offer["times_redeemed"] >= most) or (offer.get("redeem_by") or now) < now:
        raise invalid("This coupon has expired or was redeemed too often.", param=param, code="coupon_expired")
    offer["times_redeemed"] += 1
    if offer["object"] == "coupon" and most is not None and offer["times_redeemed"] >= most:
        offer["valid"] = False


def amounts(account: Account, identifiers: list[str], subtotal: int, now: int) -> list[Obj]:
    """What each discount takes off, in order, never below zero."""
    left, taken = max(subtotal, 0), []
    for identifier in identifiers:
        discount = account.store.find(identifier)
        if discount is None or (discount["end"] is not None and discount["end"] <= now):
            continue
        coupon = account.store.objects[discount["source"]["coupon"]]
        if coupon["percent_off"] is not None:
            exact = Decimal(left) * Decimal(str(coupon["percent_off"])) / 100
            off = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        else:
            off = min(coupon["amount_off"], left)
        left -= off
        taken.append({"amount": off, "discount": identifier})
    return taken


def used(account: Account, holder: Obj) -> None:
    """An invoice took the discounts: those for once are over."""
    kept = [
        identifier
        for identifier in holder["discounts"]
        if account.store.objects[account.store.objects[identifier]["source"]["coupon"]]["duration"] != "once"
    ]
    if kept != holder["discounts"]:
        holder["discounts"] = kept
