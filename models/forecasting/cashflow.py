"""Cash by month, projected: from the subscriptions there are, or from a scenario of customers to come.

Pure; centavos of one currency. A yearly price is cash in the month it is charged and a twelfth of it each month in MRR: the two tell
different things, and what may be spent follows MRR (source document S0: never more than 60 % of it, and a reserve that is filled first).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from models.money import Money
from models.periods import Calendar
from models.policies.dry_run import ComingRenewal
from models.selling.plans import Interval

LONGEST = 36  # months
YEAR = timedelta(days=366)  # within it everybody who goes on is charged once


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who are charged alike: how many, at which price, first in which month of the projection (from 0)."""

    customers: int
    price: Money
    interval: Interval
    first: int
    since: int = 0  # the month from which they count as customers; those there are count from the start


@dataclass(frozen=True, slots=True)
class Prudence:
    """How much of MRR may be spent, in per cent; the reserve to be kept aside; and the share of customers lost each month, in per cent."""

    spend_percent: int = 60
    reserve: int = 2_000_000  # centavos
    churn_percent: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class CashMonth:
    """One month: its first day, customers at its end, and centavos. `kept`: all cash so far that is neither spent nor in the reserve."""

    first: date
    customers: int
    collected: int
    mrr: int
    spent: int
    reserve: int
    kept: int


def projected(
    cohorts: Iterable[Cohort], *, begins: date, months: int, prudence: Prudence | None = None
) -> tuple[CashMonth, ...]:
    """So many months from the one `begins` lies in. Expected values: a customer who may leave counts for the part who stays."""
    prudence = prudence or Prudence()
    known = tuple(cohorts)
    told: list[CashMonth] = []
    reserve = kept = 0
    for number in range(months):
        held = [(each, _staying(each, number, prudence.churn_percent)) for each in known if each.since <= number]
        collected = whole(
            sum((share * each.price.centavos for each, share in held if _charged(each, number)), Fraction())
        )
        mrr = whole(sum((share * monthly(each) for each, share in held), Fraction()))
        available = kept + collected
        spent = min(available, mrr * prudence.spend_percent // 100)
        aside = min(available - spent, prudence.reserve - reserve)
        reserve, kept = reserve + aside, available - spent - aside
        customers = whole(sum((share for _, share in held), Fraction()))
        told.append(CashMonth(month_after(begins, number), customers, collected, mrr, spent, reserve, kept))
    return tuple(told)


def of_book(renewals: Iterable[ComingRenewal], begins: date, calendar: Calendar) -> tuple[Cohort, ...]:
    """The subscriptions that go on, by what and when they are charged on the tenant's calendar. Trials count as if all of them stayed."""
    alike = Counter(
        (each.price, each.interval, months_between(begins, calendar.local(each.at).date())) for each in renewals
    )
    return tuple(Cohort(count, price, interval, first) for (price, interval, first), count in alike.items())


def projections(
    cohorts: Sequence[Cohort], *, begins: date, months: int, prudence: Prudence
) -> dict[str, tuple[CashMonth, ...]]:
    """One for each currency, by its code: cash of several is never added."""
    return {
        currency: projected(
            [each for each in cohorts if each.price.currency == currency],
            begins=begins,
            months=months,
            prudence=prudence,
        )
        for currency in sorted({each.price.currency for each in cohorts})
    }


def monthly(cohort: Cohort) -> Fraction:
    """What one customer is worth a month: of a yearly price, a twelfth."""
    return Fraction(cohort.price.centavos, 12 if cohort.interval is Interval.YEAR else 1)


def month_after(day: date, count: int) -> date:
    """The first day of the month so many after that of a day."""
    years, month = divmod(day.month - 1 + count, 12)
    return date(day.year + years, month + 1, 1)


def months_between(begins: date, day: date) -> int:
    """How many months lie from the month of one day to that of another."""
    return (day.year - begins.year) * 12 + day.month - begins.month


def _charged(cohort: Cohort, month: int) -> bool:
    every = 12 if cohort.interval is Interval.YEAR else 1
    return month >= cohort.first and (month - cohort.first) % every == 0


def _staying(cohort: Cohort, month: int, churn_percent: Fraction) -> Fraction:
    return cohort.customers * (1 - churn_percent / 100) ** (month - cohort.since)


def whole(value: Fraction) -> int:
    """To the unit, half up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
