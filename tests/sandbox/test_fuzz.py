"""Whatever is asked, Stripe's sandbox answers with a declared shape and never with a crash."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe
from starlette.requests import Request

from sandbox.stripe import billing, registry
from sandbox.stripe.account import WALL
from sandbox.stripe.legacy import UNDOCUMENTED
from sandbox.stripe.operations import register
from sandbox.verification import Side
from sandbox.world import World
from tests.sandbox.conftest import settings_for

ROUNDS = 6
_TEXTS = [
    "",
    "x",
    "mxn",
    "usd",
    "true",
    "0",
    "-1",
    "1",
    "499",
    "99999999999999",
    "1.5",
    "now",
    "ñandú",
    "a" * 300,
    "💸",
]
_CARDS = ["pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"]


class Caller:
    """Asks the gate directly, as the ASGI application does."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, random.Random(seed)

    def ask(self, method: str, path: str, fields: list[tuple[str, str]]) -> tuple[int, Any]:
        encoded = urlencode(fields)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"" if method == "POST" else encoded.encode(),
            "headers": [
                (b"authorization", b"Bearer sk_test_perdura"),
                (b"stripe-version", stripe.api_version.encode()),
            ],
        }
        answer = self.world.gate.answer(Request(scope), method, path, encoded if method == "POST" else "", "req_fuzz")
        return answer.status, json.loads(answer.body)

    def identifier(self, name: str) -> str:
        """An id that is likely to mean something where it is used, or not."""
        kinds = [kind for kind in self.world.account.store.kinds if kind.split(".")[-1] in name or name in kind]
        everything = kinds or list(self.world.account.store.kinds)
        if not everything or self.random.random() < 0.15:
            return self.random.choice(["nobody", "in_0", "cus_x"])
        known = list(self.world.account.store.kinds[self.random.choice(everything)])
        return self.random.choice(known) if known else "nobody"

    def fields(self, schema: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
        """Some parameters an operation declares, now and then with nonsense in them."""
        definitions = self.world.account.contract.definitions
        required = set(schema.get("required", []))
        for name, declared in schema.get("properties", {}).items():
            if name not in required and self.random.random() > (0.35 if depth == 0 else 0.2):
                continue
            where = f"{prefix}[{name}]" if prefix else name
            yield from self.value(declared, where, name, definitions, depth)

    def value(
        self, declared: dict[str, Any], where: str, name: str, definitions: dict[str, Any], depth: int
    ) -> Iterator[tuple[str, str]]:
        if "$ref" in declared:
            declared = definitions[declared["$ref"].removeprefix("#/$defs/")]
        if "anyOf" in declared:
            declared = self.random.choice(declared["anyOf"])
            yield from self.value(declared, where, name, definitions, depth)
        elif declared.get("type") == "object":
            if depth < 3 and declared.get("properties"):
                yield from self.fields(declared, where, depth + 1)
            else:
                yield f"{where}[k]", self.random.choice(_TEXTS)
        elif declared.get("type") == "array":
            for index in range(self.random.randint(0, 2)):
                yield from self.value(declared["items"], f"{where}[{index}]", name, definitions, depth)
        else:
            yield where, self.scalar(declared, name)

    def scalar(self, declared: dict[str, Any], name: str) -> str:
        if self.random.random() < 0.1:
            return self.random.choice(_TEXTS)
        if "enum" in declared:
            return str(self.random.choice(declared["enum"]))
        if declared.get("type") == "integer":
            if "time" in name or name.endswith(("_at", "_end", "_date", "anchor")):
                return str(self.world.account.now() + self.random.randint(-100_000, 10_000_000))
            return str(self.random.choice([0, 1, 2, 10, 499, 49_900, -5]))
        if declared.get("type") == "boolean":
            return self.random.choice(["true", "false"])
        if name == "currency":
            return "mxn"
        if "payment_method" in name and self.random.random() < 0.5:
            return self.random.choice(_CARDS)
        return self.identifier(name) if self.random.random() < 0.7 else self.random.choice(_TEXTS)


def furnish(caller: Caller) -> None:
    """Something of every kind, so that ids can be found."""
    clock = caller.ask("POST", "/v1/test_helpers/test_clocks", [("frozen_time", "1800000000")])[1]["id"]
    product = caller.ask("POST", "/v1/products", [("name", "Plan")])[1]["id"]
    price = caller.ask(
        "POST",
        "/v1/prices",
        [("product", product), ("currency", "mxn"), ("unit_amount", "49900"), ("recurring[interval]", "month")],
    )[1]["id"]
    for card, owner in (("pm_card_visa", []), ("pm_card_chargeCustomerFail", [("test_clock", clock)])):
        customer = caller.ask("POST", "/v1/customers", [("email", "a@example.com"), *owner])[1]["id"]
        method = caller.ask("POST", f"/v1/payment_methods/{card}/attach", [("customer", customer)])[1]["id"]
        caller.ask("POST", f"/v1/customers/{customer}", [("invoice_settings[default_payment_method]", method)])
        for trial in ([], [("trial_period_days", "7")]):
            status, _ = caller.ask(
                "POST", "/v1/subscriptions", [("customer", customer), ("items[0][price]", price), *trial]
            )
            assert status == 200
        caller.ask("POST", "/v1/payment_intents", [("amount", "100"), ("currency", "mxn"), ("customer", customer)])
        caller.ask("POST", "/v1/billing_portal/sessions", [("customer", customer)])


@pytest.mark.parametrize("seed", range(3))
def test_every_operation_survives_nonsense(tmp_path: Path, seed: int) -> None:
    register()
    world = World.new(settings_for(tmp_path))
    caller = Caller(world, seed)
    furnish(caller)
    operations = sorted(set(registry.known()) - UNDOCUMENTED)
    answered = 0
    for _ in range(ROUNDS):
        caller.random.shuffle(operations)
        for method, template in operations:
            path = "/".join(
                caller.identifier(part[1:-1]) if part.startswith("{") else part for part in template.split("/")
            )
            fields = list(caller.fields(world.account.contract.params_schema(method, template)))
            try:
                status, body = caller.ask(method, path, fields)
            except Exception as crash:
                raise AssertionError(f"seed {seed}: {method} {path} {fields} crashed") from crash
            said = [str(v) for v in world.verification.violations if v.side != Side.REQUEST]
            assert not said, (f"seed {seed}: {method} {path} {fields}", said)
            world.verification.violations.clear()
            if status == 200:
                answered += 1
            else:
                assert status in {400, 401, 402, 404, 409, 429}, (status, method, path, fields)
                assert {"type", "message"} <= set(body["error"])
        billing.advance(world.account, WALL, world.account.timelines[WALL].now() + 1)
    assert answered > 60
    assert world.verification.judged > answered
    assert not world.verification.violations
