"""The figures of the business, worked out of what the books hold. Pure: told the facts and the instant.

A figure keeps its numerator and its denominator, so that whoever reads a share sees of how many it is, and shares of several days or
businesses can be added up without being averaged.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from models.analytics.funnel import By, Trial, funnel
from models.analytics.intervals import Interval as Sureness
from models.analytics.intervals import share
from models.analytics.recovery import NOT_OWED, Collected
from models.analytics.recovery import By as RecoveredBy
from models.analytics.recovery import report as recovery_report
from models.changing.change_records import Followed, retention
from models.forecasting.cashflow import whole
from models.kpis.definitions import (
    DAYS_RECOVERED,
    DAYS_RETAINED,
    DAYS_TO_RECOVER,
    DEFINITIONS,
    Kpi,
    Unit,
)
from models.money import Money
from models.periods import Calendar
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status
from models.tickets.figures import FirstResponse
from models.tickets.figures import figures as response_figures

BASE = frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED})
LATE = frozenset({Status.PAST_DUE, Status.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one day. `numerator` and `denominator` as its definition says, in its unit; `currency` where it is money's.

    `since` is the first day that it counts, which may be later than its definition asks where the books do not reach back so far.
    """

    kpi: Kpi
    day: date
    numerator: int
    denominator: int
    currency: str = ""
    since: date | None = None

    @property
    def value(self) -> Fraction | None:
        """A share of 1, seconds or centavos; None where there is nothing that it could be of."""
        definition = DEFINITIONS[self.kpi]
        if not self.denominator:
            return Fraction(self.numerator) if definition.unit is Unit.CENTAVOS else None
        return Fraction(self.numerator, self.denominator if definition.divided else 1)

    @property
    def sureness(self) -> Sureness | None:
        """The 95 % interval of a share of a count of cases; None of what is no such share."""
        definition = DEFINITIONS[self.kpi]
        counted = definition.unit is Unit.SHARE and not self.currency
        return share(self.numerator, self.denominator) if counted else None


@dataclass(frozen=True, slots=True)
class Standing:
    """So many subscriptions that stand alike: their status, and the sum of their prices (centavos) by one interval and currency."""

    status: Status
    interval: Interval
    currency: str
    count: int
    centavos: int


@dataclass(frozen=True, slots=True)
class Lost:
    """So many of the base of a day that are canceled by now, `unpaid` after a case that ended without payment."""

    unpaid: bool
    interval: Interval
    currency: str
    count: int
    centavos: int


@dataclass(frozen=True, slots=True)
class Base:
    """The active base of a past day, and what of it has been lost since. No `day`: there is no snapshot yet."""

    day: date | None = None
    standings: tuple[Standing, ...] = ()
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the books hold of one tenant, each of its own window (`models.kpis.definitions`)."""

    standings: Sequence[Standing] = ()
    base: Base = field(default_factory=Base)
    cases: Sequence[Collected] = ()
    followed: Sequence[Followed] = ()
    trials: Sequence[Trial] = ()
    responses: Sequence[FirstResponse] = ()


def figures(facts: Facts, *, day: date, now: datetime, calendar: Calendar) -> tuple[Figure, ...]:
    """All figures of a day of the tenant's clock, in the order in which they are shown. Money is told by currency, never added up."""
    return (
        past_due(facts.standings, day),
        *first_response(facts.responses, day),
        recovered(facts.cases, day, now, calendar),
        downgrades(facts.followed, day, now, calendar),
        trial_to_paid(facts.trials, day, now, calendar),
        *revenue(facts.standings, day),
        *churn(facts.base, day),
        recovery_rate(facts.cases, day, now, calendar),
    )


def past_due(standings: Iterable[Standing], day: date) -> Figure:
    """Of the active base, those that owe."""
    counted = Counter[Status]()
    for each in standings:
        counted[each.status] += each.count
    return Figure(Kpi.PAST_DUE_SHARE, day, sum(counted[s] for s in LATE), sum(counted[s] for s in BASE))


def first_response(responses: Iterable[FirstResponse], day: date) -> tuple[Figure, Figure]:
    """Mean and median, in whole seconds, of the cases that were answered."""
    found = response_figures(responses)
    added = round((found.mean_seconds or 0) * found.answered)
    return (
        Figure(Kpi.FIRST_RESPONSE_MEAN, day, added, found.answered),
        Figure(Kpi.FIRST_RESPONSE_MEDIAN, day, round(found.median_seconds or 0), found.answered),
    )


