"""Changing plans and leaving over the API: shown first, then confirmed."""

from fastapi import APIRouter
from pydantic import Field

from api import plan_changes
from api.access import needs
from api.confirmations import Confirmed, leaving_shown, plan_shown
from api.deps import ID, Caller, Ctx, Mine, Orderer
from api.orders import ANSWERS, AnswerView, Order
from api.plan_change_views import ChangeRecordView, LeavingPreviewView, PlanPreviewView
from api.problems import answers
from api.views import Body, View
from models.access.permissions import Permission
from models.changing.change_records import When

router = APIRouter(prefix="/v1/subscriptions/{subscription}", tags=["plan changes"])


class PlanWish(Body):
    """Which plan, and when."""

    plan: str = Field(pattern=ID, description="its code, of `GET /v1/plans`", examples=["max"])
    when: When | None = Field(
        default=None, description="left out: more at once, less when the period ends that is paid"
    )


class ConfirmationOrder(Order):
    """What was shown, confirmed."""

    confirmation: str = Field(min_length=1, max_length=2000, description="of the preview, good for 15 minutes")


class ConfirmedView(AnswerView):
    """Where the subscription stands after it."""

    change: str = Field(examples=["pc_5b1f0c7f2a914a5e8d11"])
    """Its id, at `GET …/plan-changes`."""

    @classmethod
    def confirmed(cls, done: Confirmed) -> "ConfirmedView":
        return cls(**AnswerView.of(done.answer).model_dump(), change=done.id)


class PlanChanges(View):
    """The changes that were confirmed, newest first."""

    data: list[ChangeRecordView]


@router.post(
    "/plan-changes/preview",
    summary="What changing the plan would do",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 409, 422, 502, 503),
)
async def preview(wish: PlanWish, found: Mine, context: Ctx, tenant: Caller) -> PlanPreviewView:
    """Nothing is changed. The provider reckons the proration; `confirmation` carries out what is shown here, to the centavo."""
    return plan_shown(await plan_changes.previewed(context, tenant, found, wish.plan, wish.when))


@router.post(
    "/plan-changes",
    status_code=201,
    summary="Change the plan as shown",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS | answers(502),
)
async def change(order: ConfirmationOrder, found: Mine, context: Ctx, tenant: Caller, by: Orderer) -> ConfirmedView:
    """Once, however often it is confirmed. Where something else would happen by now: 409 `changed` with the new `preview`."""
    actor, reason = by.sign(order.actor, order.reason)
    done = await plan_changes.carried_out(context, tenant, found, order.confirmation, actor=actor, reason=reason)
    return ConfirmedView.confirmed(done)


@router.get(
    "/plan-changes",
    summary="Changes and cancellations that were confirmed",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 503),
)
async def confirmed(found: Mine, context: Ctx, tenant: Caller) -> PlanChanges:
    """Who confirmed what, which message told the customer, when it arrived, and what came of it. Newest first."""
    records = await context.store.plan_changes(tenant.id, found.record.id)
    return PlanChanges(data=[ChangeRecordView.of(each) for each in records])


@router.post(
    "/plan-changes/stay",
    status_code=201,
    summary="Take the offer to stay instead",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS | answers(502),
)
async def stay(order: ConfirmationOrder, found: Mine, context: Ctx, tenant: Caller, by: Orderer) -> ConfirmedView:
    """The `offer` of a preview, of a change or of a cancellation, with the preview's confirmation."""
    actor, reason = by.sign(order.actor, order.reason)
    done = await plan_changes.stayed(context, tenant, found, order.confirmation, actor=actor, reason=reason)
    return ConfirmedView.confirmed(done)


@router.post(
    "/cancellation/preview",
    summary="What cancelling would do",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 409, 503),
)
async def preview_cancellation(found: Mine, context: Ctx, tenant: Caller) -> LeavingPreviewView:
    """Nothing is changed."""
    return leaving_shown(await plan_changes.leaving_previewed(context, tenant, found))


@router.post(
    "/cancellation",
    status_code=201,
    summary="Cancel with the period, as shown",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS | answers(502),
)
async def cancel(order: ConfirmationOrder, found: Mine, context: Ctx, tenant: Caller, by: Orderer) -> ConfirmedView:
    """Until then it can be taken back (`overrides/keep_subscription`)."""
    actor, reason = by.sign(order.actor, order.reason)
    done = await plan_changes.left(context, tenant, found, order.confirmation, actor=actor, reason=reason)
    return ConfirmedView.confirmed(done)
