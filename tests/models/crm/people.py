"""Customers of the tests: how they stand, in a line each."""

from datetime import UTC, datetime, timedelta

from models.crm.sales import Sale
from models.crm.standing import Debt, Held, Standing
from models.money import Money
from models.records import AccountKind
from models.subscribing.subscriptions import Status

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BEGAN = NOW - 400 * DAY


def sale(number: int, *, days_to_pay: float | None = 0.1, ago: int = 30, **changes: object) -> Sale:
    """An invoice of 1,000.00 issued so many days ago; `days_to_pay` None: unpaid."""
    issued = NOW - ago * DAY
    paid = None if days_to_pay is None else issued + days_to_pay * DAY
    return Sale(f"in_{number}", issued, 100_000, paid_at=paid, **changes)  # type: ignore[arg-type]


def held(status: Status = Status.ACTIVE, **changes: object) -> Held:
    """A monthly subscription of 149.00, renewed in ten days."""
    told = {"price": Money(14_900), "period_end": NOW + 10 * DAY, "plan": "pro", **changes}
    return Held("s_1", AccountKind.SUBSCRIPTION, status, BEGAN, **told)  # type: ignore[arg-type]


def debt(days: int, number: int = 1) -> Debt:
    """149.00 owed for so many days."""
    return Debt(f"in_debt{number}", Money(14_900), NOW - days * DAY, attempts=1)


def standing(**changes: object) -> Standing:
    """A customer of 400 days, spoken with a week ago."""
    told = {"spoken_at": NOW - 7 * DAY, **changes}
    return Standing("acme", "c_1", BEGAN, **told)  # type: ignore[arg-type]
