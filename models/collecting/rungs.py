"""A case's ladder as people look at it: every step of its policy with what became of it, or when it comes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.collecting.cases import Case
from models.collecting.course import Coming, course
from models.policies.policy import Action, Step
from models.records import AuditEntry


class RungState(StrEnum):
    """What became of a step."""

    DONE = "done"
    LEFT_OUT = "left_out"  # it did not apply, or does not as things stand
    NEXT = "next"
    COMING = "coming"
    WAITING = "waiting"  # it comes once somebody lets the ladder go on
    NEVER = "never"  # the case ended before it


@dataclass(frozen=True, slots=True)
class Rung:
    """A step and when it was taken, or comes (UTC; None where that is not known). `number` counts from 1."""

    number: int
    step: Step
    state: RungState
    at: datetime | None = None
    leaves: datetime | None = None  # its message, at the earliest


def rungs(case: Case, entries: Iterable[AuditEntry], now: datetime) -> tuple[Rung, ...]:
    """All steps in order. `entries` are the case's own story, which tells when a step was taken."""
    taken = _taken(entries)
    coming = {each.number: each for each in course(case, now) if each.number is not None}
    first = min(coming, default=None)
    return tuple(
        _rung(case, number, step, taken, coming.get(number), is_next=number == first)
        for number, step in enumerate(case.policy.steps)
    )


def _rung(
    case: Case,
    number: int,
    step: Step,
    taken: dict[str, datetime],
    coming: Coming | None,
    *,
    is_next: bool,
) -> Rung:
    if number < case.position:
        at = taken.get(step.name)
        return Rung(number + 1, step, RungState.DONE if at else RungState.LEFT_OUT, at)
    if case.outcome is not None:
        return Rung(number + 1, step, RungState.NEVER)
    if coming is not None:
        state = RungState.NEXT if is_next else RungState.COMING
        return Rung(number + 1, step, state, coming.at, coming.leaves)
    held = case.hold is not None and case.hold.until is None and case.applies(step)
    return Rung(number + 1, step, RungState.WAITING if held else RungState.LEFT_OUT)


def _taken(entries: Iterable[AuditEntry]) -> dict[str, datetime]:
    """When each step was last taken, by its name. A charge's story names its step before the answer: `D+1 retry: do_not_honor`."""
    found = {}
    for entry in entries:
        told = entry.detail.partition(":")[0] if entry.action.startswith(_CHARGED) else entry.action
        found[told] = entry.at
    return found


_CHARGED = ("charge ", "payment on its way")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One charge that was tried: when (UTC), what came of it, by which step or whose wish, and the bank's code where it was refused."""

    at: datetime
    outcome: str
    why: str
    code: str = ""
    actor: str = ""


def attempts(entries: Iterable[AuditEntry]) -> tuple[Attempt, ...]:
    """Every charge in a case's story, oldest first."""
    found = []
    for entry in entries:
        if not entry.action.startswith("charge "):
            continue
        why, _, code = entry.detail.partition(": ")
        found.append(Attempt(entry.at, entry.action.removeprefix("charge "), why, code, entry.actor))
    return tuple(found)


def about(entries: Iterable[AuditEntry], invoice: str) -> tuple[AuditEntry, ...]:
    """Of a subscription's story what is this case's, oldest first."""
    return tuple(entry for entry in entries if entry.key.partition("/")[0] == invoice)


SERVICE = {Action.DEGRADE: 1, Action.SUSPEND: 2}  # how much of the service is gone after a step: 0 nothing, 2 all of it
