"""One dunning case and the decision what happens to it next. Pure: the workflow and the simulator run the same functions.

Gather (the invoice as the provider tells it), decide (here), apply (the workflow). Times are UTC instants.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.collecting.cases import Case, Hold, HoldKind, Outcome, Stage
from models.collecting.declines import Decline, DeclineClass
from models.collecting.reminding import reminding
from models.policies.policy import CONSEQUENCES, Action, Policy, Step
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Charge, Funding, Invoice, InvoiceStatus


class Do(StrEnum):
    """What the workflow does now."""

    WAIT = "wait"
    RESUME = "resume"
    CHARGE = "charge"
    TAKE = "take"
    CLOSE = "close"
    END = "end"


@dataclass(frozen=True, slots=True)
class Decision:
    """The next act of a case: `at` is when (None: only a person or the customer can move it on)."""

    do: Do
    at: datetime | None = None
    step: Step | None = None


# Later than this, in calendar days, the lateness was ours (an outage), and the ladder moves back by it. A warning less: later than this
# part of the time from it to what it warns of, where that is less than a day.
LATE = 0.25


def decide(case: Case, now: datetime) -> Decision:
    """What happens next, and when. The first step that applies and was not yet taken decides."""
    step = case.step
    if step is None:
        return Decision(Do.END)
    if case.hold is not None:
        over = case.hold.until is not None and case.hold.until <= now
        return Decision(Do.RESUME if over else Do.WAIT, case.hold.until, step)
    if case.at(step) > now:
        return Decision(Do.WAIT, case.at(step), step)
    if step.action is Action.RETRY:
        return Decision(Do.CHARGE, now, step)
    if step.action is Action.CLOSE:
        return Decision(Do.CLOSE, now, step)
    return Decision(Do.TAKE, now, step)


def skip(case: Case, now: datetime) -> Case:
    """Leave behind the steps whose time came while they did not apply: a card that works again is not charged for each of them."""
    steps, position = case.policy.steps, case.position
    while (
        case.outcome is None
        and position < len(steps)
        and not case.applies(steps[position])
        and case.at(steps[position]) <= now
    ):
        position += 1
    return case if position == case.position else replace(case, position=position)


def catch_up(case: Case, now: datetime, *, in_time: bool = True) -> Case:
    """After an outage of ours, resume the ladder where it stood: every later step keeps its distance from the one before.

    So nobody gets three messages and a block at once, and no consequence comes before its warning, or right behind one that was late.
    `in_time` False: as it was, a warning may be as late as any other step.
    """
    step = case.step
    if step is None or case.hold is not None:
        return case
    late = case.calendar.days_between(case.at(step), now)
    if late <= (LATE * _time_left(case, step) if in_time else LATE):
        return case
    return replace(case, shift=case.shift + (now - case.at(step)))


def _time_left(case: Case, step: Step) -> float:
    """Calendar days from a warning to the next thing that it warns of; one where that is further away, or the step warns of nothing."""
    following = case.policy.steps[case.policy.steps.index(step, case.position) + 1 :]
    feared = _feared(each for each in following if case.applies(each)) if step.notice else None
    return min(1.0, case.calendar.days_between(case.at(step), case.at(feared))) if feared else 1.0


def _feared(steps: Iterable[Step]) -> Step | None:
    """The first of them that takes something from the customer."""
    return next((step for step in steps if step.action in CONSEQUENCES), None)


_STAGES = {
    Action.DEGRADE: Stage.DEGRADED,
    Action.SUSPEND: Stage.SUSPENDED,
    Action.WARN_DELETION: Stage.DELETION_WARNED,
}


_REACHED = {stage: number for number, stage in enumerate(Stage)}


def taken(case: Case, step: Step, now: datetime) -> Case:
    """The case after a step was taken."""
    return replace(
        case,
        position=case.policy.steps.index(step, case.position) + 1,
        stage=_STAGES.get(step.action, case.stage),
        at_once=None,
        last_step=step.name,
        escalated_at=now if step.action is Action.ESCALATE else case.escalated_at,
        deletion_asked_at=now if step.action is Action.REQUEST_DELETION else case.deletion_asked_at,
    )


def attempted(case: Case, step: Step | None, decline: Decline | None, now: datetime) -> Case:
    """The case after a charge that brought no money. Only the ladder's own attempts count, not the customer's or support's."""
    case = replace(case, decline=decline or case.decline)
    return replace(taken(case, step, now), attempts=case.attempts + 1) if step else case


