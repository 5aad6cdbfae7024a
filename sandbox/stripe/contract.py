"""Stripe's contract, derived from the installed SDK: what objects look like and what operations accept.

Objects and request parameters come out as JSON Schema (draft 2020-12) with shared ``$defs``. Nothing generated is
kept in the repository: upgrading the SDK upgrades the contract. Parsing takes seconds, so the result is cached beside
the user's other caches under a name that holds the SDK's version and the hash of the code that derived it.
"""

import ast
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import stripe

from sandbox.stripe.annotations import Schema, is_optional, to_schema

SDK = Path(stripe.__file__).parent
ERROR = "_error_object:ErrorObject"  # the key of what stands in the error envelope

# What the sandbox serves: the object's name and the module of its class.
OBJECTS: dict[str, str] = {
    "billing_portal.configuration": "billing_portal._configuration",
    "billing_portal.session": "billing_portal._session",
    "charge": "_charge",
    "checkout.session": "checkout._session",
    "coupon": "_coupon",
    "credit_note": "_credit_note",
    "credit_note_line_item": "_credit_note_line_item",
    "customer": "_customer",
    "discount": "_discount",
    "dispute": "_dispute",
    "event": "_event",
    "invoice": "_invoice",
    "invoice_payment": "_invoice_payment",
    "invoiceitem": "_invoice_item",
    "item": "_line_item",
    "line_item": "_invoice_line_item",
    "payment_intent": "_payment_intent",
    "payment_method": "_payment_method",
    "plan": "_plan",
    "price": "_price",
    "product": "_product",
    "promotion_code": "_promotion_code",
    "refund": "_refund",
    "setup_intent": "_setup_intent",
    "subscription": "_subscription",
    "subscription_item": "_subscription_item",
    "subscription_schedule": "_subscription_schedule",
    "test_helpers.test_clock": "test_helpers._test_clock",
    "token": "_token",
    "webhook_endpoint": "_webhook_endpoint",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API: ``path`` is a template such as ``/v1/invoices/{invoice}/pay``."""

    method: str
    path: str
    params: str | None
    returns: Schema


@dataclass(frozen=True, slots=True)
class Contract:
    """``objects`` and every operation's ``params`` are keys of ``definitions``; ``returns`` is a schema over them."""

    objects: dict[str, str]
    operations: dict[tuple[str, str], Operation]
    definitions: dict[str, Schema]

    def object_schema(self, name: str) -> Schema:
        """The schema of one object, self-contained. Raises KeyError for an object the sandbox does not serve."""
        return {"$ref": f"#/$defs/{self.objects[name]}", "$defs": self.definitions}

    def params_schema(self, method: str, path: str) -> Schema:
        """The schema of an operation's parameters. Raises KeyError for an operation the SDK does not have."""
        key = self.operations[method, path].params
        return self.definitions[key] if key else {"type": "object", "properties": {}, "additionalProperties": False}


def load(objects: Iterable[str] = tuple(OBJECTS)) -> Contract:
    """The contract for these objects, from the cache when the SDK and this code are unchanged."""
    wanted = sorted(objects)
    cached = _cache_file(wanted)
    try:
        return _decode(cached.read_text())
    except (OSError, ValueError, KeyError):
        contract = derive({name: OBJECTS[name] for name in wanted})
        _write_cache(cached, contract)
        return contract


def derive(objects: dict[str, str]) -> Contract:
    """Read the SDK's source: ``objects`` maps an object's name to the module of its class, relative to the package."""
    source = _Source(served=frozenset(objects.values()))
    keys = {name: source.object_class(module, name) for name, module in objects.items()}
    source.named(*ERROR.split(":"))
    operations = {
        (operation.method, operation.path): operation
        for service in sorted(SDK.rglob("_*_service.py"))
        for operation in source.operations(service)
    }
    return Contract(keys, operations, source.definitions)


@dataclass
class _Module:
    name: str
    imports: dict[str, tuple[str, str]]
    classes: dict[str, ast.ClassDef]


@dataclass
class _Source:
    served: frozenset[str]
    definitions: dict[str, Schema] = field(default_factory=dict)
    modules: dict[str, _Module] = field(default_factory=dict)

    def module(self, name: str) -> _Module:
        if name not in self.modules:
            tree = ast.parse((SDK / (name.replace(".", "/") + ".py")).read_text())
            imports = {
                alias.asname or alias.name: (node.module.removeprefix("stripe").removeprefix("."), alias.name)
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe")
                for alias in node.names
            }
            classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
            self.modules[name] = _Module(name, imports, classes)
        return self.modules[name]

    def object_class(self, module: str, name: str) -> str:
        for class_name, node in self.module(module).classes.items():
            if f"Literal['{name}']" in ast.unparse(node):
                return self.file(module, (class_name,), node)
        raise LookupError(f"the Stripe SDK has no object {name} in {module}")

    def file(self, module: str, path: tuple[str, ...], node: ast.ClassDef) -> str:
        """File the class and everything it refers to; returns its key."""
        key = f"{module}:{'.'.join(path)}"
        if key in self.definitions:
            return key
        self.definitions[key] = {}  # classes refer to themselves
        nested = {child.name: child for child in node.body if isinstance(child, ast.ClassDef)}

        def resolve(name: str) -> str | None:
            if name in nested:
                return self.file(module, (*path, name), nested[name])
            return self.outer(module, path, name)

        properties: dict[str, Schema] = {}
        required: list[str] = []
        for statement in node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if statement.target.id.isupper() or statement.target.id.startswith("_"):
                continue
            properties[statement.target.id] = to_schema(statement.annotation, resolve)
            if not is_optional(statement.annotation):
                required.append(statement.target.id)
        self.definitions[key] |= {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        return key

    def outer(self, module: str, path: tuple[str, ...], name: str) -> str | None:
        here = self.module(module)
        for depth in range(len(path) - 1, 0, -1):  # a sibling of an enclosing class
            scope = here.classes[path[0]]
            for step in path[1:depth]:
                scope = next(c for c in scope.body if isinstance(c, ast.ClassDef) and c.name == step)
            for child in scope.body:
                if isinstance(child, ast.ClassDef) and child.name == name:
                    return self.file(module, (*path[:depth], name), child)
        if name in here.classes:
            return self.named(module, name)
        imported, original = here.imports.get(name, ("", ""))
        if imported in self.served or imported.startswith("params."):
            return self.named(imported, original)
        return None

    def named(self, module: str, name: str) -> str:
        return self.file(module, (name,), self.module(module).classes[name])

    def operations(self, service: Path) -> Iterable[Operation]:
        text = service.read_text()
        module = ".".join(service.relative_to(SDK).with_suffix("").parts)
        if '"/v1/' not in text or not _served_service(text):
            return
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef):
                continue
            call = next((c for c in ast.walk(node) if isinstance(c, ast.Call) and _is_request(c)), None)
            if call is None or not isinstance(call.args[0], ast.Constant):
                continue
            method, path = str(call.args[0].value).upper(), _path(call.args[1])
            if not path.startswith("/v1/") or not _served_path(path):
                continue
            yield Operation(method, path, self.params(module, node), self.returns(module, node))

    def returns(self, module: str, node: ast.FunctionDef) -> Schema:
        return to_schema(node.returns, lambda name: self.outer(module, (), name)) if node.returns else {}

    def params(self, module: str, node: ast.FunctionDef) -> str | None:
        for argument in node.args.args:
            if argument.arg == "params" and argument.annotation is not None:
                names = re.findall(r"\w+Params\b", ast.unparse(argument.annotation))
                return self.outer(module, (), names[0]) if names else None
        return None


# Reading only the services behind these paths keeps a cold start near a second.
SERVED_PATHS = re.compile(
    r"/v1/(billing_portal|charges|checkout|coupons|credit_notes|customers|disputes|events|invoice_payments|"
    r"invoiceitems|invoices|payment_intents|payment_methods|prices|products|promotion_codes|refunds|setup_intents|"
    r"subscription_items|subscription_schedules|subscriptions|test_helpers/test_clocks|tokens|webhook_endpoints)\b"
)


def _served_path(path: str) -> bool:
    return SERVED_PATHS.match(path) is not None


def _served_service(text: str) -> bool:
    return SERVED_PATHS.search(text) is not None


def _is_request(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "_request" and len(call.args) > 1


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _cache_file(wanted: list[str]) -> Path:
    code = b"".join((Path(__file__).parent / name).read_bytes() for name in ("contract.py", "annotations.py"))
    digest = hashlib.sha256(code + "|".join(wanted).encode()).hexdigest()[:16]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "perdura" / f"stripe-{stripe.VERSION}-{digest}.json"


def _write_cache(target: Path, contract: Contract) -> None:
    body = json.dumps(
        {
            "objects": contract.objects,
            "operations": [[o.method, o.path, o.params, o.returns] for o in contract.operations.values()],
            "definitions": contract.definitions,
        }
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as draft:
            draft.write(body)
        Path(draft.name).replace(target)
    except OSError:
        return  # a read-only home costs seconds at each start, nothing else


@lru_cache(maxsize=2)  # every reset of the sandbox asks again
def _decode(text: str) -> Contract:
    body: dict[str, Any] = json.loads(text)
    operations = [Operation(*row) for row in body["operations"]]
    return Contract(body["objects"], {(o.method, o.path): o for o in operations}, body["definitions"])
