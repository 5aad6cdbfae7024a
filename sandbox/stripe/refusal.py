"""Stripe's error envelope (https://docs.stripe.com/api/errors) as exceptions."""

from typing import Any


class Refusal(Exception):
    """A request answered with an error; nothing but what the handler did before it stays done."""

    def __init__(self, status: int, kind: str, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **{k: v for k, v in fields.items() if v is not None}}


def invalid(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> Refusal:
    """An ``invalid_request_error``."""
    return Refusal(status, "invalid_request_error", message, param=param, code=code)


def missing(kind: str, identifier: str, *, param: str = "id") -> Refusal:
    """The object does not exist (``resource_missing``, 404)."""
    return invalid(f"No such {kind.split('.')[-1]}: '{identifier}'", param=param, code="resource_missing", status=404)


def card_error(message: str, **fields: Any) -> Refusal:
    """The card was refused (402); ``code``, ``decline_code``, ``charge`` and ``payment_intent`` say how."""
    return Refusal(402, "card_error", message, **fields)
