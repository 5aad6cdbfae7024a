"""Time as billing sees it: a calendar of possibly short days, and timelines on which things fall due."""

import heapq
import time
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

TRUE_DAY = 86400.0
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Calendar:
    """``day`` is the length of a day in seconds. Only a true day has true months; short ones have 30 days."""

    day: float = TRUE_DAY

    def days(self, count: float) -> float:
        """Seconds in that many days."""
        return count * self.day

    def hours(self, count: float) -> float:
        """Seconds in that many hours."""
        return count * self.day / 24

    def plus(self, anchor: float, interval: str, count: int) -> int:
        """The instant ``count`` intervals after ``anchor``; the 31st becomes the last day of a shorter month, and
        counting from the anchor brings it back (Stripe, "billing cycle": month-end anchors)."""
        if self.day != TRUE_DAY or interval in {"day", "week"}:
            return round(anchor + self.days(_DAYS[interval] * count))
        start = datetime.fromtimestamp(anchor, UTC)
        month = start.month - 1 + count * (12 if interval == "year" else 1)
        year, month = start.year + month // 12, month % 12 + 1
        day = min(start.day, monthrange(year, month)[1])
        return int(start.replace(year=year, month=month, day=day).timestamp())


@dataclass(order=True, slots=True)
class Due:
    """Something that falls due: ``kind`` says what, ``subject`` is the id of the object it concerns."""

    at: float
    order: int
    kind: str = field(compare=False)
    subject: str = field(compare=False)


@dataclass
class Timeline:
    """The wall clock, ``ahead`` by so many seconds, when ``frozen`` is None; else a clock standing at that instant."""

    frozen: float | None = None
    heap: list[Due] = field(default_factory=list)
    order: int = 0
    ahead: float = 0.0

    def now(self) -> float:
        """Epoch seconds."""
        return time.time() + self.ahead if self.frozen is None else self.frozen

    def schedule(self, at: float, kind: str, subject: str, *, first: bool = False) -> None:
        """Remember it, ``first`` before all else of that instant. Nothing is ever cancelled: whoever is called checks
        whether it still applies."""
        self.order += 1
        heapq.heappush(self.heap, Due(at, -self.order if first else self.order, kind, subject))

    def drain(self, until: float) -> Iterator[Due]:
        """What is due by ``until``, in order, including what is scheduled meanwhile; a frozen clock moves along."""
        while self.heap and self.heap[0].at <= until:
            due = heapq.heappop(self.heap)
            if self.frozen is not None:
                self.frozen = max(self.frozen, due.at)
            yield due
        if self.frozen is not None:
            self.frozen = max(self.frozen, until)

    def next_at(self) -> float | None:
        """When the next thing is due."""
        return self.heap[0].at if self.heap else None
