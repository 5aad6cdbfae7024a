"""From trial to card to payment, with the denominators said.

A trial is *decided* once its customer has paid, has gone, or has let it end without a card. Trials that go on, and those whose first charge
is still being collected, are running: they may still become anything, and are in no denominator. Cohorts are the ISO weeks in which
trials began, on the tenant's clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.analytics.intervals import Interval, share
from models.periods import Calendar
from models.subscribing.subscriptions import Status

DENOMINATORS = (
    "card: decided trials with a card on file, of all decided ones; where the plan asks for one to begin with, that is all of them",
    "paid: decided trials with a payment above zero, of all decided ones",
    "paid of card: the same, of decided ones with a card",
    "running: still in the trial, or its first charge is being collected; in no denominator",
)


class By(StrEnum):
    """What the funnel is told by. `card`: whether the trial began with one."""

    COHORT = "cohort"
    PLAN = "plan"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial as the books have it. Instants are UTC; `paid_at` is the first payment above zero."""

    plan: str
    began_at: datetime
    status: Status
    card_required: bool
    card: bool = False
    paid_at: datetime | None = None

    @property
    def decided(self) -> bool:
        """It will not become anything else."""
        return self.paid_at is not None or self.status in (Status.CANCELED, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Group:
    """The funnel of some trials."""

    key: str
    trials: int
    running: int
    decided: int  # the denominator of `carded` and `paid`
    carded: int  # the denominator of `paid_of_carded`
    paid: int
    card_rate: Interval
    paid_rate: Interval
    paid_of_carded: Interval


@dataclass(frozen=True, slots=True)
class Funnel:
    """Trials that began in [since, until) (UTC)."""

    since: datetime
    until: datetime
    by: By
    total: Group
    groups: tuple[Group, ...]


def funnel(trials: Sequence[Trial], *, since: datetime, until: datetime, by: By, calendar: Calendar) -> Funnel:
    """The figures of some trials, whole and by something."""
    key = _KEYS[by]
    named: dict[str, list[Trial]] = {}
    for trial in trials:
        named.setdefault(key(trial, calendar), []).append(trial)
    groups = tuple(_group(name, some) for name, some in sorted(named.items()))
    return Funnel(since, until, by, _group("all", trials), groups)


def _group(key: str, trials: Sequence[Trial]) -> Group:
    decided = [trial for trial in trials if trial.decided]
    # Whoever has paid had a card, though the books may have seen the payment first.
    carded = [trial for trial in decided if trial.card or trial.paid_at]
    paid = sum(trial.paid_at is not None for trial in decided)
    return Group(
        key=key,
        trials=len(trials),
        running=len(trials) - len(decided),
        decided=len(decided),
        carded=len(carded),
        paid=paid,
        card_rate=share(len(carded), len(decided)),
        paid_rate=share(paid, len(decided)),
        paid_of_carded=share(paid, len(carded)),
    )


def _week(trial: Trial, calendar: Calendar) -> str:
    year, week, _ = calendar.local(trial.began_at).isocalendar()
    return f"{year}-W{week:02d}"


_KEYS: Mapping[By, Callable[[Trial, Calendar], str]] = {
    By.COHORT: _week,
    By.PLAN: lambda trial, _: trial.plan,
    By.CARD: lambda trial, _: "with card" if trial.card_required else "without card",
}
