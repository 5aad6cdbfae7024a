"""A tenant's chain: each row of the ledger and of the audit holds the hash of the row before it, so that no row can be changed,
taken away or moved without every later hash being wrong.

SHA-256 over the row and the hash before. Whoever can write to the database could reckon the whole chain anew: its head (place and
hash), noted elsewhere, tells that, and also when rows at the end are gone.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

START = ""  # what the first row holds as the hash before it


class Book(StrEnum):
    """The tables whose rows are links of the chain."""

    AUDIT = "audit"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a tenant's chain ends: the place of its last row, counted from 1, and that row's hash. Place 0: no row yet."""

    tenant: str
    seq: int = 0
    hash: str = START

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Link:
    """One row: its place, its columns (without place and hashes), the hash it holds of the row before, and its own."""

    book: Book
    seq: int
    row: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first row that does not fit, and why, in words."""

    tenant: str
    seq: int
    why: str

    def __str__(self) -> str:
        return f"tenant {self.tenant}, row {self.seq}: {self.why}"


def digest(book: Book, row: Mapping[str, Any], previous: str) -> str:
    """SHA-256 in hexadecimal. Empty columns count as absent, so that a column added later leaves old hashes valid."""
    given = {name: _plain(value) for name, value in row.items() if value not in ("", None)}
    told = json.dumps([book, given, previous], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """As it reads back the same from every database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if isinstance(value, int) else str(value)


@dataclass(frozen=True, slots=True)
class Walk:
    """A tenant's chain read from its start as far as the row `at`, and the first row so far that does not fit.

    Whoever reads it page by page keeps nothing but this. `anchor`: a head noted earlier, which must still be in the chain.
    """

    at: Head
    anchor: Head | None = None
    broken: Break | None = None

    def on(self, links: Iterable[Link]) -> "Walk":
        """As far as the last of the links that follow, given in the order of their places; not beyond the first break."""
        at, noted = self.at, self.anchor
        for link in () if self.broken else links:
            if why := _misfit(at, link):
                return replace(self, at=at, broken=Break(at.tenant, min(link.seq, at.seq + 1), why))
            at = Head(at.tenant, link.seq, link.hash)
            if noted is not None and noted.seq == link.seq and noted.hash != link.hash:
                why = "not the row whose hash was noted: the chain was written anew"
                return replace(self, at=at, broken=Break(at.tenant, link.seq, why))
        return replace(self, at=at)

    def ended(self, head: Head) -> Break | None:
        """The first break of the chain, read to its end, that says of itself that it ends at this head; None when it is whole."""
        at, noted = self.at, self.anchor
        if self.broken:
            return self.broken
        if at.seq < head.seq:
            return Break(head.tenant, at.seq + 1, f"missing: the chain ends at {at.seq}, its head at {head.seq}")
        if at != head:
            return Break(head.tenant, at.seq, f"the head ({head.seq}) is not the hash of the last row ({at.seq})")
        if noted is not None and noted.seq > at.seq:
            return Break(head.tenant, at.seq + 1, f"missing: row {noted.seq}, whose hash was noted, is gone")
        return None


def _misfit(before: Head, link: Link) -> str:
    if link.seq > before.seq + 1:
        last = link.seq - 1
        return "missing" if last == before.seq + 1 else f"missing, and all rows up to {last}"
    if link.seq <= before.seq:
        return f"a second row in place {link.seq}"
    if digest(link.book, link.row, link.previous) != link.hash:
        return f"tampered: the row in the {link.book} is not the one that was written"
    if link.previous != before.hash:
        return f"reordered or replaced: the row in the {link.book} does not follow the row before it"
    return ""
