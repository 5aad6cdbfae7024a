"""What a virtual year came to, policy by policy: figures with their intervals, and what each differs from the first by.

Intervals are of 95 %, bootstrapped over blocks of customers (`analytics.intervals`); differences are of the same customers with the same
luck under both policies. They say how much chance there is in the draw, not how far the assumptions are from the world.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.analytics.intervals import Interval, ratio, ratio_difference, verdict
from models.collecting.declines import DeclineClass
from models.simulating.simulation import MONTHS, Sums


@dataclass(frozen=True, slots=True)
class Figures:
    """One policy's year. Shares are of cases, of pesos at risk, and of the customers the year began with; amounts in centavos."""

    policy: str
    customers: int
    renewals: int
    cases: int
    at_risk: int
    recovered_centavos: int
    recovery: Interval  # by count: recovered cases of all cases
    recovery_by_amount: Interval  # recovered pesos of pesos at risk
    median_days: float  # from first decline to payment, of the recovered
    p90_days: float
    messages: int
    reminders: int
    messages_per_thousand: Interval  # messages after the due date for each 1,000 pesos recovered
    charges: int
    involuntary_churn: Interval  # customers lost because an invoice stayed unpaid
    left: int
    cash: tuple[int, ...]
    regained: tuple[int, ...]
    by_class: dict[str, tuple[int, int, int, int]]  # cases, recovered, centavos at risk, centavos recovered


@dataclass(frozen=True, slots=True)
class Against:
    """A policy against the first: differences of shares (0.01 is one point), and what they amount to in words."""

    policy: str
    first: str
    recovery: Interval
    recovery_by_amount: Interval
    involuntary_churn: Interval
    words: str


def figures(policy: str, blocks: Sequence[Sums]) -> Figures:
    """The figures of one policy from its blocks."""
    total = Sums()
    for each in blocks:
        total.add(each)
    return Figures(
        policy=policy,
        customers=total.customers,
        renewals=total.renewals,
        cases=total.cases,
        at_risk=total.at_risk,
        recovered_centavos=total.recovered_centavos,
        recovery=ratio(_recovered(blocks)),
        recovery_by_amount=ratio(_pesos(blocks)),
        median_days=quantile(total.half_days, 0.5) / 2,
        p90_days=quantile(total.half_days, 0.9) / 2,
        messages=total.messages,
        reminders=total.reminders,
        messages_per_thousand=ratio([(b.messages * 100_000, b.recovered_centavos) for b in blocks]),
        charges=total.charges,
        involuntary_churn=ratio(_lost(blocks)),
        left=total.left,
        cash=tuple(total.cash[:MONTHS]),
        regained=tuple(total.regained[:MONTHS]),
        by_class={str(kind): _four(total.by_class[kind]) for kind in DeclineClass if total.by_class[kind][0]},
    )


def against(first: str, policy: str, before: Sequence[Sums], after: Sequence[Sums]) -> Against:
    """What a policy does differently from the first one, on the same customers."""
    recovery = ratio_difference(_recovered(before), _recovered(after), paired=True)
    by_amount = ratio_difference(_pesos(before), _pesos(after), paired=True)
    churn = ratio_difference(_lost(before), _lost(after), paired=True)
    money = verdict(by_amount, better=f"recovers more than {first}", worse=f"recovers less than {first}")
    people = verdict(churn, better="loses more customers", worse="loses fewer customers")
    return Against(policy, first, recovery, by_amount, churn, f"{money}; {people}")


def quantile(counts: Sequence[int], share: float) -> float:
    """The upper end of the bucket in which this share of all is reached; 0 of nothing."""
    wanted, passed = sum(counts) * share, 0
    if not wanted:
        return 0.0
    for bucket, count in enumerate(counts):
        passed += count
        if passed >= wanted:
            return bucket + 1.0
    return float(len(counts))


def _recovered(blocks: Sequence[Sums]) -> list[tuple[int, int]]:
    return [(each.recovered, each.cases) for each in blocks]


def _pesos(blocks: Sequence[Sums]) -> list[tuple[int, int]]:
    return [(each.recovered_centavos, each.at_risk) for each in blocks]


def _lost(blocks: Sequence[Sums]) -> list[tuple[int, int]]:
    return [(each.lost, each.customers) for each in blocks]


def _four(counts: Sequence[int]) -> tuple[int, int, int, int]:
    cases, recovered, risked, regained = counts
    return cases, recovered, risked, regained
