"""A dunning case as a value: an unpaid invoice, where its ladder stands, and what is known of it. Times are UTC instants."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from models.collecting.declines import Decline, DeclineClass
from models.collecting.ladder import schedule
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Action, Ending, Facts, Policy, Step
from models.subscribing.invoices import Invoice


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
    once: bool = False  # of a bill: nobody's card is charged for it, and there is no service to cut

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
