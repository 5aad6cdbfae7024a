"""Why an order is refused: each function answers with the reason, or with NONE (falsy) when the order may be carried out.

Whether it may is decided on the state as it stands; the processes ask before they accept an order, and once more when
its turn comes.
"""

from datetime import datetime
from itertools import pairwise

from models.changing.change_records import When
from models.collecting.cases import Case, HoldKind, Stage
from models.messages import (
    AdoptPolicy,
    AgreeInstalments,
    Cancel,
    ChangePlan,
    Command,
    Days,
    ExternalPayment,
    Pause,
    Promise,
    SkipToStep,
    TakeOffer,
)
from models.money import Money
from models.refusals import NONE, OrderWhy, Refusal
from models.subscribing.subscriptions import Status, Subscription

WITHHELD = OrderWhy.WITHHELD()
MOST_PARTS, LONGEST_PLAN = 12, 366  # instalments of a payment plan, and how many calendar days ahead the last may be
LONGEST = 60  # calendar days that support may give at a time


def unsigned(order: Command) -> Refusal:
    """Every order needs who and why."""
    for field in ("actor", "reason"):
        if not getattr(order, field).strip():
            return OrderWhy.UNSIGNED(field=field)
    return NONE


def _days(order: Days) -> Refusal:
    return NONE if 0 < order.days <= LONGEST else OrderWhy.DAYS(most=LONGEST)


# --- a dunning case


def case_over(case: Case) -> Refusal:
    return OrderWhy.CASE_OVER(outcome=case.outcome) if case.outcome else NONE


def cannot_retry(case: Case, _: Command) -> Refusal:
    return OrderWhy.BILLED() if case.once else NONE


def cannot_extend(case: Case, order: Days) -> Refusal:
    if case.stage is not Stage.GRACE:
        return case_over(case) or OrderWhy.SERVICE_SUSPENDED()
    return _days(order)


def cannot_skip(case: Case, order: SkipToStep) -> Refusal:
    last = len(case.policy.steps)
    if case.position < order.step <= last:
        return NONE
    return OrderWhy.STEP(next=case.position + 1, last=last)


def cannot_promise(case: Case, order: Promise, now: datetime) -> Refusal:
    mercy = case.policy.mercy
    if order.until is None or order.until <= now:
        return OrderWhy.PROMISE_DAY()
    if case.calendar.days_between(now, order.until) > mercy.longest:
        return OrderWhy.PROMISE_LATE(days=mercy.longest, policy=case.policy.name)
    if not 0 <= order.centavos <= case.amount.centavos:
        return OrderWhy.PROMISE_AMOUNT(owed=case.amount, centavos=case.amount.centavos)
    if case.promises >= mercy.promises:
        return OrderWhy.PROMISES_SPENT(made=case.promises, policy=case.policy.name)
    if case.hold is not None and case.hold.kind not in (HoldKind.PAUSE, HoldKind.PROMISE):
        return OrderWhy.HELD(hold=case.hold.kind)
    return NONE


def cannot_agree(case: Case, order: AgreeInstalments, now: datetime) -> Refusal:
    parts = order.parts
    if case.once:
        return OrderWhy.BILL_NO_PARTS()
    if not 2 <= len(parts) <= MOST_PARTS:
        return OrderWhy.PARTS(most=MOST_PARTS)
    if any(part.centavos <= 0 for part in parts):
        return OrderWhy.PART_AMOUNT()
    owed, together = case.amount.centavos, sum(part.centavos for part in parts)
    if together != owed:
        return OrderWhy.PARTS_SUM(
            told=Money(together, case.amount.currency), due=case.amount, together=together, owed=owed
        )
    if parts[0].on <= now or any(after.on <= before.on for before, after in pairwise(parts)):
        return OrderWhy.PARTS_DAYS()
    if case.calendar.days_between(now, parts[-1].on) > LONGEST_PLAN:
        return OrderWhy.PARTS_LATE(days=LONGEST_PLAN)
    if case.hold is not None and case.hold.kind is HoldKind.PENDING:
        return OrderWhy.PAYMENT_COMING()
    return NONE


