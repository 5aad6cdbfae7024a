"""How Stripe applies parameters to an object: absent leaves alone, empty unsets, metadata merges key by key."""

from collections.abc import Iterable
from typing import Any

from sandbox.stripe.refusal import invalid
from sandbox.stripe.store import Obj


def changes(obj: Obj, params: dict[str, Any], fields: Iterable[str]) -> Obj:
    """The new values of those ``fields`` that ``params`` mentions."""
    new: Obj = {}
    for name in fields:
        if name not in params:
            continue
        value = params[name]
        if name == "metadata":
            new[name] = merged_metadata(obj.get("metadata") or {}, value)
        elif isinstance(value, dict) and isinstance(obj.get(name), dict):
            new[name] = {**obj[name], **{key: unset(inner) for key, inner in value.items()}}
        else:
            new[name] = unset(value)
    return new


def unset(value: Any) -> Any:
    """Stripe unsets a value by posting it empty."""
    return None if value == "" else value


def merged_metadata(old: dict[str, str], new: Any) -> dict[str, str]:
    """Keys posted empty disappear; posting metadata itself empty clears it. At most 50 keys."""
    if new == "":
        return {}
    merged = {key: value for key, value in {**old, **new}.items() if value != ""}
    if len(merged) > 50:
        raise invalid("Metadata can have at most 50 keys.", param="metadata")
    return merged
