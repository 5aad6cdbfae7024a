"""One subscription: what its process remembers, what the provider says of it, and the status that follows. Instants are UTC."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.changing.change_records import ChangeRecord, WaitingChange
from models.collecting.cases import Stage
from models.collecting.contact import Contact
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Step
from models.subscribing.invoices import Invoice

NOTHING = Money(0)
ENDED = ("canceled", "incomplete_expired")  # the provider's words for an end
# Invoices in one look at the provider, the newest: two years of months, or of instalments. A case may be paused for long, and its invoice
# must still be seen.
SHOWN = 30
NOTICE_DAYS = 3  # trial-ending and renewal notices go out this many days before, where the policy names no reminders


@dataclass(frozen=True, slots=True)
class Reminders:
    """What the policy sends before a period's end, pinned when the period begins: the earliest first; and when messages may leave."""

    steps: tuple[Step, ...] = ()
    contact: Contact | None = None

    def due(self, period_end: datetime, calendar: Calendar) -> tuple[datetime, ...]:
        """When each of them is due (UTC)."""
        if not self.steps:
            return (period_end - calendar.days(NOTICE_DAYS),)
        return tuple(period_end + calendar.elapsed(step.offset) for step in self.steps)


class Status(StrEnum):
    """Where a subscription stands."""

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class ProviderSubscription:
    """The provider's word on a subscription and on its recent invoices, read together."""

    id: str
    status: str  # Stripe's own: trialing, active, past_due, unpaid, incomplete, incomplete_expired, canceled, paused
    period_start: datetime
    period_end: datetime
    customer: str = ""
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    collection_paused: bool = False
    payment_method: str = ""
    invoices: tuple[Invoice, ...] = ()
    price: str = ""  # the provider's, at which it is charged now


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A dunning case this subscription is in, as last reported by the case."""

    invoice: str
    stage: Stage = Stage.GRACE
    amount: Money = NOTHING
    suspends_at: datetime | None = None
    next_step: str = ""
    next_step_at: datetime | None = None
    in_flight: bool = False  # as the case was last told
    pending_until: datetime | None = None
    behind: bool = False  # an older one speaks for it
    disputed: bool = False
    tolerated: bool = False  # too small to block anybody, by its policy


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the process remembers from one period to the next."""

    status: Status = Status.INCOMPLETE
    provider_id: str = ""
    provider_status: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    collection_paused: bool = False
    suspended_by_support: bool = False
    payment_method: str = ""
    cases: tuple[OpenCase, ...] = ()
    settled: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()  # invoices whose payment was seen on its way
    closed: tuple[str, ...] = ()
    noticed: str = ""  # the notice already requested in this period
    reminders: Reminders = Reminders()  # of this period
    reminded: int = 0  # so many of them are behind us
    ask_at: datetime | None = None
    woken_by: str = ""  # the card that was charged to end a pause for want of one
    provider_price: str = ""  # at which it is charged now
    change: WaitingChange | None = None  # of plan, until the period ends
    leaving: ChangeRecord | None = None  # the cancellation that was confirmed

    @property
    def over(self) -> bool:
        """Nothing more will be charged."""
        return self.status is Status.CANCELED

    @property
    def amount_due(self) -> int:
        """Centavos in open cases."""
        return sum(case.amount.centavos for case in self.cases)

    @property
    def degraded(self) -> bool:
        """Past due so far that the service can only be read."""
        return self.status is Status.PAST_DUE and any(case.stage is Stage.DEGRADED for case in self.cases)

    @property
    def grace_until(self) -> datetime | None:
        """When the first of the open cases cuts service (UTC), while none has."""
        if self.status is not Status.PAST_DUE:
            return None
        return min((case.suspends_at for case in self.cases if case.suspends_at), default=None)


def stood(subscription: Subscription) -> Subscription:
    """The same subscription with the status that follows from its facts. What is canceled stays canceled."""
    return replace(subscription, status=_standing(subscription))


def suspended(subscription: Subscription) -> Subscription:
    """The same with its service cut by support, whatever is paid."""
    return stood(replace(subscription, suspended_by_support=True))


def restored(subscription: Subscription) -> Subscription:
    """The same with service given back for a while, although unpaid; its cases are told apart from this."""
    cases = tuple(replace(case, stage=Stage.GRACE) for case in subscription.cases)
    return stood(replace(subscription, suspended_by_support=False, cases=cases))


def _standing(subscription: Subscription) -> Status:
    provider = subscription.provider_status
    if subscription.over or provider in ENDED:
        return Status.CANCELED
    if provider in ("", "incomplete"):
        return Status.INCOMPLETE
    cut = (Stage.SUSPENDED, Stage.DELETION_WARNED)
    if subscription.suspended_by_support or any(case.stage in cut for case in subscription.cases):
        return Status.SUSPENDED
    if subscription.cases:
        return Status.PAST_DUE
    if subscription.collection_paused or provider == "paused":
        return Status.PAUSED
    return Status.TRIALING if provider == "trialing" else Status.ACTIVE
