"""All that happened between a business and one of its customers, newest first: what was billed, paid, invoiced and used."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.money import Money


class EntryKind(StrEnum):
    """bill: sold once. invoice: of a subscription. document: a tax document (CFDI). use: a unit of a package, or another counted use."""

    BILL = "bill"
    INVOICE = "invoice"
    PAYMENT = "payment"
    DOCUMENT = "document"
    USE = "use"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened. `account` is the subscription or the bill it belongs to, `pet` whom that is for.

    `what` says more in a word: the state of a bill or a document, how money came, which service was used; `quantity` of uses.
    """

    at: datetime
    kind: EntryKind
    id: str
    account: str
    pet: str = ""
    what: str = ""
    amount: Money | None = None
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a history ended."""

    at: datetime
    kind: EntryKind
    id: str


def merged(sources: Iterable[Sequence[HistoryEntry]], limit: int) -> list[HistoryEntry]:
    """The newest of several histories, each of one kind and newest first already; of one instant those of a kind stay together."""
    return list(heapq.merge(*sources, key=lambda each: (each.at, each.kind), reverse=True))[:limit]