def asks_at_once(before: Case, after: Case) -> NoticeKind | None:
    """What a fresh refusal makes us ask of the customer without waiting for the next step: another card, or their approval."""
    if after.decline is None or (before.decline is not None and before.decline.kind is after.decline.kind):
        return None
    return {DeclineClass.HARD: NoticeKind.UPDATE_CARD, DeclineClass.AUTHENTICATION: NoticeKind.AUTHENTICATE}.get(
        after.decline.kind
    )


def closed(case: Case, outcome: Outcome, *, now: datetime, invoice: Invoice | None = None) -> Case:
    """The case at its end. An ended case stays as it ended: terminal states win."""
    if case.outcome is not None:
        return case
    paid_at = (invoice.paid_at if invoice else None) or now
    return replace(
        case,
        outcome=outcome,
        stage=Stage.CLOSED,
        hold=None,
        paid_at=paid_at if outcome.settled else None,
        settled=invoice if outcome.settled else None,
    )


def given_up(case: Case, step: Step, now: datetime) -> Case:
    """The case at the end of its ladder, unpaid."""
    return replace(taken(case, step, now), given_up=True)


def seen(case: Case, invoice: Invoice, now: datetime) -> Case:
    """The case after a look at its invoice: money ends it, a void or written-off invoice ends it, money on its way holds it."""
    match invoice.status:
        case InvoiceStatus.PAID:
            return closed(case, Outcome.PAID, now=now, invoice=invoice)
        case InvoiceStatus.VOID:
            return closed(case, Outcome.VOIDED, now=now)
        case InvoiceStatus.UNCOLLECTIBLE:
            return closed(case, Outcome.WRITTEN_OFF, now=now)
        case _:
            return _awaited(case, invoice, now)


PENDINGS = 2  # a case stands still for so many vouchers or transfers; whoever asks for more of them gains no more time
TRANSFER_DAYS = 3  # calendar days that a transfer is waited for: it has no end of its own


def _awaited(case: Case, invoice: Invoice, now: datetime) -> Case:
    """The case standing still while money is on its way, and going on when it is not any more. Other holds are left alone."""
    hold = case.hold
    if case.outcome is not None or (hold is not None and hold.kind is not HoldKind.PENDING):
        return case
    if not invoice.in_flight:
        return resumed(case, now)
    until = invoice.pending_until
    if hold is not None and until in (None, hold.until):
        return case
    if case.pendings >= PENDINGS or (until is None and case.pendings) or (until is not None and until <= now):
        return case
    return held(case, Hold(HoldKind.PENDING, now, until or now + case.calendar.days(TRANSFER_DAYS)))


def escalated(case: Case, now: datetime) -> Case:
    """A person is asked to look at it, besides what the ladder says."""
    return replace(case, escalated_at=now)


def extended(case: Case, days: float) -> Case:
    """More grace: every step still to come moves back by so many calendar days."""
    return replace(case, shift=case.shift + case.calendar.days(days))


def held(case: Case, hold: Hold) -> Case:
    """The ladder standing still. A new hold takes the place of the one before, counted from when that began."""
    since = case.hold.since if case.hold else hold.since
    return replace(
        case,
        hold=replace(hold, since=since),
        promises=case.promises + (hold.kind is HoldKind.PROMISE),
        pendings=case.pendings + (hold.kind is HoldKind.PENDING),
    )


