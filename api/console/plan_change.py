"""Another plan for a subscription: what the change would do, to the centavo, and then that very change, with a reason, once."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from activities.ports.register import Subscriber
from api import plan_changes
from api.access import needs
from api.confirmations import Shown
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, written, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx, Mine
from api.plan_change_routes import ConfirmationOrder
from models.access.permissions import Permission
from models.changing.change_records import When
from models.changing.plan_change import PlanChange
from models.changing.plan_change_words import offer_words
from models.selling.plans import Plan

router = APIRouter(
    prefix=f"{places.HOME}/subscriptions/{{subscription}}/plan", route_class=ConsoleRoute, include_in_schema=False
)


@router.get("", dependencies=[needs(Permission.ORDER)])
async def shown(found: Mine, request: Request, context: Ctx, visitor: Visiting) -> HTMLResponse:
    """The plans there are; with one chosen (`?plan=`, `&when=`), what it would do."""
    return await _page(context, visitor, found, dict(request.query_params))


@router.post("", dependencies=[needs(Permission.ORDER)])
async def change(found: Mine, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """As `POST /v1/subscriptions/{subscription}/plan-changes`."""
    return await _given(found, request, context, visitor, stays=False)


@router.post("/stay", dependencies=[needs(Permission.ORDER)])
async def stay(found: Mine, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """As `POST …/plan-changes/stay`: the customer takes the offer instead."""
    return await _given(found, request, context, visitor, stays=True)


async def _given(found: Subscriber, request: Request, context: Context, visitor: Visitor, *, stays: bool) -> Response:
    form = await written(request)
    carry_out = plan_changes.stayed if stays else plan_changes.carried_out
    try:
        order = ConfirmationOrder(confirmation=form.get("confirmation", ""), reason=form.get("reason", ""))
        actor, reason = visitor.by().sign(order.actor, order.reason)
        await carry_out(context, visitor.tenant, found, order.confirmation, actor=actor, reason=reason)
    except FAULTS as error:
        return await _page(context, visitor, found, form, wrong(error, form, visitor.language))
    if stays:
        words = visitor.say("Se queda: la oferta está aplicada.", "They stay: the offer is applied.")
    else:
        words = visitor.say("El cambio de plan quedó ordenado.", "The change of plan is ordered.")
    return done(context, places.subscription(found.record.id), words)


async def _page(
    context: Context, visitor: Visitor, found: Subscriber, form: dict[str, str], wrong_: Wrong = NOTHING
) -> HTMLResponse:
    plans = await plan_changes.choices(context, visitor.tenant, found)
    chosen, when = form.get("plan", ""), form.get("when", "")
    would, fault = await _would(context, visitor, found, chosen, when)
    return framed(
        visitor,
        "console/plan_change.html",
        title=visitor.say("Cambiar de plan", "Change the plan"),
        status=wrong_.status if wrong_.fields else fault.status,
        found=found,
        present=await context.store.plan(visitor.tenant.id, found.record.plan),
        plans=_named(plans),
        chosen=chosen,
        when=when,
        would=would,
        change=would.change if would else None,
        offer=offer_words(would.change.offer) if would and would.change.offer else None,
        fault=next(iter(fault.fields.values()), ""),
        wrong=wrong_,
        reason=form.get("reason", ""),
    )


async def _would(
    context: Context, visitor: Visitor, found: Subscriber, plan: str, when: str
) -> tuple[Shown[PlanChange] | None, Wrong]:
    if not plan:
        return None, NOTHING
    try:
        moment = When(when) if when in set(When) else None
        return await plan_changes.previewed(context, visitor.tenant, found, plan, moment), NOTHING
    except FAULTS as error:
        return None, wrong(error, {}, visitor.language)


def _named(plans: Sequence[Plan]) -> list[tuple[str, str]]:
    return [(plan.code, f"{plan.name} · {plan.price}") for plan in plans]
