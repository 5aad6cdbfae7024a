"""One subscription: what its process remembers, what the provider says of it, and the decisions between the two.

Pure functions over frozen values; instants are UTC. Nothing here trusts the order in which news arrives: `absorb` takes
the provider's present word and makes only the transitions that word justifies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.case_news import CaseNews
from models.cases import Stage
from models.contact import Contact
from models.invoices import Invoice, InvoiceStatus
from models.money import Money
from models.notices import NoticeKind
from models.periods import Calendar
from models.policy import Step

NOTHING = Money(0)
ENDED = ("canceled", "incomplete_expired")  # the provider's words for an end
NOTICE_DAYS = 3  # trial-ending and renewal notices go out this many days before, where the policy names no reminders
REMEMBERED = 24  # settled and closed invoices kept in mind: far more than can still make news


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


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at the provider turned up, to be acted upon once each."""

    overdue: tuple[Invoice, ...] = ()
    settled: tuple[Invoice, ...] = ()
    ended: tuple[Invoice, ...] = ()  # invoices in dunning that are no longer open
    moving: tuple[Invoice, ...] = ()  # invoices in dunning for which money has begun or ceased to be on its way
    awaited: tuple[Invoice, ...] = ()  # open invoices for which money is on its way, each told once
    new_period: bool = False
    new_card: bool = False


def absorb(
    subscription: Subscription, word: ProviderSubscription, *, now: datetime, calendar: Calendar
) -> tuple[Subscription, Changes]:
    """Take in the provider's present word. Calling it again with the same word changes nothing."""
    known = subscription
    in_case = {case.invoice: case for case in known.cases}
    over = known.over or word.status in ENDED
    overdue, settled, ended, moving = [], [], [], []
    for invoice in sorted(word.invoices, key=lambda i: (i.created, i.id)):
        if invoice.id in in_case:
            if invoice.status in (InvoiceStatus.PAID, InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE):
                ended.append(invoice)
            elif _way(invoice) != _way(in_case[invoice.id]):
                moving.append(invoice)
        elif invoice.status is InvoiceStatus.PAID:
            # A debt given up and paid after all is money like any other.
            settled += [] if invoice.id in known.settled else [invoice]
        elif invoice.id in known.closed or invoice.id in known.settled:
            continue
        elif invoice.overdue and not over and not (invoice.first and word.status == "incomplete"):
            overdue.append(invoice)
    awaited = [i for i in word.invoices if i.in_flight and i.status is InvoiceStatus.OPEN and i.id not in known.awaited]
    new_period = known.period_start is not None and word.period_start > known.period_start
    parts = [i.finalizes_at for i in word.invoices if i.part_of and i.finalizes_at and i.status is InvoiceStatus.DRAFT]
    waiting = any(
        (i.status is InvoiceStatus.DRAFT and not i.part_of)
        or (i.status is InvoiceStatus.OPEN and not i.attempted and i.due.centavos > 0)
        for i in word.invoices
    )
    changed = replace(
        known,
        provider_id=word.id,
        # The provider calls it active the moment the trial ends; for us it is, once the first charge has gone through.
        provider_status="trialing"
        if waiting and known.status is Status.TRIALING and word.status == "active"
        else word.status,
        period_start=max(filter(None, (known.period_start, word.period_start))),
        period_end=word.period_end
        if known.period_end is None or new_period
        else max(known.period_end, word.period_end),
        trial_end=word.trial_end,
        cancel_at_period_end=word.cancel_at_period_end,
        collection_paused=word.collection_paused,
        payment_method=word.payment_method or known.payment_method,
        cases=tuple(_told(case, moving) for case in known.cases) + tuple(_case(i) for i in overdue),
        settled=(known.settled + tuple(i.id for i in settled))[-REMEMBERED:],
        awaited=(known.awaited + tuple(i.id for i in awaited))[-REMEMBERED:],
        noticed="" if new_period else known.noticed,
        reminded=0 if new_period else known.reminded,
        ask_at=(now if waiting else max(now, min(word.period_end, *parts) if parts else word.period_end))
        + calendar.hours(2 if waiting else 1),
    )
    changed = lined_up(stood(changed))
    new_card = bool(known.payment_method) and changed.payment_method != known.payment_method
    return changed, Changes(
        tuple(overdue), tuple(settled), tuple(ended), tuple(moving), tuple(awaited), new_period, new_card
    )


def _way(known: Invoice | OpenCase) -> tuple[bool, datetime | None]:
    return known.in_flight, known.pending_until


def _case(invoice: Invoice) -> OpenCase:
    return OpenCase(invoice.id, amount=invoice.due, in_flight=invoice.in_flight, pending_until=invoice.pending_until)


def _told(case: OpenCase, moving: Sequence[Invoice]) -> OpenCase:
    """A case after it hears of the money on its way for its invoice."""
    news = next((invoice for invoice in moving if invoice.id == case.invoice), None)
    return replace(case, in_flight=news.in_flight, pending_until=news.pending_until) if news else case


