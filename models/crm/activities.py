"""What happened between a business and a customer, one line each: written by people, or made of a record of the engine's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.bookkeeping.ledger import ENGINE

LONGEST_TEXT = 4_000


class ActivityKind(StrEnum):
    """Of the first four people write; the others are made of the engine's own records."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    NOTE = "note"
    SALE = "sale"  # an invoice was issued
    PAYMENT = "payment"  # it was paid
    RETURN = "return"  # money or a debt was given back, given up, or taken by a bank
    RISK = "risk"  # a charge failed
    MESSAGE = "message"
    PLAN_CHANGE = "plan_change"
    TICKET = "ticket"


BY_PEOPLE = (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MEETING, ActivityKind.NOTE)


class Direction(StrEnum):
    """Who began it: the business, or the customer; neither where it is nobody's word."""

    OUT = "out"
    IN = "in"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Activity:
    """One interaction. Unique by (tenant, id); `at` is when it happened (UTC), `minutes` how long it took.

    `what` says which of its kind the engine's records tell of (a ledger's kind, a notice's). `detail` are ids, words of closed sets and
    centavos, never personal data; `text` is what a person wrote, and is sealed.
    """

    tenant: str
    id: str
    customer: str
    kind: ActivityKind
    at: datetime
    author: str = ENGINE
    direction: Direction = Direction.NONE
    minutes: int = 0
    what: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)
    text: str = ""

    @property
    def personal(self) -> bool:
        """Whether people spoke: what a machine sends is no conversation."""
        return self.kind in BY_PEOPLE[:3] or self.direction is Direction.IN
