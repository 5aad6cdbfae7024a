"""Who is about to be 30 days late: told before it is too late, at set numbers of days. Pure; whoever alerts asks and delivers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.money import Money

TOO_LATE = 30  # days: what this is there to prevent
WARNED_AT = (7, 15, 25)  # days overdue


@dataclass(frozen=True, slots=True)
class Overdue:
    """A customer who owes: the sum, and since when the oldest of it (UTC)."""

    tenant: str
    customer: str
    reference: str
    owed: Money
    since: datetime


@dataclass(frozen=True, slots=True)
class EarlyAlert:
    """One warning. `key` is the same for the same debt at the same threshold: it is told once."""

    overdue: Overdue
    days: int
    threshold: int
    key: str

    @property
    def left(self) -> int:
        """Days until it is too late."""
        return max(0, TOO_LATE - self.days)


def due_alerts(debtors: Iterable[Overdue], now: datetime, thresholds: tuple[int, ...] = WARNED_AT) -> list[EarlyAlert]:
    """One alert for each debtor who has reached a threshold: that of the highest reached. The longest overdue come first.

    Who is 30 days late already is still told of, by the last threshold: nobody falls off the list before paying.
    """
    found = []
    for debtor in debtors:
        days = (now - debtor.since) // timedelta(days=1)
        reached = [threshold for threshold in thresholds if days >= threshold]
        if reached:
            key = f"{debtor.customer}/{debtor.since:%Y%m%d}/{max(reached)}"
            found.append(EarlyAlert(debtor, days, max(reached), key))
    return sorted(found, key=lambda alert: (-alert.days, alert.overdue.customer))
