"""What every route may answer because of what stands before it: credentials, permissions, limits, sizes, repeated requests.

A route declares what is its own; what follows from its declared permission, its method and its body is added to the API's description here.
"""

from collections.abc import Iterable
from typing import Any

from api.access import Needs, Public
from api.idempotency import CHANGING, HEADER
from api.limits import UNLIMITED
from api.problems import RESPONSES, ProblemBody

_FASTAPIS = ("HTTPValidationError", "ValidationError")  # its own shape of 422, which we never answer
_ALWAYS_UP = ("/health",)
_KEY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "a value of your own, new for each order (a UUID): a request that comes again with it gets the first answer",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]{1,255}$"},
}


def completed(schema: dict[str, Any], routes: Iterable[tuple[str, str, list[Needs | Public]]]) -> dict[str, Any]:
    """The description with every answer of every route in it."""
    for method, path, declared in routes:
        operation = schema["paths"].get(path, {}).get(method.lower())
        if operation is not None:
            _complete(operation, method, path, guarded=any(isinstance(each, Needs) for each in declared))
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in _FASTAPIS:
        parts.pop(name, None)
    body = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    parts |= body.pop("$defs", {}) | {"ProblemBody": body}
    return schema


def _complete(operation: dict[str, Any], method: str, path: str, *, guarded: bool) -> None:
    answers: dict[str, Any] = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        # FastAPI puts it wherever there is a parameter; one in the path alone takes any text here.
        del answers["422"]
        if "requestBody" in operation or any(p["in"] == "query" for p in operation.get("parameters", ())):
            _add(answers, 422)
    if "requestBody" in operation or method in CHANGING:
        _add(answers, 408, 413)
    if "requestBody" in operation:
        _add(answers, 400, 422)
    if guarded:
        _add(answers, 401, 403)
    if guarded and method in CHANGING:
        _add(answers, 409, 422)
        operation.setdefault("parameters", []).append(_KEY)
    if not path.startswith(UNLIMITED):
        _add(answers, 429)
    if path not in _ALWAYS_UP:
        _add(answers, 503)


def _add(answers: dict[str, Any], *statuses: int) -> None:
    for status in statuses:
        answers.setdefault(str(status), RESPONSES[status])
