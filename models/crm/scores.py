"""Health and risks of a customer, 0 to 100, each the sum of its reasons. Pure: told how they stand and what time it is (UTC).

The points are set by hand and read like a checklist. They are no probability, and nothing is decided by them alone: they put customers
into an order in which a person looks at them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from models.changing.change_records import ChangeKind, ChangeState
from models.crm.reasons import Because, Reason
from models.crm.standing import Standing, State
from models.money import Money
from models.subscribing.subscriptions import Status

RECENT = 180  # days in which something still counts as recent
LOOKED_AT = 12  # the last so many invoices tell how somebody pays
ON_TIME = 6  # so many in a row paid on time are a good sign
SILENCE = 180  # days without a word
SOON = 3  # days before a trial's end
_DAY = timedelta(days=1)


class Level(StrEnum):
    """How great a risk is: low below 30 points, high from 60 on."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Health(StrEnum):
    """How well a customer is: excellent from 80 points on, good from 60, fair from 40."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Score:
    """Points 0 to 100 and why. The reasons add up to the points, unless that leaves the range. The heaviest comes first."""

    points: int
    reasons: tuple[Reason, ...] = ()

    @property
    def level(self) -> Level:
        """Of a risk."""
        return Level.HIGH if self.points >= 60 else Level.MEDIUM if self.points >= 30 else Level.LOW

    @property
    def health(self) -> Health:
        """Of a health."""
        for least, health in ((80, Health.EXCELLENT), (60, Health.GOOD), (40, Health.FAIR)):
            if self.points >= least:
                return health
        return Health.POOR


def _scored(reasons: Iterable[Reason], base: int = 0) -> Score:
    told = tuple(sorted((r for r in reasons if r.weight), key=lambda r: (-abs(r.weight), r.because)))
    return Score(max(0, min(100, base + sum(reason.weight for reason in told))), told)


def _days(since: datetime, now: datetime) -> int:
    return max(0, (now - since) // _DAY)


def default_risk(standing: Standing, now: datetime) -> Score:
    """How likely they are not to pay: what they owe now, and how they have paid. One more late payment never lowers it."""
    owed, reasons = standing.owed, []
    if owed:
        days = _days(owed[0].since, now)
        currency = owed[0].amount.currency
        total = Money(sum(debt.amount.centavos for debt in owed if debt.amount.currency == currency), currency)
        reasons.append(Reason(Because.OVERDUE, 25 + min(days, 35), {"amount": str(total), "days": days}))
        reasons.append(Reason(Because.MORE_DEBTS, min(5 * (len(owed) - 1), 15), {"count": len(owed) - 1}))
    failed = [debt for debt in standing.debts if debt.outcome is not None and _recent(debt.since, now)]
    reasons.append(Reason(Because.CHARGES_FAILED, min(4 * len(failed), 16), {"count": len(failed), "days": RECENT}))
    given_up = sum(sale.given_up for sale in standing.sales)
    reasons.append(Reason(Because.GIVEN_UP, min(15 * given_up, 30), {"count": given_up}))
    broken = sum(debt.broken_promises for debt in standing.debts)
    reasons.append(Reason(Because.PROMISES_BROKEN, min(8 * broken, 16), {"count": broken}))
    last = standing.paid[-LOOKED_AT:]
    late = sum(sale.paid_late() for sale in last)
    if late:
        share = -(-30 * late // len(last))
        reasons.append(Reason(Because.PAID_LATE, share, {"count": late, "of": len(last)}))
    elif not last:
        reasons.append(Reason(Because.UNKNOWN_PAYER, 10))
    elif len(last) >= ON_TIME:
        reasons.append(Reason(Because.PAYS_ON_TIME, -10, {"count": len(last)}))
    return _scored(reasons)


def churn_risk(standing: Standing, now: datetime) -> Score:
    """How likely they are to leave. Who has left already stands at 100; who never bought cannot leave."""
    state = standing.state
    if state is State.PROSPECT:
        return Score(0)
    if state is State.FORMER:
        return Score(100, (Reason(Because.GONE, 100),))
    reasons = [*_of_subscriptions(standing, now)]
    failed = sum(debt.attempts or 1 for debt in standing.debts if _recent(debt.since, now))
    reasons.append(Reason(Because.CHARGES_FAILED, min(5 * failed, 15), {"count": failed, "days": RECENT}))
    smaller = (ChangeState.DONE, ChangeState.WAITING)
    if any(c.kind is ChangeKind.DOWNGRADE and c.state in smaller and _recent(c.at, now) for c in standing.changes):
        reasons.append(Reason(Because.DOWNGRADED, 15, {"days": RECENT}))
    if any(sale.refunded_at and _recent(sale.refunded_at, now) for sale in standing.sales):
        reasons.append(Reason(Because.REFUNDED, 10, {"days": RECENT}))
    silent = _days(standing.spoken_at or standing.since, now)
    if silent > SILENCE:
        reasons.append(Reason(Because.SILENT, 5, {"days": silent}))
    months = _days(standing.since, now) // 30
    if months >= 12:
        reasons.append(Reason(Because.LOYAL, -10, {"months": months}))
    return _scored(reasons)


def _of_subscriptions(standing: Standing, now: datetime) -> Iterable[Reason]:
    living = standing.living
    ending = [held.period_end for held in living if held.ending and held.period_end]
    if ending:
        yield Reason(Because.LEAVING, 50, {"day": f"{min(ending):%Y-%m-%d}"})
    if standing.state is State.SUSPENDED:
        yield Reason(Because.NO_SERVICE, 35)
    if standing.owed:
        days = _days(standing.owed[0].since, now)
        yield Reason(Because.OVERDUE, 10 + min(days, 20), {"amount": str(standing.owed[0].amount), "days": days})
    if standing.state is State.PAUSED:
        yield Reason(Because.PAUSED, 35)
    trials = [held for held in living if held.status is Status.TRIALING]
    for held in trials[:1]:
        yield Reason(Because.IN_TRIAL, 15)
        if not held.card and held.trial_end is not None and held.trial_end - now <= SOON * _DAY:
            yield Reason(Because.TRIAL_ENDS, 25, {"days": max(0, (held.trial_end - now) // _DAY)})


def health(standing: Standing, now: datetime) -> Score:
    """How well they are: 100 less what the risks take, and more where they pay and buy."""
    if standing.state is State.PROSPECT:
        return Score(50, (Reason(Because.NOTHING_BOUGHT, -50),))
    unpaid, leaving = default_risk(standing, now).points, churn_risk(standing, now).points
    reasons = [
        Reason(Because.DEFAULT_RISK, -unpaid // 2, {"points": unpaid}),
        Reason(Because.CHURN_RISK, -leaving // 2, {"points": leaving}),
    ]
    in_time = len(list(takewhile(lambda sale: not sale.paid_late(), reversed(standing.paid))))
    if in_time >= ON_TIME and not standing.owed:
        reasons.append(Reason(Because.PAYS_ON_TIME, 5, {"count": in_time}))
    best = max((o for o in standing.opportunities if o.open), key=lambda o: o.weighted, default=None)
    if best is not None:
        reasons.append(Reason(Because.OPPORTUNITY, 5, {"amount": str(best.amount), "points": best.probability}))
    return _scored(reasons, 100)


def _recent(at: datetime, now: datetime) -> bool:
    return now - at <= RECENT * _DAY
