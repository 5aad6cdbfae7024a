"""One subscription at the console: where it stands, what it waits for and until when, what was paid and sent; and orders, shown first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from activities.ports.processes import ProcessesUnavailable
from activities.ports.register import Subscriber
from api import plan_changes, subscription_orders
from api.access import needs
from api.case_previews import NOBODY
from api.console import case_words, places
from api.console.coming import coming
from api.console.frame import done, framed
from api.console.offers import Offer
from api.console.route import ConsoleRoute
from api.console.subscription_offers import offered, said
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.problems import Problem
from models.access.permissions import Permission
from models.billing.bills import is_bill
from models.commands import SubscriptionCommand
from models.records import AccountKind
from models.selling.plans import Plan
from models.subscribing.subscription_preview import Facet, SubscriptionPreview, facets, preview
from models.subscribing.subscriptions import Status, Subscription
from models.words import Words

router = APIRouter(prefix=f"{places.HOME}/subscriptions", route_class=ConsoleRoute, include_in_schema=False)
LONGEST, MOST = 500, 60  # characters of a field; lines of a story
_FACETS = {
    Facet.STATUS: Words("Estado", "State"),
    Facet.TRIAL_END: Words("La prueba termina", "The trial ends"),
    Facet.CHARGED: Words("Próximo cobro", "Next charge"),
    Facet.ENDS: Words("La suscripción termina", "The subscription ends"),
    Facet.NEXT_PLAN: Words("Plan desde el próximo periodo", "Plan from the next period"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A subscription, and as its process remembers it; None where that cannot be asked now."""

    subscriber: Subscriber
    state: Subscription | None


@router.get("/{subscription}", dependencies=[needs(Permission.READ)])
async def one(subscription: str, context: Ctx, visitor: Visiting) -> Response:
    """All that is known of it. What names an account may name a bill, which has its own page."""
    if is_bill(subscription):
        return RedirectResponse(places.bill(subscription), 303)
    found = await _found(context, visitor, subscription)
    store, tenant, record = context.store, visitor.tenant.id, found.subscriber.record
    story = list(await store.audit_trail(tenant, record.id))[::-1]
    ui = context.settings.temporal_ui_url.rstrip("/")
    return framed(
        visitor,
        "console/subscription.html",
        title=found.subscriber.customer.name or found.subscriber.customer.reference,
        found=found,
        record=record,
        plan=await store.plan(tenant, record.plan),
        cases=list(await store.cases(tenant, record.id))[::-1],
        payments=list(await store.payments(tenant, record.id))[::-1][:MOST],
        documents=list(await store.documents_of_subscription(tenant, record.id))[:MOST],
        notices=list(await store.notices(tenant, record.id))[::-1][:MOST],
        story=story[:MOST],
        offers=[offer for offer in _offers(found, visitor) if visitor.may(offer.permission)],
        plans=await _plans(context, visitor, found),
        coming=await coming(context, visitor, [record]),
        temporal=f"{ui}/{context.door.page_of_subscription(tenant, record.id)}" if ui else "",
        words=case_words,
        **_facets(found, visitor),
    )


@router.get("/{subscription}/{order}", dependencies=[needs(Permission.ORDER)])
async def shown(subscription: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What it would do."""
    found = await _found(context, visitor, subscription)
    form = {name: value[:LONGEST] for name, value in request.query_params.items()}
    return _page(visitor, found, _offer(found, visitor, order), form, "", status=200)


@router.post("/{subscription}/{order}", dependencies=[needs(Permission.ORDER)])
async def given(subscription: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Carried out as the API would, and back to the page; or shown again with what is wrong."""
    found = await _found(context, visitor, subscription)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    offer = _offer(found, visitor, order)
    reason = form.get("reason", "").strip()[:LONGEST]
    body, faults = offer.read(form, visitor.calendar, reason=reason)
    if body is None or faults:
        return _page(visitor, found, offer, form, reason, status=422)
    assert isinstance(offer.command, SubscriptionCommand)
    by = visitor.by()
    order_ = said(body, by.sign("", body.reason))
    await subscription_orders.give(context, by, found.subscriber, offer.command, order_)
    name = offer.name.in_(visitor.language)
    return done(context, places.subscription(subscription), visitor.say(f"Hecho: {name}", f"Done: {name}"))


async def _found(context: Context, visitor: Visitor, subscription: str) -> Found:
    subscriber = await context.store.subscriber(visitor.tenant.id, subscription)
    if subscriber is None or subscriber.record.kind is not AccountKind.SUBSCRIPTION:
        raise Problem(404, f"there is no subscription '{subscription}'", kind="missing")
    try:
        state = await context.door.subscription_state(visitor.tenant.id, subscription)
    except ProcessesUnavailable:
        state = None
    return Found(subscriber, state)


async def _plans(context: Context, visitor: Visitor, found: Found) -> Sequence[Plan]:
    """Those it may be changed to; what stands in the way of a change is told on its own page."""
    if found.state is None or found.state.over or not visitor.may(Permission.ORDER):
        return []
    return await plan_changes.choices(context, visitor.tenant, found.subscriber)


def _offers(found: Found, visitor: Visitor) -> list[Offer]:
    if found.state is None:
        return []
    return offered(found.state, visitor.now, instalments=found.subscriber.record.instalments > 0)


def _offer(found: Found, visitor: Visitor, order: str) -> Offer:
    for offer in _offers(found, visitor):
        if offer.path == order:
            return offer
    raise Problem(404, f"the order '{order}' cannot be given to this subscription as it stands", kind="missing")


def _page(visitor: Visitor, found: Found, offer: Offer, form: dict[str, str], reason: str, *, status: int) -> Response:
    given = {**form} if any(box.name in form for box in offer.boxes) else {}
    body, faults = offer.read(given, visitor.calendar, reason=reason or NOBODY[1])
    if status == 422 and not reason:
        faults = {**faults, "reason": Words("Di por qué: queda en la auditoría", "Say why: it goes into the audit")}
    would: SubscriptionPreview | None = None
    if body is not None and found.state is not None and isinstance(offer.command, SubscriptionCommand):
        order = said(body, NOBODY)
        would = preview(found.state, offer.command, order, visitor.now, visitor.calendar)
    return framed(
        visitor,
        "console/subscription_order.html",
        title=offer.name.in_(visitor.language),
        status=status,
        found=found,
        offer=offer,
        written=offer.filled(given),
        faults=faults,
        reason=reason,
        would=would,
        choices_of=lambda box: [(value, words.in_(visitor.language)) for value, words in box.choices],
        **_facets(found, visitor),
    )


def _facets(found: Found, visitor: Visitor) -> dict[str, Any]:
    known = facets(found.state, visitor.now) if found.state is not None else {}
    names = {facet: words.in_(visitor.language) for facet, words in _FACETS.items()}
    return {
        "facets": [(names[facet], value) for facet, value in known.items() if value and facet is not Facet.STATUS],
        "facet_names": names,
        "is_state": lambda value: isinstance(value, Status),
        "is_text": lambda value: isinstance(value, str) and not isinstance(value, Status),
    }
