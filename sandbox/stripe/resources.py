"""Resources as data: retrieving, listing and plain changes need no code of their own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import Refusal, invalid, missing
from sandbox.stripe.registry import Call, add, known
from sandbox.stripe.shape import listing
from sandbox.stripe.store import Obj

LIMIT = 10  # Stripe's default page; 100 is the most
PRODUCT_FIELDS = (
    "active", "default_price", "description", "images", "marketing_features", "metadata", "name", "package_dimensions",
    "shippable", "statement_descriptor", "tax_code", "unit_label", "url",
)  # fmt: skip


Test = Callable[[Obj, Any], bool]


@dataclass(frozen=True, slots=True)
class Resource:
    """``filters`` maps a list parameter to where the value stands in the object (dots go deeper); ``tests`` to what
    decides otherwise, asked with None when the parameter was not given. ``changeable`` may be posted to the object, which
    emits ``<kind>.updated``."""

    kind: str
    path: str
    key: str
    filters: tuple[tuple[str, str], ...] = ()
    tests: tuple[tuple[str, Test], ...] = ()
    changeable: tuple[str, ...] = ()


def _status(subscription: Obj, wanted: str | None) -> bool:
    """Canceled ones only when asked for with canceled, ended or all."""
    ended = subscription["status"] in {"canceled", "incomplete_expired"}
    if wanted in {None, "ended"}:
        return ended == (wanted is not None)
    return wanted == "all" or subscription["status"] == wanted


def _typed(event: Obj, wanted: str | None) -> bool:
    """A type, or all that begin alike: ``invoice.*``."""
    return wanted is None or fnmatchcase(event["type"], wanted)


RESOURCES = (
    Resource("customer", "/v1/customers", "customer", (("email", "email"), ("test_clock", "test_clock"))),
    Resource("payment_method", "/v1/payment_methods", "payment_method", (("customer", "customer"), ("type", "type"))),
    Resource(
        "product",
        "/v1/products",
        "id",
        (("active", "active"), ("url", "url")),
        changeable=PRODUCT_FIELDS,
    ),
    Resource(
        "price",
        "/v1/prices",
        "price",
        (
            ("active", "active"),
            ("currency", "currency"),
            ("product", "product"),
            ("type", "type"),
            ("recurring[interval]", "recurring.interval"),
        ),
        (("lookup_keys", lambda price, keys: keys is None or price["lookup_key"] in keys),),
    ),
    Resource(
        "subscription",
        "/v1/subscriptions",
        "subscription_exposed_id",
        (("customer", "customer"), ("collection_method", "collection_method"), ("test_clock", "test_clock")),
        (
            ("status", _status),
            ("price", lambda s, price: not price or price in [item["price"]["id"] for item in s["items"]["data"]]),
        ),
    ),
    Resource(
        "event",
        "/v1/events",
        "id",
        tests=(
            ("type", _typed),
            ("types", lambda event, types: types is None or any(_typed(event, each) for each in types)),
        ),
    ),
    Resource(
        "billing_portal.configuration",
        "/v1/billing_portal/configurations",
        "configuration",
        (("active", "active"), ("is_default", "is_default")),
    ),
    Resource("subscription_item", "/v1/subscription_items", "item", (("subscription", "subscription"),)),
    Resource(
        "invoice",
        "/v1/invoices",
        "invoice",
        (
            ("customer", "customer"),
            ("status", "status"),
            ("subscription", "parent.subscription_details.subscription"),
            ("collection_method", "collection_method"),
        ),
    ),
    Resource(
        "invoice_payment",
        "/v1/invoice_payments",
        "invoice_payment",
        (
            ("invoice", "invoice"),
            ("status", "status"),
            ("payment[type]", "payment.type"),
            ("payment[payment_intent]", "payment.payment_intent"),
        ),
    ),
    Resource(
        "invoiceitem",
        "/v1/invoiceitems",
        "invoiceitem",
        (("customer", "customer"), ("invoice", "invoice")),
        (("pending", lambda item, pending: pending is None or (item["invoice"] is None) == pending),),
    ),
    Resource("payment_intent", "/v1/payment_intents", "intent", (("customer", "customer"),)),
    Resource(
        "setup_intent",
        "/v1/setup_intents",
        "intent",
        (("customer", "customer"), ("payment_method", "payment_method")),
    ),
    Resource(
        "charge",
        "/v1/charges",
        "charge",
        (("customer", "customer"), ("payment_intent", "payment_intent")),
        changeable=("description", "metadata", "receipt_email", "fraud_details"),
    ),
    Resource(
        "refund",
        "/v1/refunds",
        "refund",
        (("charge", "charge"), ("payment_intent", "payment_intent")),
        changeable=("metadata",),
    ),
    Resource(
        "checkout.session",
        "/v1/checkout/sessions",
        "session",
        (
            ("customer", "customer"),
            ("status", "status"),
            ("subscription", "subscription"),
            ("payment_intent", "payment_intent"),
            ("customer_details[email]", "customer_details.email"),
        ),
    ),
    Resource("coupon", "/v1/coupons", "coupon", changeable=("metadata", "name")),
    Resource(
        "promotion_code",
        "/v1/promotion_codes",
        "promotion_code",
        (("code", "code"), ("active", "active"), ("coupon", "promotion.coupon"), ("customer", "customer")),
        changeable=("active", "metadata"),
    ),
    Resource(
        "credit_note",
        "/v1/credit_notes",
        "id",
        (("invoice", "invoice"), ("customer", "customer")),
        changeable=("memo", "metadata"),
    ),
    Resource("dispute", "/v1/disputes", "dispute", (("charge", "charge"), ("payment_intent", "payment_intent"))),
    Resource("subscription_schedule", "/v1/subscription_schedules", "schedule", (("customer", "customer"),)),
    Resource("test_helpers.test_clock", "/v1/test_helpers/test_clocks", "test_clock"),
    Resource("webhook_endpoint", "/v1/webhook_endpoints", "webhook_endpoint"),
)


def value_at(obj: Obj, path: str) -> Any:
    """The value at a dotted path; None when any step is missing."""
    node: Any = obj
    for step in path.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return node


def page(call: Call, objects: Iterable[Obj], url: str) -> Obj:
    """One page of objects that come newest first, by Stripe's cursors."""
    limit = call.params.get("limit", LIMIT)
    if not 1 <= limit <= 100:
        raise _bad_limit(limit)
    after, before = call.params.get("starting_after"), call.params.get("ending_before")
    if not after and not before:
        found = list(islice(objects, limit + 1))
        return listing(url, found[:limit], has_more=len(found) > limit)
    found = list(objects)
    if after:
        found = found[_position(found, after, "starting_after") + 1 :]
    if before:
        found = found[: _position(found, before, "ending_before")]
        return listing(url, found[-limit:], has_more=len(found) > limit)
    return listing(url, found[:limit], has_more=len(found) > limit)


