"""Trials: the plans above the one that is tried, in words, and when one that was paused for want of a card goes on."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from models.periods import Calendar
from models.records import SubscriptionRecord
from models.selling.plans import Interval, Plan, PlanKind, saving
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status, Subscription

MOST = 3  # options told in one message

_EACH = {
    Language.ES: {Interval.MONTH: "al mes", Interval.YEAR: "al año"},
    Language.EN: {Interval.MONTH: "a month", Interval.YEAR: "a year"},
}


def upgrades(tried: Plan, sold: Iterable[Plan]) -> tuple[Plan, ...]:
    """What may be offered instead, cheapest first: plans of the same interval that cost more, and the same plan by the year."""
    found = [plan for plan in sold if _comparable(plan, tried)]
    above = [plan for plan in found if plan.interval is tried.interval and plan.price > tried.price]
    yearly = [plan for plan in found if plan.family == tried.family and _by_the_year(plan, tried)]
    return tuple((yearly + sorted(above, key=lambda plan: (plan.price, plan.code)))[:MOST])


def options_told(tried: Plan, sold: Iterable[Plan], language: Language) -> str:
    """The upgrades with their prices, as one sentence; there is always one, for a template's variable must not be empty."""
    english = language is Language.EN
    offers = [_offer(plan, tried, language) for plan in upgrades(tried, sold)]
    if not offers:
        return "It is the largest of our plans." if english else "Es el más completo de nuestros planes."
    listed = f"{', '.join(offers[:-1])} {'or' if english else 'o'} {offers[-1]}" if offers[1:] else offers[0]
    return f"You can also choose {listed}." if english else f"También puedes elegir {listed}."


def wakes(subscription: Subscription) -> bool:
    """Whether the trial had ended without a card, and there is one now that was not tried yet."""
    given = subscription.payment_method
    paused = subscription.status is Status.PAUSED and subscription.provider_status == "paused"
    return paused and given not in ("", subscription.woken_by)


def woken(subscription: Subscription) -> Subscription:
    """The same once that card is being charged: it is tried once, whatever its bank says."""
    return replace(subscription, woken_by=subscription.payment_method)


def extended_until(subscription: Subscription, days: float, calendar: Calendar) -> datetime:
    """When a trial ends (UTC, whole seconds, as the provider counts) that is given so many calendar days more."""
    ends = subscription.trial_end or subscription.period_end
    if ends is None:
        raise ValueError("a subscription without a trial has no end of it to move")
    return (ends + calendar.days(days)).replace(microsecond=0)


def longer(before: SubscriptionRecord, after: SubscriptionRecord) -> bool:
    """Whether it is in the same trial, which ends later now."""
    if before.status is not Status.TRIALING or after.status is not Status.TRIALING:
        return False
    return before.trial_end is not None and after.trial_end is not None and after.trial_end > before.trial_end


def announced_anew(subscription: Subscription) -> Subscription:
    """The trial's end has moved: what was told of the old one will be told of the new one."""
    return replace(subscription, noticed="", reminded=0)


def _comparable(plan: Plan, tried: Plan) -> bool:
    same = plan.kind is PlanKind.PLAN and plan.price.currency == tried.price.currency
    return same and not plan.archived and plan.code != tried.code and plan.highest is None


def _by_the_year(plan: Plan, tried: Plan) -> bool:
    return (tried.interval, plan.interval) == (Interval.MONTH, Interval.YEAR)


def _offer(plan: Plan, tried: Plan, language: Language) -> str:
    told = f"{plan.name} ({plan.price} {_EACH[language][plan.interval]}"
    saved = saving(tried.price, plan.price) if plan.family == tried.family else None
    if saved is not None:
        told += f", {saved.percent} % less" if language is Language.EN else f", {saved.percent} % menos"
    return f"{told})"
