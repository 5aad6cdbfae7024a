"""The snapshot of a day: which one is due, and which days have none. Days are the tenant's, on its own clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from models.records import Tenant

ONE = timedelta(days=1)
LATE = timedelta(hours=6)  # taken later than that after the day's end, it shows what happened since, too


@dataclass(frozen=True, slots=True)
class Kept:
    """A tenant, when it was entered (UTC), and the last day whose snapshot was taken and measured."""

    tenant: Tenant
    created_at: datetime
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The snapshot of a day. `changed`: how many subscriptions were something else the day before; `missed`: days before it without one."""

    tenant: str
    day: date
    taken_at: datetime
    subscriptions: int
    changed: int
    missed: int = 0
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The day to be taken now, and those before it that nobody can take any more."""

    day: date
    missed: tuple[date, ...] = ()


def due(kept: Kept, now: datetime) -> Due | None:
    """The day that has just ended on the tenant's clock, unless it was taken or the tenant was not there yet.

    What the books showed on an earlier day is not known any more: such a day stays without a snapshot, and is named.
    """
    zone = ZoneInfo(kept.tenant.zone)
    ended = now.astimezone(zone).date() - ONE
    if kept.created_at.astimezone(zone).date() > ended or (kept.last is not None and kept.last >= ended):
        return None
    return Due(ended, () if kept.last is None else between(kept.last, ended))


def between(first: date, last: date) -> tuple[date, ...]:
    """The days after the first and before the last."""
    return tuple(first + ONE * number for number in range(1, (last - first).days))


def missing(taken: Iterable[date]) -> tuple[date, ...]:
    """The days between the first and the last of these that are not among them."""
    days = sorted(taken)
    return tuple(day for before, after in pairwise(days) for day in between(before, after))


def late(snapshot: Snapshot, zone: str) -> bool:
    """Whether it was taken so long after its day's end that it tells of the next day, too."""
    midnight = datetime.combine(snapshot.day + ONE, datetime.min.time(), ZoneInfo(zone))
    return snapshot.taken_at - midnight > LATE
