"""A tenant's chain: each row of the ledger and of the audit holds the hash of the row before it, so that no row can be changed,
taken away or moved without every later hash being wrong.

SHA-256 over the row and the hash before. Whoever can write to the database could reckon the whole chain anew: its head (place and
hash), noted elsewhere, tells that, and also when rows at the end are gone.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


def verify(head: Head, links: Iterable[Link], anchor: Head | None = None) -> Break | None:
    """The first break of a tenant's chain, its links given in the order of their places; None when it is whole.

    `anchor`: a head noted earlier, which must still be in the chain.
    """
    before = Head(head.tenant)
    for link in links:
        if why := _misfit(before, link):
            return Break(head.tenant, min(link.seq, before.seq + 1), why)
        before = Head(head.tenant, link.seq, link.hash)
        if anchor is not None and anchor.seq == link.seq and anchor.hash != link.hash:
            return Break(head.tenant, link.seq, "not the row whose hash was noted: the chain was written anew")
    if before.seq < head.seq:
        return Break(head.tenant, before.seq + 1, f"missing: the chain ends at {before.seq}, its head at {head.seq}")
    if before != head:
        return Break(head.tenant, before.seq, f"the head ({head.seq}) is not the hash of the last row ({before.seq})")
    if anchor is not None and anchor.seq > before.seq:
        return Break(head.tenant, before.seq + 1, f"missing: row {anchor.seq}, whose hash was noted, is gone")
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