def recovered(cases: Iterable[Collected], day: date, now: datetime, calendar: Calendar) -> Figure:
    """Within seven days, of the cases that had them: one that is younger may still be paid in time, and is left out whatever came of it."""
    within = calendar.days(DAYS_TO_RECOVER)
    first = now - within - calendar.days(DAYS_RECOVERED)
    due = [
        each.record
        for each in cases
        if first <= each.record.opened_at <= now - within and each.record.outcome not in NOT_OWED
    ]
    paid = sum(
        case.outcome is not None
        and case.outcome.settled
        and case.paid_at is not None
        and case.paid_at - case.opened_at <= within
        for case in due
    )
    return Figure(Kpi.RECOVERED_IN_7_DAYS, day, paid, len(due))


def downgrades(followed: Iterable[Followed], day: date, now: datetime, calendar: Calendar) -> Figure:
    """No churn by thirty days after they took effect."""
    found = retention(followed, now, calendar.days(DAYS_RETAINED))
    return Figure(Kpi.DOWNGRADES_RETAINED, day, found.stayed, found.downgrades)


def trial_to_paid(trials: Sequence[Trial], day: date, now: datetime, calendar: Calendar) -> Figure:
    """Of decided trials, those that paid."""
    total = funnel(trials, since=now, until=now, by=By.PLAN, calendar=calendar).total
    return Figure(Kpi.TRIAL_TO_PAID, day, total.paid, total.decided)


def revenue(standings: Iterable[Standing], day: date) -> list[Figure]:
    """MRR and ARR by currency; ARR is twelve times MRR before either is rounded to a centavo."""
    base = [each for each in standings if each.status in BASE]
    monthly = by_month(base)
    counts = _counted(base)
    return [
        figure
        for currency in sorted(monthly)
        for figure in (
            Figure(Kpi.MRR, day, whole(monthly[currency]), counts[currency], currency),
            Figure(Kpi.ARR, day, whole(monthly[currency] * 12), counts[currency], currency),
        )
    ]


def churn(base: Base, day: date) -> list[Figure]:
    """Of the base of a past day, those who are gone; by count, and by the money they brought in each currency."""
    then = [each for each in base.standings if each.status in BASE]
    count = sum(each.count for each in then)
    ways = {
        Kpi.CHURN_VOLUNTARY: [each for each in base.lost if not each.unpaid],
        Kpi.CHURN_INVOLUNTARY: [each for each in base.lost if each.unpaid],
    }
    money = {
        Kpi.CHURN_VOLUNTARY: Kpi.CHURN_VOLUNTARY_REVENUE,
        Kpi.CHURN_INVOLUNTARY: Kpi.CHURN_INVOLUNTARY_REVENUE,
    }
    whole_base = by_month(then)
    found = [Figure(kpi, day, sum(each.count for each in gone), count, since=base.day) for kpi, gone in ways.items()]
    for kpi, gone in ways.items():
        lost = by_month(gone)
        found += [
            Figure(money[kpi], day, whole(lost.get(currency, Fraction())), whole(had), currency, base.day)
            for currency, had in sorted(whole_base.items())
        ]
    return found


def recovery_rate(cases: Sequence[Collected], day: date, now: datetime, calendar: Calendar) -> Figure:
    """As `perdura analytics recovery` tells it, of all currencies together, for it counts cases."""
    told = recovery_report(cases, since=now, until=now, by=RecoveredBy.PLAN, customers=0, calendar=calendar)
    return Figure(
        Kpi.RECOVERY_RATE,
        day,
        sum(group.recovered for group in told.total),
        sum(group.decided for group in told.total),
    )


def by_month(standings: Iterable[Standing | Lost]) -> dict[str, Fraction]:
    """What they bring each month, by currency: of a yearly price a twelfth."""
    found: dict[str, Fraction] = {}
    for each in standings:
        part = Fraction(each.centavos, 12 if each.interval is Interval.YEAR else 1)
        found[each.currency] = found.get(each.currency, Fraction()) + part
    return found


def shown(figure: Figure) -> str:
    """A figure as people read it: `8.3 %`, `1 h 12 min`, `$1,490.00 MXN`; a dash where there is nothing it could be of."""
    value = figure.value
    if value is None:
        return "—"
    match DEFINITIONS[figure.kpi].unit:
        case Unit.SHARE:
            tenths = whole(value * 1000)
            return f"{tenths // 10}.{tenths % 10} %"
        case Unit.CENTAVOS:
            return str(Money(whole(value), figure.currency))
        case Unit.SECONDS:
            return lasted(timedelta(seconds=whole(value)))


def lasted(span: timedelta) -> str:
    """`45 s`, `12 min`, `1 h 12 min`, `2 d 3 h`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86_400
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _counted(standings: Iterable[Standing]) -> Counter[str]:
    found = Counter[str]()
    for each in standings:
        found[each.currency] += each.count
    return found
