"""What moving running cases to another policy would change. Nothing is changed."""

from dataclasses import dataclass
from datetime import datetime

from models.collecting import dunning
from models.collecting.cases import Case
from models.collecting.running_cases import RunningCase, rebuilt
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Action, Policy
from models.refusals import NONE, OrderWhy, Refusal


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands in a ladder, and when it loses service and ends (UTC)."""

    policy: str
    next_step: str
    next_step_at: datetime | None
    suspends_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What moving one case to another policy would change. `refusal`: why it cannot be moved."""

    subscription: str
    reference: str
    invoice: str
    amount: Money
    now: Place
    then: Place
    words: str
    refusal: Refusal = NONE


def moving(found: RunningCase, running: Policy | None, policy: Policy, calendar: Calendar, now: datetime) -> Change:
    """What moving a case to a policy would change."""
    record = found.record
    case = rebuilt(found, running, calendar, now)
    current = Place(
        record.policy,
        record.next_step,
        record.next_step_at,
        record.suspends_at,
        case.due(Action.CLOSE) if case else None,
    )
    same = record.policy == f"{policy.name} v{policy.version}"
    # A case whose old policy is lost can be moved all the same: what it was at is in its row.
    start = case or rebuilt(found, policy, calendar, now)
    assert start is not None
    moved = start if same else dunning.adopted(start, policy, now)
    then = _place(moved) if not same else current
    refusal = OrderWhy.SAME_POLICY() if same else NONE
    return Change(
        record.subscription,
        found.reference,
        record.invoice,
        record.amount,
        current,
        then,
        refusal or _words(current, then, calendar),
        refusal,
    )


def _place(case: Case) -> Place:
    step = case.step
    return Place(
        f"{case.policy.name} v{case.policy.version}",
        step.name if step else "",
        case.at(step) if step and case.hold is None else None,
        case.due(Action.SUSPEND),
        case.due(Action.CLOSE),
    )


def _words(before: Place, after: Place, calendar: Calendar) -> str:
    said = []
    if (before.next_step, before.next_step_at) != (after.next_step, after.next_step_at):
        when = f" on {calendar.show(after.next_step_at)}" if after.next_step_at else ""
        said.append(f"next is {after.next_step}{when}, not {before.next_step or 'nothing'}")
    for what, old, new in (
        ("suspended", before.suspends_at, after.suspends_at),
        ("closed", before.ends_at, after.ends_at),
    ):
        if old and new and old != new:
            days = calendar.days_between(old, new)
            said.append(f"{what} {abs(days):.1f} days {'later' if days > 0 else 'earlier'}")
        elif new and not old:
            said.append(f"{what} on {calendar.show(new)}")
        elif old and not new:
            said.append(f"no longer {what}")
    return "; ".join(said) or "nothing but the policy's name"
