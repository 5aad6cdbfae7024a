"""Two policies that ran side by side: what each arm recovered, the difference, and whether chance explains it.

An arm is the policy a case ran by. Subscriptions are split by a stable hash (`experiments`), and one subscription may bring several
cases; shares are compared by Newcombe's interval, and the mean recovered of a case by a bootstrap over whole subscriptions.
Only decided cases count (`models.analytics.recovery`): one that still runs may yet be paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.analytics.intervals import Interval, difference, ratio, ratio_difference, share, verdict
from models.analytics.recovery import NOT_OWED, Collected


@dataclass(frozen=True, slots=True)
class Arm:
    """One policy's side. `mean`: centavos recovered of a decided case, with its interval."""

    policy: str
    subscriptions: int
    cases: int
    running: int
    decided: int
    recovered: int
    recovered_centavos: int
    rate: Interval
    mean: Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rival's arm against the other one. Differences are the rival's minus the other's; `words` say what can be told."""

    experiment: str
    arms: tuple[Arm, ...]
    rate: Interval | None
    mean: Interval | None
    words: str


def compare(experiment: str, cases: Sequence[Collected], *, policy: str = "", rival: str = "") -> Comparison:
    """The two arms of an experiment. `policy` and `rival` (`name v1`) put them in order; else they stand by name.

    Cases that were moved to a third policy since are in an arm of their own, and in no difference.
    """
    names = list(dict.fromkeys([*filter(None, (policy, rival)), *sorted({c.record.policy for c in cases})]))
    arms = [_arm(name, [c for c in cases if c.record.policy == name]) for name in names]
    if len(arms) < 2:
        return Comparison(experiment, tuple(arms), None, None, "there is only one arm so far: nothing to compare")
    first, second = arms[:2]
    rate = difference((first.recovered, first.decided), (second.recovered, second.decided))
    groups = [_clusters([c for c in cases if c.record.policy == arm.policy]) for arm in (first, second)]
    mean = ratio_difference(groups[0], groups[1], paired=False)
    told = verdict(rate, better=f"{second.policy} recovers more cases", worse=f"{second.policy} recovers fewer cases")
    money = verdict(mean, better="and more money in each", worse="and less money in each")
    joined = told if not rate.sure else f"{told}; the mean recovered: {money.removeprefix('and ')}"
    return Comparison(experiment, tuple(arms), rate, mean, joined)


def _arm(policy: str, cases: Sequence[Collected]) -> Arm:
    decided = [c.record for c in cases if c.record.outcome is not None and c.record.outcome not in NOT_OWED]
    paid = [r for r in decided if r.outcome is not None and r.outcome.settled]
    return Arm(
        policy=policy,
        subscriptions=len({c.record.subscription for c in cases}),
        cases=len(cases),
        running=sum(c.record.outcome is None for c in cases),
        decided=len(decided),
        recovered=len(paid),
        recovered_centavos=sum(r.amount.centavos for r in paid),
        rate=share(len(paid), len(decided)),
        mean=ratio(_clusters(cases)),
    )


def _clusters(cases: Sequence[Collected]) -> list[tuple[int, int]]:
    """Centavos recovered and cases decided, by subscription."""
    found: dict[str, tuple[int, int]] = {}
    for case in cases:
        outcome = case.record.outcome
        if outcome is None or outcome in NOT_OWED:
            continue
        came, count = found.get(case.record.subscription, (0, 0))
        paid = case.record.amount.centavos if outcome.settled else 0
        found[case.record.subscription] = (came + paid, count + 1)
    return list(found.values())