def resumed(case: Case, now: datetime) -> Case:
    """The ladder goes on after a hold, each step as far ahead as it was when the hold began. A promise that ran out was broken."""
    hold = case.hold
    if hold is None:
        return case
    broken = hold.kind is HoldKind.PROMISE and hold.until is not None and hold.until <= now
    return replace(case, shift=case.shift + (now - hold.since), hold=None, broken=case.broken + broken)


def fell_in(case: Case, now: datetime) -> Case:
    """The case behind an older one of the same customer, whose ladder speaks for both. Other holds are left alone."""
    if case.outcome is not None or case.hold is not None:
        return case
    return held(case, Hold(HoldKind.BEHIND, now))


def came_first(case: Case, stage: Stage, now: datetime) -> Case:
    """The case as the oldest one left. Its clock begins where it stood, so that every warning still comes before what it warns of.

    `stage`: what the case before it had already taken from the customer stays taken; a warning of deletion is given anew.
    """
    if case.outcome is not None or case.hold is None or case.hold.kind is not HoldKind.BEHIND:
        return case
    kept = min(stage, Stage.SUSPENDED, key=_REACHED.__getitem__)
    return replace(resumed(case, now), stage=max(case.stage, kept, key=_REACHED.__getitem__))


def moved(case: Case, position: int, now: datetime) -> Case:
    """The ladder placed so that the step at `position` is due now, at once, and later steps keep their distances."""
    step = case.policy.steps[position]
    case = replace(case, position=position, at_once=position, round=case.round + (position < case.position))
    return replace(case, shift=case.shift + (now - case.at(step)))


def reprieved(case: Case, days: float, now: datetime) -> Case:
    """Service given back for so many days: the ladder returns to its suspension step, due then."""
    position = next((n for n, s in enumerate(case.policy.steps) if s.action is Action.SUSPEND), None)
    if position is None or case.stage is Stage.GRACE:
        return extended(case, days)
    return replace(extended(moved(case, position, now), days), stage=Stage.GRACE, at_once=None)


def adopted(case: Case, policy: Policy, now: datetime) -> Case:
    """The case on another policy, from here on. What its new ladder takes away is announced by it first, however late the case is."""
    policy = policy.on(case.calendar)
    policy = reminding(policy) if case.once else policy
    case = replace(case, policy=policy, position=0, at_once=None)
    steps = policy.steps
    place = next((n for n, step in enumerate(steps) if case.at(step) > now), len(steps) - 1)
    feared = next(n for n, step in enumerate(steps) if _takes_more(step, case.stage))
    warning = max((n for n in range(feared) if steps[n].notice), default=feared)
    if warning < place:
        return replace(moved(case, warning, now), at_once=None)
    return replace(case, position=place)


def _takes_more(step: Step, stage: Stage) -> bool:
    """Whether a step is a consequence that this stage has not seen."""
    return step.action in CONSEQUENCES and _REACHED[_STAGES.get(step.action, Stage.CLOSED)] > _REACHED[stage]


def obeyed(outcome: Outcome, invoice: Invoice) -> bool:
    """Whether the provider did what was ordered, rather than answer that the invoice had ended otherwise before."""
    if outcome is Outcome.WRITTEN_OFF:
        return invoice.status is InvoiceStatus.UNCOLLECTIBLE
    return invoice.status is InvoiceStatus.PAID and invoice.charge is None


def paid_outside(invoice: Invoice, *, cash: bool, now: datetime) -> Invoice:
    """An invoice that was paid by transfer or in cash, with that payment as its charge."""
    funding = Funding.CASH if cash else Funding.SPEI
    # What the customer's credit or a credit note settled was not paid.
    charge = Charge(f"out_{invoice.id}", replace(invoice.total, centavos=invoice.payable), now, funding)
    return replace(invoice, charge=charge, paid_at=now)
