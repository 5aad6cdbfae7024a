"""Form-encoded requests as typed values, checked against the operation's schema in the SDK."""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.annotations import Schema
from sandbox.stripe.refusal import invalid

Definitions = dict[str, Schema]


def decode(encoded: str) -> dict[str, Any]:
    """``a[b][0]=x`` as nested dicts with lists where the keys are numbers or empty."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, _, rest = name.partition("[")
        keys = [head, *(rest[:-1].split("][") if rest else [])]
        node = root
        for key in keys[:-1]:
            step = str(len(node)) if key == "" else key
            child = node.setdefault(step, {})
            if not isinstance(child, dict):
                raise invalid(f"Invalid parameter: {name}", param=head)
            node = child
        last = keys[-1]
        node[str(len(node)) if last == "" and len(keys) > 1 else last] = value
    return root


def check(raw: Any, schema: Schema, definitions: Definitions, path: str = "") -> Any:
    """The typed value. Raises Refusal for what is unknown, missing or malformed, naming the parameter as Stripe does."""
    schema = _resolve(schema, definitions)
    if raw == "":
        if _may_be_unset(schema, definitions):
            return ""
        raise invalid(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty "
            "value.",
            param=path,
            code="parameter_invalid_empty",
        )
    if "anyOf" in schema:
        return _any_of(raw, [_resolve(option, definitions) for option in schema["anyOf"]], definitions, path)
    if schema.get("type") == "object":
        return _object(raw, schema, definitions, path)
    if schema.get("type") == "array":
        return _array(raw, schema, definitions, path)
    if isinstance(raw, dict):
        raise invalid(f"Invalid {path}: expected a single value", param=path)
    return _scalar(str(raw), schema, path)


def _may_be_unset(schema: Schema, definitions: Definitions) -> bool:
    """Whether posting the value empty, Stripe's way to unset it, means something here."""
    options = [_resolve(option, definitions) for option in schema.get("anyOf", [schema])]
    return any("" in option.get("enum", ()) for option in options)


def _resolve(schema: Schema, definitions: Definitions) -> Schema:
    return definitions[schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema


def _any_of(raw: Any, options: list[Schema], definitions: Definitions, path: str) -> Any:
    nested = [o for o in options if o.get("type") in {"object", "array"}]
    plain = [o for o in options if o.get("type") not in {"object", "array", "null"}]
    if isinstance(raw, dict):
        listed = [o for o in nested if o.get("type") == "array"]
        mapped = [o for o in nested if o.get("type") == "object"]
        candidates = listed if _is_list(raw) and listed else mapped
        if not candidates:
            raise invalid(f"Invalid {path}: expected a single value", param=path)
        return check(raw, candidates[0], definitions, path)
    refusals = []
    for option in plain:
        try:
            return check(raw, option, definitions, path)
        except Exception as refusal:
            refusals.append(refusal)
    if not refusals:
        raise invalid(f"Invalid {'object' if nested else 'value'}: {path}", param=path)
    raise refusals[-1]


def _object(raw: Any, schema: Schema, definitions: Definitions, path: str) -> Any:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=path or None)
    properties: dict[str, Schema] = schema.get("properties", {})
    rest = schema.get("additionalProperties", {})
    typed: dict[str, Any] = {}
    for name, value in raw.items():
        where = f"{path}[{name}]" if path else name
        if name in properties:
            typed[name] = check(value, properties[name], definitions, where)
        elif rest is False:
            raise invalid(f"Received unknown parameter: {where}", param=where, code="parameter_unknown")
        else:
            typed[name] = check(value, rest, definitions, where) if rest and value != "" else value
    for name in schema.get("required", []):
        if name not in raw:
            where = f"{path}[{name}]" if path else name
            raise invalid(f"Missing required param: {where}.", param=where, code="parameter_missing")
    return typed


def _is_list(raw: dict[str, Any]) -> bool:
    return all(key.isdigit() for key in raw)


def _array(raw: Any, schema: Schema, definitions: Definitions, path: str) -> Any:
    if not isinstance(raw, dict) or not _is_list(raw):
        raise invalid("Invalid array", param=path)
    ordered = [raw[key] for key in sorted(raw, key=int)]
    return [check(value, schema["items"], definitions, f"{path}[{n}]") for n, value in enumerate(ordered)]


def _scalar(raw: str, schema: Schema, path: str) -> Any:
    if "enum" in schema:
        if raw not in [str(value) for value in schema["enum"]]:
            choices = ", ".join(str(value) for value in schema["enum"] if value)
            raise invalid(f"Invalid {path}: must be one of {choices}", param=path)
        return raw
    kind = schema.get("type")
    if kind == "integer":
        try:
            return int(raw)
        except ValueError:
            raise invalid(f"Invalid integer: {raw}", param=path, code="parameter_invalid_integer") from None
    if kind == "number":
        try:
            return float(raw)
        except ValueError:
            raise invalid(f"Invalid decimal: {raw}", param=path) from None
    if schema.get("format") == "decimal":
        try:
            number = Decimal(raw)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise invalid(f"Invalid decimal: {raw}", param=path)
        return raw
    if kind == "boolean":
        if raw not in {"true", "false"}:
            raise invalid(f"Invalid boolean: {raw}", param=path)
        return raw == "true"
    if kind == "null":
        raise invalid(f"Invalid value for {path}", param=path)
    return raw
