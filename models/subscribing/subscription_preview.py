"""What an order would do to a subscription: what it changes, before and after. Pure, and nothing is done.

Where the provider has a say, it is shown as doing what is asked of it; what would be refused says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.collecting import orders
from models.commands import SubscriptionCommand
from models.messages import Cancel, Command, Days
from models.periods import Calendar
from models.refusals import NONE, Refusal
from models.subscribing import subscriptions, trials
from models.subscribing.subscriptions import Status, Subscription


class Facet(StrEnum):
    """What of a subscription may change. STATUS is a `Status`, NEXT_PLAN a plan's code; the others are instants (UTC)."""

    STATUS = "status"
    TRIAL_END = "trial_end"
    CHARGED = "charged"  # the next charge
    ENDS = "ends"  # the end of the subscription, where it is known
    NEXT_PLAN = "next_plan"


Shown = Status | datetime | str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be otherwise; None: there is none."""

    facet: Facet
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class SubscriptionPreview:
    """`refusal`: why the order would be refused; then nothing would change."""

    changes: tuple[Change, ...] = ()
    refusal: Refusal = NONE


def preview(
    state: Subscription, command: SubscriptionCommand, order: Command, now: datetime, calendar: Calendar
) -> SubscriptionPreview:
    """What an order would change if it were given now (UTC)."""
    refusal = orders.subscription_closed(state) or refused(state, command, order, now)
    if refusal:
        return SubscriptionPreview(refusal=refusal)
    before, after = facets(state, now), facets(_AFTER[command](state, order, now, calendar), now)
    return SubscriptionPreview(
        tuple(Change(facet, before[facet], after[facet]) for facet in Facet if before[facet] != after[facet])
    )


def refused(state: Subscription, command: SubscriptionCommand, order: Command, now: datetime) -> Refusal:
    """Why it may not be given as things stand; NONE where it may."""
    return _REFUSALS[command](state, order, now)


def facets(state: Subscription, now: datetime) -> Mapping[Facet, Shown]:
    """Where it stands. A charge comes with the end of what is paid, unless the subscription ends or is paused then."""
    ends = now if state.over else state.period_end if state.cancel_at_period_end else None
    paused = state.status is Status.PAUSED or state.collection_paused
    change = state.change
    return {
        Facet.STATUS: state.status,
        Facet.TRIAL_END: state.trial_end if state.status is Status.TRIALING else None,
        Facet.CHARGED: None if ends or paused or not state.payment_method else state.period_end,
        Facet.ENDS: ends,
        Facet.NEXT_PLAN: change.record.plan_after if change else None,
    }


def _canceled(state: Subscription, order: Cancel, _: datetime, __: Calendar) -> Subscription:
    if order.at_period_end:
        return replace(state, cancel_at_period_end=True, change=None)
    return subscriptions.stood(replace(state, provider_status="canceled", change=None))


def _longer_trial(state: Subscription, order: Days, _: datetime, calendar: Calendar) -> Subscription:
    until = trials.extended_until(state, order.days, calendar)
    return trials.announced_anew(replace(state, trial_end=until, period_end=until))


def _resumed(state: Subscription) -> Subscription:
    provider = "active" if state.provider_status == "paused" else state.provider_status
    return subscriptions.stood(replace(state, collection_paused=False, provider_status=provider))


_AFTER: Mapping[SubscriptionCommand, Callable[[Subscription, Any, datetime, Calendar], Subscription]] = {
    SubscriptionCommand.CANCEL: _canceled,
    SubscriptionCommand.PAUSE: lambda state, *_: subscriptions.stood(replace(state, collection_paused=True)),
    SubscriptionCommand.RESUME: lambda state, *_: _resumed(state),
    SubscriptionCommand.SUSPEND: lambda state, *_: subscriptions.suspended(state),
    SubscriptionCommand.RESTORE: lambda state, *_: subscriptions.restored(state),
    SubscriptionCommand.EXTEND_TRIAL: _longer_trial,
    SubscriptionCommand.KEEP: lambda state, *_: replace(state, cancel_at_period_end=False),
    SubscriptionCommand.UNDO_PLAN_CHANGE: lambda state, *_: replace(state, change=None),
}
_REFUSALS: Mapping[SubscriptionCommand, Callable[[Subscription, Any, datetime], Refusal]] = {
    SubscriptionCommand.CANCEL: lambda state, order, _: orders.cannot_cancel(state, order),
    SubscriptionCommand.PAUSE: lambda state, order, _: orders.cannot_pause(state, order),
    SubscriptionCommand.RESUME: lambda state, order, _: orders.cannot_resume(state, order),
    SubscriptionCommand.SUSPEND: lambda state, order, _: orders.cannot_suspend(state, order),
    SubscriptionCommand.RESTORE: lambda state, order, _: orders.cannot_restore(state, order),
    SubscriptionCommand.EXTEND_TRIAL: orders.cannot_extend_trial,
    SubscriptionCommand.KEEP: lambda state, order, _: orders.cannot_keep(state, order),
    SubscriptionCommand.UNDO_PLAN_CHANGE: lambda state, order, _: orders.cannot_undo_change(state, order),
}
