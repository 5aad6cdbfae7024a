"""Changing plans and leaving, shown before they are done: one computation for the preview and for what is carried out.

A preview has a confirmation, good for some minutes. Whoever confirms gets what was shown, or a refusal with the new preview where that
would no longer happen. Confirmed twice, it is carried out once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from activities.ports.register import Subscriber
from activities.provider_prices import provider_price
from api.confirmations import (
    Confirmed,
    Shown,
    changed,
    confirmable,
    confirmed,
    leaving_shown,
    once,
    ordered,
    plan_shown,
    told_as,
)
from api.deps import Context
from api.plan_change_views import LeavingView, PlanChangeView
from api.problems import FieldError, Problem, invalid
from api.refusals import ApiWhy
from models.changing import plan_course
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, When
from models.changing.confirmation import Confirmation
from models.changing.leaving import Leaving, cannot_leave, leaving
from models.changing.plan_change import PlanChange, computed
from models.changing.plan_course import Standing
from models.changing.stay_offers import Cause, StayOffer
from models.commands import SubscriptionCommand
from models.messages import Answer, Cancel, ChangePlan, Command, TakeOffer
from models.records import Tenant
from models.selling.plans import Interval, Plan
from models.subscribing.subscriptions import Status
from models.subscribing.usage import meters

AGAIN = timedelta(days=365)  # whoever took an offer to stay is made none for so long


async def choices(context: Context, tenant: Tenant, found: Subscriber) -> Sequence[Plan]:
    """The plans that a subscription may be changed to, in the catalogue's order."""
    if found.record.instalments:
        return []
    present = await context.store.plan(tenant.id, found.record.plan)
    return [
        each for each in await context.store.plans(tenant.id) if each.kind is present.kind and each.code != present.code
    ]


async def previewed(
    context: Context, tenant: Tenant, found: Subscriber, plan: str, when: When | None = None
) -> Shown[PlanChange]:
    """What changing to a plan would do now.

    Raises:
        Problem: 409 with what stands in its way. FieldInvalid: `plan` or `when`. Missing: there is no such plan.
    """
    if found.record.instalments:
        raise Problem(409, ApiWhy.IN_INSTALMENTS(), kind="refused")
    now = datetime.now(UTC).replace(microsecond=0)
    change = await _change(context, tenant, found, plan, when, now)
    course = change.course
    return confirmable(context, tenant, change, course.kind, course.when, plan, now)


async def carried_out(
    context: Context, tenant: Tenant, found: Subscriber, token: str, *, actor: str, reason: str
) -> Confirmed:
    """The change that was shown.

    Raises:
        Problem: 422 for a confirmation that is too old or none; 409 `changed` with the new preview where something else would happen now.
        CommandRefused, ProcessNotFound, ProcessesUnavailable.
    """
    told = confirmed(context, tenant, found, token)

    async def carry_out() -> Confirmed:
        change = await _as_shown(context, tenant, found, told)
        order = ChangePlan(
            actor,
            reason,
            change=told.change,
            before=change.before.code,
            plan=change.after.code,
            price=change.after.price,
            provider_price=await provider_price(context.store, context.payments, change.after),
            kind=change.course.kind,
            when=change.course.when,
            asked_at=change.asked_at,
            due=change.charged_now,
            offer=change.offer.code if change.offer else "",
            shown=told_as(PlanChangeView.of(change)),
        )
        return await ordered(context, tenant, found, SubscriptionCommand.CHANGE_PLAN, order, told.change)

    return await once(context, tenant, found, told, carry_out)


async def undone(context: Context, tenant: Tenant, found: Subscriber, *, actor: str, reason: str, key: str) -> Answer:
    """The change that waits for the period's end does not come. `key` names the order. Raises as `carried_out`, but for Problem."""
    order = Command(actor, reason)
    return await context.door.command_subscription(
        tenant.id, found.record.id, SubscriptionCommand.UNDO_PLAN_CHANGE, order, update_id=key
    )


async def leaving_previewed(context: Context, tenant: Tenant, found: Subscriber) -> Shown[Leaving]:
    """What cancelling with the period would do now. Raises Problem (409) where there is nothing to cancel."""
    now = datetime.now(UTC).replace(microsecond=0)
    change = await _leaving(context, tenant, found, now)
    return confirmable(context, tenant, change, ChangeKind.CANCELLATION, When.PERIOD_END, "", now)


async def left(
    context: Context, tenant: Tenant, found: Subscriber, token: str, *, actor: str, reason: str
) -> Confirmed:
    """The cancellation that was shown. Raises as `carried_out`."""
    told = confirmed(context, tenant, found, token)

    async def leave() -> Confirmed:
        change = await _leaving_as_shown(context, tenant, found, told)
        order = Cancel(
            actor,
            reason,
            at_period_end=True,
            change=told.change,
            offer=change.offer.code if change.offer else "",
            shown=told_as(LeavingView.of(change)),
        )
        return await ordered(context, tenant, found, SubscriptionCommand.CANCEL, order, told.change)

    return await once(context, tenant, found, told, leave)


async def kept(context: Context, tenant: Tenant, found: Subscriber, *, actor: str, reason: str, key: str) -> Answer:
    """The cancellation that waits for the period's end is taken back. `key` names the order. Raises as `undone`."""
    order = Command(actor, reason)
    return await context.door.command_subscription(
        tenant.id, found.record.id, SubscriptionCommand.KEEP, order, update_id=key
    )


