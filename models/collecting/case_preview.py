"""What an order would do to a dunning case: its ladder before and after, and what moves to when. Nothing is done.

The case after the order is reckoned by the functions that its process carries orders out with (`collecting.case_orders`), and its course by
the walk that decides as the process does, so that what is shown is what happens if nobody pays meanwhile.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.collecting import case_orders
from models.collecting.cases import Case, Outcome
from models.collecting.course import Coming, Nobody, comes, course
from models.commands import CaseCommand
from models.messages import Command, Days
from models.refusals import NONE, Refusal
from models.simulating import walk


@dataclass(frozen=True, slots=True)
class Move:
    """Something that comes at another time, no longer, or only with the order. Instants are UTC; None: it does not come."""

    coming: Coming
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class CasePreview:
    """A case as it stands (`was`) and as it would stand (`case`), with what would come if nobody paid and nobody answered.

    `refusal`: why the order would be refused; then nothing would change. `action`: how the story would tell of the order. `charged`: the
    card is charged at once; what is shown is a decline like the last one, and the case ends where it goes through.
    """

    was: Case
    case: Case
    before: tuple[Coming, ...]
    after: tuple[Coming, ...]
    refusal: Refusal = NONE
    action: str = ""
    charged: bool = False

    @property
    def moves(self) -> tuple[Move, ...]:
        """What differs, in order of time."""
        before, after = self._keyed(self.before), self._keyed(self.after)
        found = []
        for key in {**before, **after}:
            old, new = before.get(key), after.get(key)
            if old is None or new is None or old.at != new.at:
                shown = new or old
                assert shown is not None
                found.append(Move(shown, old.at if old else None, new.at if new else None))
        return tuple(sorted(found, key=lambda move: (move.after or move.before, move.coming.number or 0)))

    @property
    def outcome(self) -> Outcome | None:
        """How the order ends the case; None where it goes on."""
        return self.case.outcome

    def _keyed(self, comings: Sequence[Coming]) -> Mapping[Hashable, Coming]:
        """By the step of the ladder; between two policies by what it is, the first message with the first message."""
        if self.was.policy == self.case.policy:
            return {(coming.number, coming.name): coming for coming in comings}
        met: Counter[Hashable] = Counter()
        keyed: dict[Hashable, Coming] = {}
        for coming in comings:
            met[coming.whats] += 1
            keyed[coming.whats, met[coming.whats]] = coming
        return keyed


def preview(case: Case, command: CaseCommand, order: Command, now: datetime) -> CasePreview:
    """What an order would do to a case if it were given now (UTC)."""
    shown = CasePreview(case, case, tuple(course(case, now)), ())
    if refusal := case_orders.refusal(case, command, order, now):
        return replace(shown, after=shown.before, refusal=refusal)
    if command is CaseCommand.RETRY_NOW:
        after, act = walk.tried(case, Nobody(case.decline), "support", now)
        coming = (comes(act, after), *course(after, now))
        return replace(shown, case=after, after=coming, action=act.action, charged=True)
    if command in case_orders.SETTLING:
        invoice = walk.paid(case, now)
        done = case_orders.settled(case, order, case_orders.SETTLING[command], invoice, now)
    else:
        done = case_orders.carried_out(case, command, order, now)
    return _after(shown, done, now)


def restoring(case: Case, order: Days, now: datetime) -> CasePreview:
    """What giving service back for some days would do to a case of the subscription that is told so."""
    shown = CasePreview(case, case, tuple(course(case, now)), ())
    return _after(shown, case_orders.restored(case, order, now), now)


def _after(shown: CasePreview, done: case_orders.Carried, now: datetime) -> CasePreview:
    return replace(shown, case=done.case, after=tuple(course(done.case, now)), action=done.action)
