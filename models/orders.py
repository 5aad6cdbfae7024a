"""Why an order is refused: each function answers in words, or with an empty text when the order may be carried out.

Whether it may is decided on the state as it stands; the processes ask before they accept an order, and once more when
its turn comes.
"""

from datetime import datetime
from itertools import pairwise

from models.cases import Case, HoldKind, Stage
from models.change_records import When
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
from models.subscriptions import Status, Subscription

WITHHELD = "this card's bank or network allows no more attempts for now: ask for another card, or a payment by link or transfer"
MOST_PARTS, LONGEST_PLAN = 12, 366  # instalments of a payment plan, and how many calendar days ahead the last may be
LONGEST = 60  # calendar days that support may give at a time


def unsigned(order: Command) -> str:
    """Every order needs who and why."""
    for field in ("actor", "reason"):
        if not getattr(order, field).strip():
            return f"{field}: say who and why, it goes into the audit"
    return ""


def _days(order: Days) -> str:
    return "" if 0 < order.days <= LONGEST else f"days: give a number above 0 and up to {LONGEST}"


# --- a dunning case


def case_over(case: Case) -> str:
    return f"this case is over ({case.outcome}): nothing is left to change" if case.outcome else ""


BILLED = "this is a bill: its customer pays it by the link, and no card is charged for it"


def cannot_retry(case: Case, _: Command) -> str:
    return BILLED if case.once else ""


def cannot_extend(case: Case, order: Days) -> str:
    if case.stage is not Stage.GRACE:
        return case_over(case) or "service is already suspended: use restore_now"
    return _days(order)


def cannot_skip(case: Case, order: SkipToStep) -> str:
    last = len(case.policy.steps)
    if case.position < order.step <= last:
        return ""
    return f"step: the next step is {case.position + 1} and the last {last}; give one of those"


def cannot_promise(case: Case, order: Promise, now: datetime) -> str:
    mercy = case.policy.mercy
    if order.until is None or order.until <= now:
        return "until: give the day by which they will pay, in the future"
    if case.calendar.days_between(now, order.until) > mercy.longest:
        return f"until: at most {mercy.longest} days ahead by policy {case.policy.name}"
    if not 0 <= order.centavos <= case.amount.centavos:
        return f"centavos: at most what is owed, {case.amount.centavos}"
    if case.promises >= mercy.promises:
        return f"{case.promises} promises were made already; policy {case.policy.name} takes no more"
    if case.hold is not None and case.hold.kind not in (HoldKind.PAUSE, HoldKind.PROMISE):
        return f"dunning is already paused ({case.hold.kind}): resume it first"
    return ""


def cannot_agree(case: Case, order: AgreeInstalments, now: datetime) -> str:
    parts = order.parts
    if case.once:
        return "this is a bill: void it and bill the parts, or take a promise to pay"
    if not 2 <= len(parts) <= MOST_PARTS:
        return f"parts: give 2 to {MOST_PARTS} of them"
    if any(part.centavos <= 0 for part in parts):
        return "centavos: every part is above 0"
    owed, together = case.amount.centavos, sum(part.centavos for part in parts)
    if together != owed:
        return f"centavos: the parts come to {together} and {owed} is owed"
    if parts[0].on <= now or any(after.on <= before.on for before, after in pairwise(parts)):
        return "due: give each part its day, the first in the future and each later than the one before"
    if case.calendar.days_between(now, parts[-1].on) > LONGEST_PLAN:
        return f"due: the last part at most {LONGEST_PLAN} days ahead"
    if case.hold is not None and case.hold.kind is HoldKind.PENDING:
        return "a voucher or a transfer is on its way: wait for it, or until it has run out"
    return ""


def cannot_adopt(case: Case, order: AdoptPolicy) -> str:
    if order.policy is None:
        return "policy: say which one"
    same = (order.policy.name, order.policy.version) == (case.policy.name, case.policy.version)
    return "the case runs by this policy already" if same else ""


def cannot_pause_dunning(case: Case, order: Pause) -> str:
    if order.days and (why := _days(Days(order.actor, order.reason, order.days))):
        return why
    return f"dunning is already paused ({case.hold.kind})" if case.hold else ""


def cannot_resume_dunning(case: Case, _: Command) -> str:
    return "" if case.hold else "dunning is not paused"


def cannot_record_payment(_: Case, order: ExternalPayment) -> str:
    return wrong_payment(order)


def wrong_payment(order: ExternalPayment) -> str:
    """What is wrong with a payment that somebody says came past the provider."""
    if order.method not in ("spei", "cash"):
        return "method: use spei or cash"
    return "" if order.reference.strip() else "reference: give the bank's tracking key or the receipt number"


# --- a subscription


def subscription_closed(state: Subscription) -> str:
    if state.over:
        return "the subscription is canceled: sign the customer up again"
    return "" if state.provider_id else "the signup is not finished yet"


def cannot_cancel(state: Subscription, order: Cancel) -> str:
    return "the subscription already ends with its period" if order.at_period_end and state.cancel_at_period_end else ""


def cannot_pause(state: Subscription, _: Command) -> str:
    if state.collection_paused:
        return "the subscription is already paused"
    return "an invoice is unpaid: pause its dunning, or settle it first" if state.cases else ""


def cannot_resume(state: Subscription, _: Command) -> str:
    if state.provider_status == "paused":
        return "" if state.payment_method else "its trial ended without a card: it goes on once there is one"
    return "" if state.collection_paused else "the subscription is not paused"


def cannot_extend_trial(state: Subscription, order: Days, now: datetime) -> str:
    if state.status is not Status.TRIALING or state.trial_end is None:
        return f"it is in no trial (status: {state.status})"
    if state.trial_end <= now:
        return "its trial has ended: the first charge is on its way"
    return _days(order)


def cannot_keep(state: Subscription, _: Command) -> str:
    return (
        ""
        if state.cancel_at_period_end
        else "no cancellation waits for the period's end: there is nothing to take back"
    )


def cannot_change_plan(state: Subscription, order: ChangePlan, plan: str) -> str:
    if order.asked_at is None or not order.provider_price or not order.change:
        return "confirmation: look at the preview of the change and confirm that"
    if plan != order.before:
        return f"the subscription is on plan {plan} by now: look at the preview again"
    if state.change is not None:
        return f"a change to plan {state.change.record.plan_after} waits for the period's end: undo it first"
    if state.cancel_at_period_end:
        return "the subscription ends with its period: take the cancellation back first"
    if state.collection_paused or state.status is Status.PAUSED:
        return "the subscription is paused: resume it first"
    if order.when is When.NOW and state.cases:
        return "an invoice is unpaid: pay it first, then change the plan"
    return ""


def cannot_undo_change(state: Subscription, _: Command) -> str:
    return "" if state.change is not None else "no change of plan waits for the period's end"


def cannot_stay(state: Subscription, order: TakeOffer) -> str:
    if order.offer is None:
        return "offer: there is none"
    if state.cancel_at_period_end:
        return "the subscription ends with its period: take the cancellation back first"
    return cannot_pause(state, order)


def cannot_suspend(state: Subscription, _: Command) -> str:
    return "the service is already suspended" if state.status is Status.SUSPENDED else ""


def cannot_restore(state: Subscription, order: Days) -> str:
    if state.status is not Status.SUSPENDED:
        return f"the service is not suspended (status: {state.status})"
    return _days(order)