async def stayed(
    context: Context, tenant: Tenant, found: Subscriber, token: str, *, actor: str, reason: str
) -> Confirmed:
    """The offer that a preview showed, of a change or of a cancellation, in the place of it. Raises as `carried_out`."""
    told = confirmed(context, tenant, found, token)

    async def stay() -> Confirmed:
        change: PlanChange | Leaving
        if told.kind is ChangeKind.CANCELLATION:
            change = await _leaving_as_shown(context, tenant, found, told)
            plan, price, shown = "", change.price, told_as(LeavingView.of(change))
        else:
            change = await _as_shown(context, tenant, found, told)
            plan, price, shown = change.after.code, change.after.price, told_as(PlanChangeView.of(change))
        if change.offer is None:
            raise invalid([FieldError(field="confirmation", message=ApiWhy.NOTHING_OFFERED())])
        order = TakeOffer(
            actor, reason, change=told.change, plan=plan, price=price, kind=told.kind, offer=change.offer, shown=shown
        )
        return await ordered(context, tenant, found, SubscriptionCommand.STAY, order, told.change)

    return await once(context, tenant, found, told, stay, stays=True)


# --- the one computation


async def _change(
    context: Context, tenant: Tenant, found: Subscriber, plan: str, when: When | None, at: datetime
) -> PlanChange:
    standing, records = await _standing(context, tenant, found, at)
    wanted = await context.store.plan(tenant.id, plan)
    course = plan_course.course(standing, wanted, when)
    if why := plan_course.refusal(standing, course):
        raise Problem(409, why, kind="refused")
    price = await provider_price(context.store, context.payments, wanted)
    provider_id = found.record.provider_id
    charged = course.when is When.NOW and not standing.in_trial
    now = await context.payments.preview_change(provider_id, price, at) if charged else None
    renewal = await context.payments.preview_renewal(provider_id, price)
    offer = await _offer(context, tenant, standing, records, Cause.DOWNGRADE, at)
    return computed(standing, wanted, course, asked_at=at, renewal=renewal, now=now, offer=offer)


async def _leaving(context: Context, tenant: Tenant, found: Subscriber, at: datetime) -> Leaving:
    standing, records = await _standing(context, tenant, found, at)
    if why := cannot_leave(standing):
        raise Problem(409, why, kind="refused")
    return leaving(standing, await _offer(context, tenant, standing, records, Cause.CANCELLATION, at))


async def _standing(
    context: Context, tenant: Tenant, found: Subscriber, at: datetime
) -> tuple[Standing, Sequence[ChangeRecord]]:
    record = found.record
    if record.period_start is None or record.period_end is None or not record.provider_id:
        raise Problem(409, ApiWhy.NOT_OPEN(), kind="refused")
    plan = await context.store.plan(tenant.id, record.plan)
    used = await context.store.used(tenant.id, record.id)
    counted = meters(plan, record.period_start, at, context.calendar(tenant))
    records = await context.store.plan_changes(tenant.id, record.id)
    waiting = next((r for r in records if r.state is ChangeState.WAITING and r.plan_after), None)
    standing = Standing(
        subscription=record.id,
        plan=plan,
        price=record.price or plan.price,
        status=record.status,
        period_start=record.period_start,
        period_end=record.period_end,
        used={code: used.get((code, meter.window), 0) for code, meter in counted.items()},
        owed=record.amount_due,
        ending=record.cancel_at_period_end,
        waiting=waiting.plan_after if waiting else "",
    )
    return standing, records


async def _offer(
    context: Context, tenant: Tenant, standing: Standing, records: Sequence[ChangeRecord], cause: Cause, at: datetime
) -> StayOffer | None:
    """What is offered so that the customer stays: to those who pay by the month and owe nothing, once a year."""
    recent = any(r.state is ChangeState.RETAINED and at - r.confirmed_at < AGAIN for r in records)
    monthly = standing.plan.interval is Interval.MONTH and standing.status is Status.ACTIVE
    if recent or not monthly or standing.owed.centavos or standing.ending:
        return None
    return (await context.store.stay_offers(tenant.id)).get(cause)


# --- confirmations


async def _as_shown(context: Context, tenant: Tenant, found: Subscriber, told: Confirmation) -> PlanChange:
    if told.kind is ChangeKind.CANCELLATION:
        raise invalid([FieldError(field="confirmation", message=ApiWhy.OF_CANCELLATION())])
    at = datetime.fromtimestamp(told.at, UTC)
    change = await _change(context, tenant, found, told.plan, told.when, at)
    if change.fingerprint != told.fingerprint:
        raise changed(plan_shown(await previewed(context, tenant, found, told.plan, told.when)))
    return change


async def _leaving_as_shown(context: Context, tenant: Tenant, found: Subscriber, told: Confirmation) -> Leaving:
    if told.kind is not ChangeKind.CANCELLATION:
        raise invalid([FieldError(field="confirmation", message=ApiWhy.OF_PLAN_CHANGE())])
    change = await _leaving(context, tenant, found, datetime.fromtimestamp(told.at, UTC))
    if change.fingerprint != told.fingerprint:
        raise changed(leaving_shown(await leaving_previewed(context, tenant, found)))
    return change
