"""All that one customer of the virtual year owes: the oldest debt is collected, the others stand behind it, as real ones do.

Who stands behind whom, and what the next one inherits, is decided by the functions that the subscription's process asks
(`models.subscribing.subscription_news`); each debt is a case of its own, walked by `models.simulating.walk`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.collecting import dunning
from models.collecting.cases import Case, Outcome, Stage
from models.policies.policy import Ending
from models.simulating.debtor import Debtor
from models.simulating.walk import Act, Event, Happening, walk
from models.subscribing.subscription_news import lined_up, succeeded
from models.subscribing.subscriptions import OpenCase, Subscription


@dataclass
class Debt:
    """One unpaid invoice: its case as it stands at `at` (UTC), and the fate of it."""

    case: Case
    debtor: Debtor
    at: datetime
    month: int = 0  # of the renewal it comes from
    behind: bool = False
    stage: Stage = Stage.GRACE  # as far as it went before its end

    @property
    def ends_subscription(self) -> bool:
        """Whether it ended with the subscription canceled."""
        left = self.case.outcome is Outcome.CANCELED
        return left or (self.case.outcome is Outcome.EXHAUSTED and self.case.ending is Ending.CANCEL)


class Debts:
    """The debts of one customer that are open, the oldest first. `told` hears of every act."""

    def __init__(self, told: Callable[[Debt, Act], None]) -> None:
        self._open: list[Debt] = []
        self._told = told

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def oldest(self) -> Debt | None:
        """The one that is collected."""
        return self._open[0] if self._open else None

    def add(self, debt: Debt) -> None:
        """A debt more, behind those that are open."""
        self._open.append(debt)
        debt.behind = lined_up(_standing(self._open)).cases[-1].behind
        if debt.behind:
            debt.case = dunning.fell_in(debt.case, debt.at)

    def advance(self, until: datetime) -> Iterator[Debt]:
        """Live on to an instant (UTC). Gives each debt that has ended."""
        for debt in tuple(self._open):
            begun = len(debt.debtor.happened)
            for case, act in walk(debt.case, debt.debtor, debt.at, until):
                debt.case, debt.at = case, act.at
                debt.stage = case.stage if case.outcome is None else debt.stage
                self._told(debt, act)
            younger = self._open[self._open.index(debt) + 1 :]
            for event in debt.debtor.happened[begun:]:
                _share(event, debt, younger)
            if debt.case.outcome is not None:
                self._open.remove(debt)
                self._succeed(debt)
                yield debt

    def _succeed(self, ended: Debt) -> None:
        """Whoever comes first now hears of it, and of what was taken already; with the subscription all end."""
        if ended.ends_subscription:
            for other in self._open:
                other.debtor.expect(Event(ended.at, Happening.CANCELED))
            return
        left = lined_up(succeeded(_standing(self._open), ended.stage))
        for other, case in zip(self._open, left.cases, strict=True):
            if case.behind is not other.behind:
                other.behind = case.behind
                what = Happening.FELL_IN if case.behind else Happening.CAME_FIRST
                other.debtor.expect(Event(ended.at, what, stage=case.stage))


def _standing(debts: Sequence[Debt]) -> Subscription:
    """The debts as their subscription's process knows them."""
    return Subscription(
        cases=tuple(
            OpenCase(
                debt.case.invoice,
                stage=debt.case.stage,
                amount=debt.case.amount,
                behind=debt.behind,
                tolerated=debt.case.tolerated,
            )
            for debt in debts
        )
    )


def _share(event: Event, debt: Debt, others: Sequence[Debt]) -> None:
    """What happened to one debt happens to the younger ones that were open then: another card is tried for all, who pays may pay all."""
    shared = event.what is Happening.NEW_CARD or (event.what is Happening.SEEN and debt.debtor.pays_all)
    for other in others if shared else ():
        if other.at <= event.at:
            other.debtor.expect(replace(event, invoice=None))