def lined_up(subscription: Subscription) -> Subscription:
    """Each case behind the oldest one that is being collected, so that a customer with many debts hears one voice.

    Nobody waits behind a dispute, which may take months, nor behind a debt that blocks nobody.
    """
    cases: list[OpenCase] = []
    for case in subscription.cases:
        behind = any(not (older.disputed or older.tolerated) for older in cases)
        cases.append(case if case.behind is behind else replace(case, behind=behind))
    return replace(subscription, cases=tuple(cases))


def succeeded(subscription: Subscription, stage: Stage) -> Subscription:
    """What an ended case had taken from the customer stays taken while another overdue debt is left that is not tolerated."""
    cut = {Stage.DEGRADED: Stage.DEGRADED, Stage.SUSPENDED: Stage.SUSPENDED, Stage.DELETION_WARNED: Stage.SUSPENDED}
    heir = next((case for case in subscription.cases if case.behind and not case.tolerated), None)
    if stage not in cut or heir is None:
        return subscription
    cases = tuple(replace(case, stage=cut[stage]) if case is heir else case for case in subscription.cases)
    return replace(subscription, cases=cases)


def case_reported(subscription: Subscription, news: CaseNews) -> Subscription:
    """The subscription after its dunning case reported. News of a case that is not open here changes nothing."""
    known = next((case for case in subscription.cases if case.invoice == news.invoice), None)
    if known is None:
        return subscription
    others = tuple(case for case in subscription.cases if case is not known)
    if news.stage is Stage.CLOSED:
        kept = (*subscription.closed, news.invoice)[-REMEMBERED:]
        paid = (*subscription.settled, *([news.invoice] if news.settled else []))[-REMEMBERED:]
        left = succeeded(replace(subscription, cases=others, closed=kept, settled=paid), known.stage)
        return stood(lined_up(left))
    case = replace(
        known,
        # It has not heard yet that it comes first now, and with what: what was taken away stays so meanwhile.
        stage=known.stage if news.behind and not known.behind else news.stage,
        suspends_at=news.suspends_at,
        next_step=news.next_step,
        next_step_at=news.next_step_at,
        disputed=news.disputed,
        tolerated=news.tolerated,
    )
    kept_in_line = tuple(case if each is known else each for each in subscription.cases)
    return stood(lined_up(replace(subscription, cases=kept_in_line)))


class Act(StrEnum):
    """What a subscription's process does next."""

    WAIT = "wait"
    NOTIFY = "notify"
    ASK = "ask"
    END = "end"


@dataclass(frozen=True, slots=True)
class Next:
    """The next act and its instant; `notice` when it is one."""

    act: Act
    at: datetime | None = None
    notice: NoticeKind | None = None

    @property
    def words(self) -> str:
        """As an operator reads it."""
        match self.act:
            case Act.NOTIFY:
                return f"{self.notice} notice"
            case Act.ASK:
                return "ask the provider about the next invoice"
            case Act.END:
                return ""
            case _:
                return "the signup to be finished"


def next_act(subscription: Subscription, calendar: Calendar) -> Next:
    """The earliest of: the notice before the trial's or the period's end, and asking about an invoice nobody told us of."""
    if subscription.over:
        return Next(Act.END)
    if subscription.ask_at is None or subscription.period_end is None:
        return Next(Act.WAIT)
    ask = Next(Act.ASK, subscription.ask_at)
    due = subscription.reminders.due(subscription.period_end, calendar)
    # A period whose notices are not known to be sent or not (`noticed` without a count) gets none rather than a second one.
    over = subscription.noticed != "" and not 0 < subscription.reminded < len(due)
    if subscription.cancel_at_period_end or over:
        return ask
    kind = {Status.TRIALING: NoticeKind.TRIAL_ENDING, Status.ACTIVE: NoticeKind.RENEWAL}.get(subscription.status)
    if kind is None:
        return ask
    at = due[subscription.reminded] if subscription.reminded < len(due) else None
    return Next(Act.NOTIFY, at, kind) if at is not None and at <= subscription.ask_at else ask


def reminded(subscription: Subscription, kind: NoticeKind, now: datetime, calendar: Calendar) -> Subscription:
    """The subscription after its notice was asked for. Those that were due as well are behind us with it: nobody gets two at once."""
    end = subscription.period_end
    behind = sum(at <= now for at in subscription.reminders.due(end, calendar)) if end else 1
    return replace(subscription, noticed=kind, reminded=max(behind, subscription.reminded + 1))


# A renewal makes a dozen events; these are the ones after which a look can show something new.
WORTH_A_LOOK = (
    "customer.subscription.",
    "customer.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "checkout.session.",
    # A voucher or a transfer begins or is called off; what comes of it is told of the invoice.
    "payment_intent.requires_action",
    "payment_intent.processing",
    "payment_intent.canceled",
)


@dataclass(frozen=True, slots=True)
class ProviderNews:
    """Word that something changed at the provider. It says "look", never what to believe."""

    event: str
    type: str
    object: str = ""

    @property
    def worth_a_look(self) -> bool:
        """Whether the subscription's process need be told at all."""
        return self.type.startswith(WORTH_A_LOOK)

    @property
    def refund(self) -> bool:
        """Whether `object` is a refund. Refunds have a process each: money is also given back to subscriptions that are over."""
        return self.type.startswith("refund.")
