"""The course of a case from here on if nobody paid and nobody answered: what comes, when, and what it is to the customer.

It is `models.simulating.walk` with a fate in which nothing happens, so it decides as the case's process will. Nothing is done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.collecting.cases import Case
from models.collecting.declines import Decline
from models.policies.policy import Action
from models.simulating.walk import Act, Event, walk
from models.subscribing.invoices import ChargeOutcome

FAR = timedelta(days=3_650)  # a ladder that is not over by then stands still


class What(StrEnum):
    """What would be done to somebody."""

    MESSAGE = "message"
    CHARGE = "charge"
    BLOCK = "block"  # service narrowed or stopped
    ESCALATE = "escalate"
    DELETION = "deletion"
    END = "end"


_KINDS = {
    Action.DEGRADE: What.BLOCK,
    Action.SUSPEND: What.BLOCK,
    Action.ESCALATE: What.ESCALATE,
    Action.REQUEST_DELETION: What.DELETION,
    Action.CLOSE: What.END,
}


@dataclass(frozen=True, slots=True)
class Coming:
    """One thing to come (UTC). `number`: which step of its policy it is, counted from 0; None where it is none.

    It may both block and write; `leaves` is when its message may go out at the earliest, which the hours of contact hold back.
    """

    at: datetime
    name: str
    whats: tuple[What, ...] = ()
    number: int | None = None
    notice: str = ""
    channel: str = ""
    leaves: datetime | None = None


class Nobody:
    """A fate: nobody pays, nobody answers, every charge is declined as the last one was."""

    def __init__(self, decline: Decline | None) -> None:
        self._decline = decline or Decline("insufficient_funds")

    def next(self) -> Event | None:
        return None

    def taken(self) -> None: ...

    def look(self, case: Case, now: datetime) -> None: ...

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]:  # noqa: ARG002
        return ChargeOutcome.DECLINED, self._decline


def comes(act: Act, case: Case) -> Coming:
    """An act as what it is to the customer. `case`: as it stands after it."""
    whats: tuple[What, ...] = ()
    if act.charge is not None:
        whats = (What.CHARGE,)
    elif act.step is not None and act.step.action in _KINDS:
        whats = (_KINDS[act.step.action],)
    leaves = None
    if act.notice is not None:
        whats += (What.MESSAGE,)
        leaves = case.policy.contact.allowed(act.at, case.calendar.zone)
    return Coming(
        act.at,
        act.step.name if act.step else act.action,
        whats,
        case.policy.steps.index(act.step) if act.step else None,
        act.notice.value if act.notice else "",
        act.channel.value if act.channel else "",
        leaves,
    )


def course(case: Case, now: datetime, *, until: datetime | None = None) -> Iterator[Coming]:
    """All that comes from `now` to `until` (UTC), in order of time; without `until` to the end of the ladder.

    A case that is held until somebody lets it go on has no course.
    """
    for after, act in walk(case, Nobody(case.decline), now, until or now + FAR):
        yield comes(act, after)
