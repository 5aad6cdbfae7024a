"""One dunning case and the decision what happens to it next. Pure: the workflow and the simulator run the same functions.

Gather (the invoice as the provider tells it), decide (here), apply (the workflow). Times are UTC instants.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.declines import Decline, DeclineClass
from models.invoices import Charge, Funding, Invoice, InvoiceStatus
from models.ladder import schedule
from models.money import Money
from models.notices import NoticeKind
from models.periods import Calendar
from models.policy import CONSEQUENCES, Action, Ending, Facts, Policy, Step


class Stage(StrEnum):
    """How far the ladder has gone; what operators filter by."""

    GRACE = "grace"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"
    DELETION_WARNED = "deletion_warned"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended."""

    PAID = "paid"
    PAID_OUTSIDE = "paid_outside"
    WRITTEN_OFF = "written_off"
    VOIDED = "voided"
    CANCELED = "canceled"
    EXHAUSTED = "exhausted"
    REPLACED = "replaced"  # by the invoices of a payment plan, which live like any other

    @property
    def settled(self) -> bool:
        """The money arrived."""
        return self in (Outcome.PAID, Outcome.PAID_OUTSIDE)


class HoldKind(StrEnum):
    """Why a ladder stands still."""

    PAUSE = "pause"  # support stopped it
    PROMISE = "promise"  # the customer said when they will pay
    DISPUTE = "dispute"  # they say they do not owe it
    PENDING = "pending"  # money is on its way: an OXXO voucher, a transfer
    INSTALMENTS = "instalments"  # they pay in parts
    BEHIND = "behind"  # an older invoice of the same customer comes first


@dataclass(frozen=True, slots=True)
class Hold:
    """A ladder standing still: since when, and until when (None: until somebody lets it go on). `amount` is what was promised."""

    kind: HoldKind
    since: datetime
    until: datetime | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A dunning case. `opened` is D0, the instant of the first decline; `shift` is how far the ladder has been pushed back."""

    invoice: str
    amount: Money
    opened: datetime
    policy: Policy
    calendar: Calendar
    position: int = 0
    shift: timedelta = timedelta()
    attempts: int = 0
    decline: Decline | None = None
    stage: Stage = Stage.GRACE
    hold: Hold | None = None
    outcome: Outcome | None = None
    paid_at: datetime | None = None
    settled: Invoice | None = None
    pay_url: str = ""
    round: int = 1  # how often the ladder was walked: notices of a second walk are new messages
    facts: Facts = field(default_factory=Facts)
    experiment: str = ""
    first_decline: str = ""
    last_step: str = ""
    escalated_at: datetime | None = None
    deletion_asked_at: datetime | None = None
    at_once: int | None = None  # the step a person asked for: it waits for nothing
    promises: int = 0  # made so far in this case
    broken: int = 0  # of which so many were not kept
    given_up: bool = False  # the ladder ended unpaid
    pendings: int = 0  # how often it has stood still for money on its way

    def at(self, step: Step) -> datetime:
        """When a step of this case's ladder is due (UTC)."""
        return self._at(self.policy.steps.index(step))

    def _at(self, number: int) -> datetime:
        if number == self.at_once:
            return self.opened + self.calendar.elapsed(self.policy.steps[number].offset) + self.shift
        due = schedule(
            self.policy,
            self.opened + self.shift,
            self.calendar,
            success_hour=self._success_hour,
            seed=self.invoice,
        )
        return due[number]

    @property
    def _success_hour(self) -> int | None:
        last = self.facts.last_success
        return None if last is None else self.calendar.local(last).hour

    def applies(self, step: Step) -> bool:
        """Whether a step makes sense as things stand.

        A hard decline spends no retry and only the holder can authenticate; a tolerated debt takes nothing from anybody.
        """
        if step.action is Action.RETRY and self.stuck:
            return False
        if step.action in _BLOCKING and self.tolerated:
            return False
        return step.when is None or step.when.holds(
            self.facts,
            decline=self.decline.kind if self.decline else None,
            amount=self.amount.centavos,
            attempts=self.attempts,
        )

    @property
    def stuck(self) -> bool:
        """Charging again cannot help before the customer has done something."""
        return self.decline is not None and self.decline.kind in (DeclineClass.HARD, DeclineClass.AUTHENTICATION)

    @property
    def tolerated(self) -> bool:
        """The debt is too small to block anybody for."""
        return self.amount.centavos <= self.policy.tolerance

    @property
    def ending(self) -> Ending:
        """What becomes of the subscription when the ladder ends unpaid; a tolerated debt is forgiven."""
        return Ending.WRITE_OFF if self.tolerated else self.policy.steps[-1].ending

    @property
    def number(self) -> int | None:
        """Where in the ladder the next step that applies stands, counted from 0; None once the case is over."""
        if self.outcome is not None:
            return None
        steps = self.policy.steps
        return next((n for n in range(self.position, len(steps)) if self.applies(steps[n])), None)

    @property
    def step(self) -> Step | None:
        """The next step that applies, whenever it is due; None once the case is over."""
        number = self.number
        return None if number is None else self.policy.steps[number]

    def due(self, action: Action) -> datetime | None:
        """When the next such step is due, or None where none is left."""
        steps = self.policy.steps
        return next(
            (
                self._at(n)
                for n in range(self.position, len(steps))
                if steps[n].action is action and self.applies(steps[n])
            ),
            None,
        )


