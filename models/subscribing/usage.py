"""How much of a plan was used: what it counts, in which window, and how near the limit that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from models.periods import Calendar
from models.selling.plans import Plan
from models.speaking.notices import Language
from models.words import Words


class Level(IntEnum):
    """How full a limit is, in per cent of it, where that is worth a word."""

    FREE = 0
    NEAR = 80
    REACHED = 100


@dataclass(frozen=True, slots=True)
class Meter:
    """Something a plan counts. `most` None: as much as anybody wants. `percent_off`: what a package gives on it; 0 for a limit."""

    code: str
    window: str
    most: int | None
    name: Words = field(default_factory=Words)
    unit: str = ""
    percent_off: int = 0

    def left(self, used: int) -> int | None:
        """How much may still be used; None where there is no end to it."""
        return None if self.most is None else max(0, self.most - used)

    def level(self, used: int) -> Level:
        """How full it is. Nothing allowed is reached from the start."""
        if self.most is None:
            return Level.FREE
        if used >= self.most:
            return Level.REACHED
        return Level.NEAR if 5 * used >= 4 * self.most else Level.FREE


@dataclass(frozen=True, slots=True)
class Use:
    """So much of something was used, or (below zero) given back. Unique by (tenant, key)."""

    tenant: str
    subscription: str
    key: str
    meter: str
    window: str
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a use: whether it is in the count (`repeated`: since an earlier telling), and what its window's count is."""

    taken: bool
    used: int
    repeated: bool = False


def meters(plan: Plan, period_start: datetime | None, now: datetime, calendar: Calendar) -> Mapping[str, Meter]:
    """All that a subscription to a plan counts now, by code: its limits, and the services of a package.

    A monthly limit begins anew with the tenant's calendar month, a package's units with the period that was paid; what is in use
    has one window for ever.
    """
    month = f"{calendar.local(now):%Y-%m}"
    period = f"{calendar.local(period_start):%Y-%m-%d}" if period_start else ""
    found = {
        limit.code: Meter(limit.code, month if limit.monthly else "", limit.most, limit.name, limit.unit)
        for limit in plan.limits
    }
    for benefit in plan.benefits:
        found[benefit.service] = Meter(
            benefit.service, period, benefit.units, benefit.name, percent_off=benefit.percent_off
        )
    return found


def allowance(plan: Plan, code: str, language: Language) -> str:
    """How much of something a plan allows, as a sentence says it: `1,000 documentos`. The code where the plan does not count it."""
    found = [(each.name, each.most) for each in plan.limits if each.code == code]
    found += [(each.name, each.units) for each in plan.benefits if each.service == code]
    for name, most in found:
        told = name.in_(language).lower() or code
        return told if most is None else f"{most:,} {told}"
    return code


def crossed(meter: Meter, before: int, after: int) -> Level | None:
    """The level that a use has just reached, if it reached one."""
    level = meter.level(after)
    return level if level > meter.level(before) else None
