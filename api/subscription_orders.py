"""Orders that support gives to a running subscription. Each is validated by the process, answered, and kept in the audit."""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import Field

from activities.ports.processes import ProcessNotFound
from activities.ports.register import Subscriber
from api.access import needs
from api.deps import By, Context, Ctx, Mine, Orderer
from api.orders import ANSWERS, AnswerView, Order
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.permissions import Permission
from models.commands import SubscriptionCommand
from models.messages import Cancel, Command, Days
from models.records import AuditEntry, SubscriptionRecord
from models.subscribing.subscriptions import Status

router = APIRouter(prefix="/v1/subscriptions/{subscription}/overrides", tags=["overrides"])


class RestoreOrder(Order):
    """Service for some days, although unpaid."""

    days: float = Field(gt=0, le=60, examples=[3])


class ExtendTrialOrder(Order):
    """More days of trial."""

    days: float = Field(gt=0, le=60, examples=[7])


class CancelOrder(Order):
    """The end of the subscription, now or with the period that is paid."""

    at_period_end: bool = Field(examples=[True])


@router.post("/suspend_now", summary="Cut service now", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def suspend_now(order: Order, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """Whatever is paid or unpaid, until service is restored by support."""
    return await give(context, by, found, SubscriptionCommand.SUSPEND, Command(*by.sign(order.actor, order.reason)))


@router.post(
    "/restore_now", summary="Give service back for some days", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def restore_now(order: RestoreOrder, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """What is unpaid stays unpaid: suspension comes again when the days are over."""
    said = Days(*by.sign(order.actor, order.reason), order.days)
    return await give(context, by, found, SubscriptionCommand.RESTORE, said)


@router.post(
    "/extend_trial",
    summary="Give a trial more days",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def extend_trial(order: ExtendTrialOrder, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """The first charge moves with its end, and so does the message before it."""
    said = Days(*by.sign(order.actor, order.reason), order.days)
    return await give(context, by, found, SubscriptionCommand.EXTEND_TRIAL, said)


@router.post("/cancel", summary="End the subscription", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def cancel(order: CancelOrder, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """Now, or when the period that is paid ends. A signup that never got to its process is withdrawn."""
    said = Cancel(*by.sign(order.actor, order.reason), order.at_period_end)
    try:
        return await give(context, by, found, SubscriptionCommand.CANCEL, said)
    except ProcessNotFound:
        record = found.record
        if record.status is not Status.INCOMPLETE or record.provider_id:
            raise
        return await _withdrawn(context, record, said)


@router.post(
    "/pause_subscription",
    summary="Stop charging for a while",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def pause_subscription(order: Order, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """Neither charges nor service until it is resumed. A year that is paid in instalments is not paused: it was sold whole."""
    if found.record.instalments:
        raise Problem(409, ApiWhy.SOLD_WHOLE(), kind="refused")
    return await give(context, by, found, SubscriptionCommand.PAUSE, Command(*by.sign(order.actor, order.reason)))


@router.post("/resume_subscription", summary="Charge again", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def resume_subscription(order: Order, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """After a pause."""
    return await give(context, by, found, SubscriptionCommand.RESUME, Command(*by.sign(order.actor, order.reason)))


@router.post(
    "/keep_subscription", summary="Take a cancellation back", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def keep_subscription(order: Order, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """One that waits for the end of the period: the subscription goes on."""
    said = Command(*by.sign(order.actor, order.reason))
    return await give(context, by, found, SubscriptionCommand.KEEP, said)


@router.post(
    "/undo_plan_change",
    summary="Stay on the present plan",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def undo_plan_change(order: Order, found: Mine, context: Ctx, by: Orderer) -> AnswerView:
    """A change that waits for the end of the period does not come."""
    said = Command(*by.sign(order.actor, order.reason))
    return await give(context, by, found, SubscriptionCommand.UNDO_PLAN_CHANGE, said)


async def _withdrawn(context: Context, record: SubscriptionRecord, said: Command) -> AnswerView:
    """A signup that was entered, but whose process never began, would hold its e-mail for ever: here it ends."""
    now = datetime.now(UTC)
    await context.store.save_subscription(replace(record, status=Status.CANCELED, updated_at=now))
    await context.store.audit(
        AuditEntry(record.tenant, record.id, f"{record.id}/withdrawn", now, said.actor, "signup withdrawn", said.reason)
    )
    return AnswerView(status=Status.CANCELED, next_action="", next_action_at=None)


async def give(context: Context, by: By, found: Subscriber, command: SubscriptionCommand, said: Command) -> AnswerView:
    """Give a subscription's process the order, and wait for its answer. Raises what the door raises."""
    tenant, subscription = by.who.tenant.id, found.record.id
    return AnswerView.of(
        await context.door.command_subscription(tenant, subscription, command, said, update_id=by.update_id)
    )