_BLOCKING = frozenset({Action.DEGRADE, Action.SUSPEND, Action.WARN_DELETION, Action.REQUEST_DELETION})


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


# Later than this, in calendar days, the lateness was ours (an outage), and the ladder moves back by it.
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


def catch_up(case: Case, now: datetime) -> Case:
    """After an outage of ours, resume the ladder where it stood: every later step keeps its distance from the one before.

    So nobody gets three messages and a block at once, and no consequence comes before its warning.
    """
    step = case.step
    if step is None or case.hold is not None or case.calendar.days_between(case.at(step), now) <= LATE:
        return case
    return replace(case, shift=case.shift + (now - case.at(step)))


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


@dataclass(frozen=True, slots=True)
class CaseNews:
    """A dunning case's report to its subscription. `settled` is the paid invoice, once money arrived."""

    invoice: str
    stage: Stage
    outcome: Outcome | None = None
    settled: Invoice | None = None
    suspends_at: datetime | None = None
    ending: Ending | None = None  # what the policy wants done with the subscription, once its ladder has ended unpaid
    plan: str = ""  # what a downgrade leads to
    next_step: str = ""
    next_step_at: datetime | None = None
    behind: bool = False  # it stands behind an older one
    disputed: bool = False  # nobody behind it waits for a dispute to end
    tolerated: bool = False  # too small to block anybody


def news(case: Case) -> CaseNews:
    """What a subscription needs to know of its case."""
    step = case.step
    return CaseNews(
        invoice=case.invoice,
        stage=case.stage,
        outcome=case.outcome,
        settled=case.settled,
        suspends_at=None if case.hold and case.hold.kind is HoldKind.BEHIND else case.due(Action.SUSPEND),
        ending=case.ending if case.given_up else None,
        plan=case.policy.steps[-1].plan if case.given_up else "",
        next_step=step.name if step else "",
        next_step_at=case.at(step) if step and case.hold is None else None,
        behind=case.hold is not None and case.hold.kind is HoldKind.BEHIND,
        disputed=case.hold is not None and case.hold.kind is HoldKind.DISPUTE,
        tolerated=case.tolerated,
    )


def settled_news(invoice: Invoice) -> CaseNews:
    """The last report of a case whose process is gone, from its invoice: paid, voided or written off."""
    outcome = {InvoiceStatus.PAID: Outcome.PAID, InvoiceStatus.VOID: Outcome.VOIDED}.get(
        invoice.status, Outcome.WRITTEN_OFF
    )
    return CaseNews(invoice.id, Stage.CLOSED, outcome, invoice if outcome.settled else None)


def canceled_news(invoice: str) -> CaseNews:
    """The last report of a case whose process is gone, when its subscription was canceled."""
    return CaseNews(invoice, Stage.CLOSED, Outcome.CANCELED)
