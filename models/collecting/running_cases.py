"""Running cases as SQL knows them.

A case is put together again from its row. What the row does not tell is said: of a case that is held it is not known since when, so
what comes after the hold is shown at the earliest.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from models.collecting.cases import Case, Hold, HoldKind
from models.collecting.declines import Decline
from models.periods import Calendar
from models.policies.policy import Action, Facts, Policy
from models.records import CaseRecord


@dataclass(frozen=True, slots=True)
class RunningCase:
    """A running case as SQL knows it: its row, whose it is (the tenant's own reference), and what is known of them."""

    record: CaseRecord
    reference: str
    plan: str
    facts: Facts = field(default_factory=Facts)


def rebuilt(found: RunningCase, running: Policy | None, calendar: Calendar, now: datetime) -> Case | None:
    """The case behind a row, on the policy it runs by; None where that policy is not known any more."""
    if running is None:
        return None
    record, policy = found.record, running.on(calendar)
    case = Case(
        invoice=record.invoice,
        amount=record.amount,
        opened=record.opened_at,
        policy=policy,
        calendar=calendar,
        attempts=record.attempts,
        decline=Decline(record.decline) if record.decline else None,
        stage=record.stage,
        hold=Hold(HoldKind(record.hold), now, record.hold_until) if record.hold else None,
        facts=found.facts,
        first_decline=record.first_decline,
        last_step=record.last_step,
        promises=record.promises,
        broken=record.broken_promises,
    )
    taken = [n for n, step in enumerate(policy.steps) if step.name == record.last_step]
    coming = [n for n, step in enumerate(policy.steps) if step.name == record.next_step]
    after = [n for n in coming if not taken or n > taken[0]] or coming
    case = replace(case, position=after[0] if after else 0)
    return replace(case, shift=_shift(case, record))


def _shift(case: Case, record: CaseRecord) -> timedelta:
    """By how much the ladder was pushed back, from an instant that the row tells."""
    step, suspends = case.step, case.due(Action.SUSPEND)
    if record.next_step_at is not None and step is not None:
        return record.next_step_at - case.at(step)
    if record.suspends_at is not None and suspends is not None:
        return record.suspends_at - suspends
    return timedelta()
