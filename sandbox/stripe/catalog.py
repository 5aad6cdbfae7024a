"""Products and prices."""

from decimal import Decimal
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.resources import PRODUCT_FIELDS
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/products")
def create_product(call: Call) -> Obj:
    """Create a product, with its default price when given."""
    account, params = call.account, call.params
    if params.get("id") and account.store.find(params["id"]):
        raise invalid("Product already exists.", param="id", code="resource_already_exists")
    product = new_product(account, params)
    if params.get("default_price_data"):
        data = {**params["default_price_data"], "product": product["id"]}
        product["default_price"] = new_price(account, data)["id"]
    return product


@operation("DELETE", "/v1/products/{id}")
def delete_product(call: Call) -> Obj:
    """Delete a product that has no prices."""
    product = call.account.store.get("product", call.id)
    if next(call.account.store.newest("price", product=product["id"]), None):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.")
    call.account.emit("product.deleted", product)
    call.account.store.remove(product)
    return {"id": product["id"], "object": "product", "deleted": True}


@operation("POST", "/v1/prices")
def create_price(call: Call) -> Obj:
    """Create a price for a product that exists or comes with it."""
    return new_price(call.account, call.params)


@operation("POST", "/v1/prices/{price}")
def update_price(call: Call) -> Obj:
    """Change what may change of a price; its amount never does."""
    price = call.account.store.get("price", call.id)
    new = changes(price, call.params, ("active", "lookup_key", "metadata", "nickname", "tax_behavior"))
    if new.get("lookup_key"):
        _claim(call.account, new["lookup_key"], price["id"], transfer=bool(call.params.get("transfer_lookup_key")))
    call.account.update(price, new, "price.updated")
    return price


def new_product(account: Account, params: dict[str, Any]) -> Obj:
    """File a product and emit ``product.created``."""
    product: Obj = {
        "id": params.get("id") or new_id("prod", 14),
        "object": "product",
        "active": True,
        "images": [],
        "marketing_features": [],
        "metadata": {},
        "type": "service",
        "updated": account.now(),
    }
    product.update({k: v for k, v in changes(product, params, PRODUCT_FIELDS).items() if k != "default_price"})
    account.create(product)
    account.emit("product.created", product)
    return product


def new_price(account: Account, params: dict[str, Any]) -> Obj:
    """File a price and emit ``price.created``. Raises Refusal when the amount or the product is wrong."""
    amount = _amount(params)
    if params.get("product"):
        product = account.store.get("product", params["product"], param="product")
    elif params.get("product_data"):
        product = new_product(account, params["product_data"])
    else:
        raise invalid(
            "You must specify either `product` or `product_data` when creating a price.",
            param="product",
            code="parameter_missing",
        )
    recurring = params.get("recurring")
    if recurring is not None:
        recurring = {
            "interval": recurring["interval"],
            "interval_count": recurring.get("interval_count", 1),
            "meter": recurring.get("meter"),
            "trial_period_days": recurring.get("trial_period_days"),
            "usage_type": recurring.get("usage_type", "licensed"),
        }
    lookup_key = params.get("lookup_key")
    if lookup_key:
        _claim(account, lookup_key, "", transfer=bool(params.get("transfer_lookup_key")))
    price = account.create(
        {
            "id": new_id("price"),
            "object": "price",
            "active": params.get("active", True),
            "billing_scheme": "per_unit",
            "currency": params["currency"].lower(),
            "lookup_key": lookup_key,
            "metadata": params.get("metadata") or {},
            "nickname": params.get("nickname"),
            "product": product["id"],
            "recurring": recurring,
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "type": "recurring" if recurring else "one_time",
            "unit_amount": int(amount) if amount == int(amount) else None,
            "unit_amount_decimal": str(amount),
        }
    )
    account.emit("price.created", price)
    return price


def plan_of(price: Obj) -> Obj:
    """The legacy plan still shown beside a subscription item's price."""
    recurring = price["recurring"] or {}
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring.get("interval", "month"),
        "interval_count": recurring.get("interval_count", 1),
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _amount(params: dict[str, Any]) -> Decimal:
    if "unit_amount" in params:
        amount = Decimal(params["unit_amount"])
    elif "unit_amount_decimal" in params:
        amount = Decimal(params["unit_amount_decimal"])
    else:
        raise invalid(
            "You must specify `unit_amount` or `unit_amount_decimal`.", param="unit_amount", code="parameter_missing"
        )
    if amount < 0:
        raise invalid("This value must be greater than or equal to 0.", param="unit_amount")
    return amount


def _claim(account: Account, lookup_key: str, price: str, *, transfer: bool) -> None:
    for other in account.store.newest("price", lookup_key=lookup_key):
        if other["id"] == price:
            continue
        if not transfer:
            raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", param="lookup_key")
        other["lookup_key"] = None