def cannot_adopt(case: Case, order: AdoptPolicy) -> Refusal:
    if order.policy is None:
        return OrderWhy.NO_POLICY()
    same = (order.policy.name, order.policy.version) == (case.policy.name, case.policy.version)
    return OrderWhy.SAME_POLICY() if same else NONE


def cannot_pause_dunning(case: Case, order: Pause) -> Refusal:
    if order.days and (why := _days(Days(order.actor, order.reason, order.days))):
        return why
    return OrderWhy.PAUSED(hold=case.hold.kind) if case.hold else NONE


def cannot_resume_dunning(case: Case, _: Command) -> Refusal:
    return NONE if case.hold else OrderWhy.NOT_PAUSED()


def cannot_record_payment(_: Case, order: ExternalPayment) -> Refusal:
    return wrong_payment(order)


def wrong_payment(order: ExternalPayment) -> Refusal:
    """What is wrong with a payment that somebody says came past the provider."""
    if order.method not in ("spei", "cash"):
        return OrderWhy.METHOD()
    return NONE if order.reference.strip() else OrderWhy.REFERENCE()


# --- a subscription


def subscription_closed(state: Subscription) -> Refusal:
    if state.over:
        return OrderWhy.CANCELED()
    return NONE if state.provider_id else OrderWhy.OPENING()


def cannot_cancel(state: Subscription, order: Cancel) -> Refusal:
    return OrderWhy.ENDING() if order.at_period_end and state.cancel_at_period_end else NONE


def cannot_pause(state: Subscription, _: Command) -> Refusal:
    if state.collection_paused:
        return OrderWhy.ALREADY_PAUSED()
    return OrderWhy.UNPAID() if state.cases else NONE


def cannot_resume(state: Subscription, _: Command) -> Refusal:
    if state.provider_status == "paused":
        return NONE if state.payment_method else OrderWhy.NO_CARD()
    return NONE if state.collection_paused else OrderWhy.RUNNING()


def cannot_extend_trial(state: Subscription, order: Days, now: datetime) -> Refusal:
    if state.status is not Status.TRIALING or state.trial_end is None:
        return OrderWhy.NO_TRIAL(status=state.status)
    if state.trial_end <= now:
        return OrderWhy.TRIAL_ENDED()
    return _days(order)


def cannot_keep(state: Subscription, _: Command) -> Refusal:
    return NONE if state.cancel_at_period_end else OrderWhy.NO_CANCELLATION()


def cannot_change_plan(state: Subscription, order: ChangePlan, plan: str) -> Refusal:
    if order.asked_at is None or not order.provider_price or not order.change:
        return OrderWhy.UNCONFIRMED()
    if plan != order.before:
        return OrderWhy.OTHER_PLAN(plan=plan)
    if state.change is not None:
        return OrderWhy.CHANGE_WAITS(plan=state.change.record.plan_after)
    if state.cancel_at_period_end:
        return OrderWhy.ENDS()
    if state.collection_paused or state.status is Status.PAUSED:
        return OrderWhy.PAUSED_PLAN()
    if order.when is When.NOW and state.cases:
        return OrderWhy.PAY_FIRST()
    return NONE


def cannot_undo_change(state: Subscription, _: Command) -> Refusal:
    return NONE if state.change is not None else OrderWhy.NO_CHANGE()


def cannot_stay(state: Subscription, order: TakeOffer) -> Refusal:
    if order.offer is None:
        return OrderWhy.NO_OFFER()
    if state.cancel_at_period_end:
        return OrderWhy.ENDS()
    return cannot_pause(state, order)


def cannot_suspend(state: Subscription, _: Command) -> Refusal:
    return OrderWhy.ALREADY_SUSPENDED() if state.status is Status.SUSPENDED else NONE


def cannot_restore(state: Subscription, order: Days) -> Refusal:
    if state.status is not Status.SUSPENDED:
        return OrderWhy.NOT_SUSPENDED(status=state.status)
    return _days(order)
