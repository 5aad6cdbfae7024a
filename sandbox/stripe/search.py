"""Stripe's search language (docs.stripe.com/search): clauses joined by AND, or by OR, never both."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, add
from sandbox.stripe.resources import LIMIT, value_at
from sandbox.stripe.store import Obj

# The searchable fields of each resource and where their values stand.
_COMMON = {"created": "created", "currency": "currency", "customer": "customer", "status": "status"}
SEARCHABLE: dict[str, tuple[str, dict[str, str]]] = {
    "/v1/customers/search": ("customer", {"created": "created", "email": "email", "name": "name", "phone": "phone"}),
    "/v1/invoices/search": (
        "invoice",
        {**_COMMON, "number": "number", "receipt_number": "receipt_number", "total": "total",
         "subscription": "parent.subscription_details.subscription"},
    ),
    "/v1/subscriptions/search": (
        "subscription",
        {"created": "created", "status": "status", "canceled_at": "canceled_at"},
    ),
    "/v1/payment_intents/search": ("payment_intent", {**_COMMON, "amount": "amount"}),
    "/v1/charges/search": ("charge", {**_COMMON, "amount": "amount", "disputed": "disputed", "refunded": "refunded"}),
    "/v1/prices/search": (
        "price",
        {"active": "active", "currency": "currency", "lookup_key": "lookup_key", "product": "product", "type": "type"},
    ),
    "/v1/products/search": (
        "product",
        {"active": "active", "description": "description", "name": "name", "shippable": "shippable", "url": "url"},
    ),
}  # fmt: skip
_CLAUSE = re.compile(
    r"""\s*(?P<not>-)?(?P<field>\w+)(\[(?P<q>["'])(?P<key>[^"']+)(?P=q)\])?\s*(?P<op>>=|<=|:|~|>|<)\s*"""
    r"""("(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<bare>[\w.-]+))\s*"""
)
_JOIN = re.compile(r"\s*(AND|OR)\s+", re.IGNORECASE)
Test = Callable[[Obj], bool]


def parse(query: str, fields: dict[str, str]) -> Test:
    """The query as a test. Raises Refusal for what the language or the resource does not know."""
    tests: list[Test] = []
    joins: set[str] = set()
    at = 0
    while True:
        clause = _CLAUSE.match(query, at)
        if clause is None:
            raise invalid(f"We were unable to parse your search query near: {query[at : at + 40]!r}.", param="query")
        tests.append(_test(clause, fields))
        at = clause.end()
        if at >= len(query):
            break
        join = _JOIN.match(query, at)
        joins.add(join[1].upper() if join else "AND")
        at = join.end() if join else at
    if len(joins) > 1:
        raise invalid("You cannot combine AND with OR in one query.", param="query")
    if "OR" in joins:
        return lambda obj: any(test(obj) for test in tests)
    return lambda obj: all(test(obj) for test in tests)


def _test(clause: re.Match[str], fields: dict[str, str]) -> Test:
    name, key, op = clause["field"], clause["key"], clause["op"]
    quoted = clause["double"] if clause["double"] is not None else clause["single"]
    text = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else clause["bare"]
    if name == "metadata" and key:
        path, deeper = "metadata", key
    elif name in fields and not key:
        path, deeper = fields[name], None
    else:
        raise invalid(f"Field `{name}` is an unsupported search field for this resource.", param="query")

    def test(obj: Obj) -> bool:
        value = value_at(obj, path)
        value = (value or {}).get(deeper) if deeper else value
        return _compare(value, op, text) is not bool(clause["not"])

    return test


def _compare(value: Any, op: str, text: str) -> bool:
    if op == ":":
        if text.lower() == "null":
            return value is None
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return value is not None and shown.lower() == text.lower()
    if op == "~":
        return value is not None and text.lower() in str(value).lower()
    try:
        number = float(text)
    except ValueError:
        raise invalid(f"`{text}` is not a number.", param="query") from None
    if not isinstance(value, int | float):
        return False
    return {">": value > number, "<": value < number, ">=": value >= number, "<=": value <= number}[op]


def _searcher(path: str, kind: str, fields: dict[str, str]) -> Callable[[Call], Obj]:
    def handler(call: Call) -> Obj:
        test = parse(call.params["query"], fields)
        limit = call.params.get("limit", LIMIT)
        if not 1 <= limit <= 100:
            raise invalid("limit must be between 1 and 100.", param="limit")
        start = call.params.get("page", "0")
        if not start.isdigit():
            raise invalid("Invalid page token.", param="page")
        found = [obj for obj in call.account.store.newest(kind) if test(obj)]
        end = int(start) + limit
        more = len(found) > end
        shown = found[int(start) : end]
        return {"object": "search_result", "url": path, "has_more": more, "data": shown,
                "next_page": str(end) if more else None}  # fmt: skip

    return handler


for _path, (_kind, _fields) in SEARCHABLE.items():
    add("GET", _path, _searcher(_path, _kind, _fields))
