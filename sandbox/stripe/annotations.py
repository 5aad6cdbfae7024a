"""Python annotations of the Stripe SDK read as JSON Schema.

The SDK is generated from Stripe's OpenAPI document, so its annotations are the contract of exactly the pinned API
version. Limits: ``Optional`` merges "nullable" and "absent"; an enum the SDK leaves open (``Literal | str``) is read
as closed, because a sandbox must not invent values.
"""

import ast
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
# Turns a class name, as written in a module, into the key under which its schema is filed; None when unknown.
Resolve = Callable[[str], str | None]

_SCALARS: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "Decimal": {"type": "string", "format": "decimal"},
    "Any": {},
    "object": {},
    "StripeObject": {"type": "object"},
}
_WRAPPERS = {"NotRequired", "Required", "ClassVar", "UntypedStripeObject"}


def is_optional(node: ast.expr) -> bool:
    """Whether the annotation is ``Optional[…]`` or ``NotRequired[…]``."""
    return isinstance(node, ast.Subscript) and _name(node.value) in {"Optional", "NotRequired"}


def to_schema(node: ast.expr, resolve: Resolve) -> Schema:
    """The JSON Schema of one annotation; classes become ``$ref`` to ``#/$defs/<key>``."""
    if isinstance(node, ast.Constant):
        return _constant(node.value, resolve)
    if isinstance(node, ast.Name | ast.Attribute):
        return _named(_name(node), resolve)
    if isinstance(node, ast.BinOp):
        return _union([node.left, node.right], resolve)
    if isinstance(node, ast.Subscript):
        return _subscript(node, resolve)
    return {}


def _constant(value: Any, resolve: Resolve) -> Schema:
    if value is None:
        return {"type": "null"}
    if isinstance(value, str):
        return to_schema(ast.parse(value, mode="eval").body, resolve)
    return {"const": value}


def _named(name: str, resolve: Resolve) -> Schema:
    if name in _SCALARS:
        return dict(_SCALARS[name])
    key = resolve(name)
    return {"$ref": f"#/$defs/{key}"} if key else {"type": "object"}


def _subscript(node: ast.Subscript, resolve: Resolve) -> Schema:
    head = _name(node.value)
    inner = node.slice
    if head == "Optional":
        return _any_of([to_schema(inner, resolve), {"type": "null"}])
    if head == "Union":
        return _union(inner.elts if isinstance(inner, ast.Tuple) else [inner], resolve)
    if head == "Literal":
        values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        return {"enum": [value.value for value in values if isinstance(value, ast.Constant)]}
    if head in {"List", "list", "Sequence"}:
        return {"type": "array", "items": to_schema(inner, resolve)}
    if head in {"Dict", "dict"} and isinstance(inner, ast.Tuple):
        return {"type": "object", "additionalProperties": to_schema(inner.elts[1], resolve)}
    if head == "ExpandableField":
        return _any_of([{"type": "string"}, to_schema(inner, resolve)])
    if head in {"ListObject", "SearchResultObject"}:
        return {
            "type": "object",
            "required": ["object", "data", "has_more", "url"],
            "properties": {
                "object": {"enum": ["list", "search_result"]},
                "data": {"type": "array", "items": to_schema(inner, resolve)},
                "has_more": {"type": "boolean"},
                "url": {"type": "string"},
                "next_page": {"type": ["string", "null"]},
                "total_count": {"type": "integer"},
            },
            "additionalProperties": False,
        }
    if head == "UntypedStripeObject":
        return {"type": "object", "additionalProperties": to_schema(inner, resolve)}
    if head in _WRAPPERS:
        return to_schema(inner, resolve)
    return {}


def _union(parts: list[ast.expr], resolve: Resolve) -> Schema:
    flat = _any_of([to_schema(part, resolve) for part in parts])
    schemas = flat["anyOf"] if set(flat) == {"anyOf"} else [flat]
    if any(schema.get("enum", [""]) != [""] for schema in schemas):  # ``Literal[""] | str`` is a text one may unset
        schemas = [schema for schema in schemas if schema != {"type": "string"}]
    return _any_of(schemas)


def _any_of(schemas: list[Schema]) -> Schema:
    flat: list[Schema] = []
    for schema in schemas:
        parts = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
        flat.extend(part for part in parts if part not in flat)
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
