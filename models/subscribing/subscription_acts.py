"""What a subscription's process does next by itself, and when."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.periods import Calendar
from models.speaking.notices import NoticeKind
from models.subscribing.subscriptions import Status, Subscription


class Act(StrEnum):
    """What a subscription's process does next."""

    WAIT = "wait"
    NOTIFY = "notify"
    ASK = "ask"
    END = "end"
    ANNOUNCE = "announce"  # a change of plan, to the customer
    ARRANGE = "arrange"  # it, with the provider


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
            case Act.ANNOUNCE:
                return "plan change summary"
            case Act.ARRANGE:
                return "arrange the plan change"
            case _:
                return "the signup to be finished"


def next_act(subscription: Subscription, calendar: Calendar) -> Next:
    """The earliest of: the notice before the trial's or the period's end, asking about an invoice nobody told us of, and what a change
    of plan waits for.
    """
    if subscription.over:
        return Next(Act.END)
    if subscription.ask_at is None or subscription.period_end is None:
        return Next(Act.WAIT)
    usual, change = (
        _usual(subscription, subscription.ask_at, subscription.period_end, calendar),
        _of_change(subscription),
    )
    return (
        change
        if change is not None and (usual.at is None or (change.at is not None and change.at <= usual.at))
        else usual
    )


def _of_change(subscription: Subscription) -> Next | None:
    change = subscription.change
    if change is None or change.arranged:
        return None
    if change.ready:
        return Next(Act.ARRANGE, change.record.delivered_at or change.record.confirmed_at)
    return Next(Act.ANNOUNCE, change.tell_at or change.record.confirmed_at)


def _usual(subscription: Subscription, ask_at: datetime, period_end: datetime, calendar: Calendar) -> Next:
    ask = Next(Act.ASK, ask_at)
    due = subscription.reminders.due(period_end, calendar)
    # A period whose notices are not known to be sent or not (`noticed` without a count) gets none rather than a second one.
    over = subscription.noticed != "" and not 0 < subscription.reminded < len(due)
    if subscription.cancel_at_period_end or over:
        return ask
    kind = _announced(subscription)
    if kind is None:
        return ask
    at = due[subscription.reminded] if subscription.reminded < len(due) else None
    return Next(Act.NOTIFY, at, kind) if at is not None and at <= ask_at else ask


def _announced(subscription: Subscription) -> NoticeKind | None:
    """What is told before the end of its trial or period."""
    match subscription.status:
        case Status.TRIALING:
            return NoticeKind.TRIAL_ENDING if subscription.payment_method else NoticeKind.TRIAL_WITHOUT_CARD
        case Status.ACTIVE:
            return NoticeKind.RENEWAL
    return None


def reminded(subscription: Subscription, kind: NoticeKind, now: datetime, calendar: Calendar) -> Subscription:
    """The subscription after its notice was asked for. Those that were due as well are behind us with it: nobody gets two at once."""
    end = subscription.period_end
    behind = sum(at <= now for at in subscription.reminders.due(end, calendar)) if end else 1
    return replace(subscription, noticed=kind, reminded=max(behind, subscription.reminded + 1))
