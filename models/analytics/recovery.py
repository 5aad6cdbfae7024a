"""Recovery as figures, with their denominators said: what came back of what was refused, by what, and how fast.

A case is one invoice whose charge was refused. It is *decided* once it is paid, given up, written off or its subscription is canceled;
running cases are counted apart, because they may still be paid; invoices that were voided, or replaced by a
payment plan's, are counted apart, because nobody owes them any more.
Recovery by count is paid cases of decided cases, by amount the pesos of the same. Whoever divides by all customers, or by cases that
were written to, gets other percentages from the same facts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.analytics.intervals import Interval, share
from models.collecting.cases import Outcome
from models.collecting.declines import Decline
from models.periods import Calendar
from models.records import CaseRecord


@dataclass(frozen=True, slots=True)
class Collected:
    """One case, its plan, and the channel of the last message about it that went out (empty: none did)."""

    record: CaseRecord
    plan: str
    channel: str = ""


class By(StrEnum):
    """What recovery is told by. `cohort`: the month in which the case opened, on the tenant's clock."""

    COHORT = "cohort"
    DECLINE = "decline"
    STEP = "step"
    CHANNEL = "channel"
    POLICY = "policy"
    PLAN = "plan"
    ARM = "arm"


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of some cases of one currency. Amounts in centavos; `days` from the first refusal to the payment."""

    key: str
    currency: str
    cases: int
    running: int
    voided: int
    decided: int  # the denominator of `recovered`
    recovered: int
    decided_centavos: int  # the denominator of `recovered_centavos`
    recovered_centavos: int
    rate: Interval
    amount_rate: float
    days_p50: float | None
    days_p90: float | None
    lost: int  # decided cases in which the debt was not paid


@dataclass(frozen=True, slots=True)
class Report:
    """Recovery of the cases opened in [since, until) (UTC). `customers`: subscriptions with service in that time."""

    since: datetime
    until: datetime
    by: By
    total: tuple[Group, ...]  # one for each currency
    groups: tuple[Group, ...]
    customers: int
    churned: int  # subscriptions whose case ended unpaid
    churn: Interval  # of `customers`


# Nobody owes these invoices any more: voided, or replaced by the invoices of a payment plan, which are counted themselves.
NOT_OWED = frozenset({Outcome.VOIDED, Outcome.REPLACED})
# Where a person ended the subscription, the invoice was not what it ended of.
INVOLUNTARY = frozenset({Outcome.EXHAUSTED})


def report(
    cases: Sequence[Collected], *, since: datetime, until: datetime, by: By, customers: int, calendar: Calendar
) -> Report:
    """The figures of some cases, whole and by something."""
    keys = _KEYS[by]
    churned = len({c.record.subscription for c in cases if c.record.outcome in INVOLUNTARY})
    named = _named(cases, lambda case: keys(case, calendar))
    return Report(
        since,
        until,
        by,
        tuple(_group("all", currency, some, calendar) for (_, currency), some in _named(cases, lambda _: "").items()),
        tuple(_group(key, currency, some, calendar) for (key, currency), some in sorted(named.items())),
        customers,
        churned,
        share(churned, max(customers, churned)),
    )


def _named(cases: Iterable[Collected], key: Callable[[Collected], str]) -> Mapping[tuple[str, str], list[Collected]]:
    found: dict[tuple[str, str], list[Collected]] = {}
    for case in cases:
        found.setdefault((key(case), case.record.amount.currency), []).append(case)
    return found


def _group(key: str, currency: str, cases: Sequence[Collected], calendar: Calendar) -> Group:
    records = [case.record for case in cases]
    decided = [r for r in records if r.outcome not in (None, Outcome.VOIDED, Outcome.REPLACED)]
    paid = [r for r in decided if r.outcome is not None and r.outcome.settled]
    days = sorted(calendar.days_between(r.opened_at, r.paid_at) for r in paid if r.paid_at is not None)
    owed, came = sum(r.amount.centavos for r in decided), sum(r.amount.centavos for r in paid)
    return Group(
        key=key,
        currency=currency,
        cases=len(records),
        running=sum(r.outcome is None for r in records),
        voided=sum(r.outcome in (Outcome.VOIDED, Outcome.REPLACED) for r in records),
        decided=len(decided),
        recovered=len(paid),
        decided_centavos=owed,
        recovered_centavos=came,
        rate=share(len(paid), len(decided)),
        amount_rate=came / owed if owed else 0.0,
        days_p50=_quantile(days, 0.5),
        days_p90=_quantile(days, 0.9),
        lost=len(decided) - len(paid),
    )


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that this share of all does not exceed; None of nothing."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(share * 100) // 100) - 1))]


def _cohort(case: Collected, calendar: Calendar) -> str:
    return f"{calendar.local(case.record.opened_at):%Y-%m}"


def _decline(case: Collected, _: Calendar) -> str:
    code = case.record.first_decline or case.record.decline
    return Decline(code).kind if code else "unknown"


def _arm(case: Collected, _: Calendar) -> str:
    record = case.record
    return f"{record.experiment}: {record.policy}" if record.experiment else "no experiment"


_KEYS: Mapping[By, Callable[[Collected, Calendar], str]] = {
    By.COHORT: _cohort,
    By.DECLINE: _decline,
    By.STEP: lambda case, _: case.record.last_step or "before the first step",
    By.CHANNEL: lambda case, _: case.channel or "no message",
    By.POLICY: lambda case, _: case.record.policy,
    By.PLAN: lambda case, _: case.plan,
    By.ARM: _arm,
}

COLUMNS = (
    "key",
    "currency",
    "cases",
    "running",
    "voided",
    "decided",
    "recovered",
    "rate",
    "rate_low",
    "rate_high",
    "decided_centavos",
    "recovered_centavos",
    "amount_rate",
    "days_p50",
    "days_p90",
)


def cells(group: Group) -> tuple[str | int | float | None, ...]:
    """One line of an export, in the order of `COLUMNS`."""
    return (
        group.key,
        group.currency,
        group.cases,
        group.running,
        group.voided,
        group.decided,
        group.recovered,
        round(group.rate.value, 6),
        round(group.rate.low, 6),
        round(group.rate.high, 6),
        group.decided_centavos,
        group.recovered_centavos,
        round(group.amount_rate, 6),
        group.days_p50 if group.days_p50 is None else round(group.days_p50, 3),
        group.days_p90 if group.days_p90 is None else round(group.days_p90, 3),
    )


DENOMINATORS = (
    "recovered: paid cases of those decided (paid, given up, written off, canceled); running, voided and replaced ones are counted apart",
    "by amount: the pesos of the same cases",
    "days: from the first refusal to the payment, of those paid",
    "churn: subscriptions whose case ended unpaid, of all that had service in the time",
)