def _bad_limit(limit: int) -> Refusal:
    word = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
    return invalid(f"This value must be {word}.", param="limit", code="parameter_invalid_integer")


def _position(found: list[Obj], cursor: str, param: str) -> int:
    for index, obj in enumerate(found):
        if obj["id"] == cursor:
            return index
    raise missing(found[0]["object"] if found else "object", cursor, param=param)


def created_within(obj: Obj, bounds: Any) -> bool:
    """Whether ``created`` is the given instant or inside the gt/gte/lt/lte bounds."""
    if bounds is None:
        return True
    made = obj.get("created", 0)
    if not isinstance(bounds, dict):
        return bool(made == bounds)
    return bool(
        made > bounds.get("gt", -1)
        and made >= bounds.get("gte", 0)
        and made < bounds.get("lt", made + 1)
        and made <= bounds.get("lte", made)
    )


def wanted(call: Call, name: str) -> Any:
    """A list parameter, one level of brackets allowed."""
    head, _, rest = name.partition("[")
    value = call.params.get(head)
    return value.get(rest[:-1]) if rest and isinstance(value, dict) else None if rest else value


def _lister(resource: Resource) -> Any:
    def handler(call: Call) -> Obj:
        filters = [(path, wanted(call, name)) for name, path in resource.filters]
        active = [(path, value) for path, value in filters if value is not None]
        tests = [(test, call.params.get(name)) for name, test in resource.tests]
        created = call.params.get("created")
        objects = (
            obj
            for obj in call.account.store.newest(resource.kind)
            if all(value_at(obj, path) == value for path, value in active)
            and all(test(obj, value) for test, value in tests)
            and created_within(obj, created)
        )
        return page(call, objects, resource.path)

    return handler


def _getter(resource: Resource) -> Any:
    def handler(call: Call) -> Obj:
        return call.account.store.get(resource.kind, call.id)

    return handler


def _changer(resource: Resource) -> Any:
    def handler(call: Call) -> Obj:
        obj = call.account.store.get(resource.kind, call.id)
        call.account.update(obj, changes(obj, call.params, resource.changeable), f"{resource.kind}.updated")
        return obj

    return handler


def register() -> None:
    """Serve the plain operations of every resource above that have no handler of their own."""
    served = set(known())
    for resource in RESOURCES:
        one = f"{resource.path}/{{{resource.key}}}"
        plain = [("GET", resource.path, _lister), ("GET", one, _getter)]
        plain += [("POST", one, _changer)] if resource.changeable else []
        for method, path, made in plain:
            if (method, path) not in served:
                add(method, path, made(resource))
