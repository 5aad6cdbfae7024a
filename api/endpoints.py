"""Webhooks that go out: the addresses of the tenant's own systems, what each was sent, and sending it again."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from activities.failures import Failure
from activities.ports.outgoing import Replay
from api.access import needs
from api.deps import ID, Caller, Context, Ctx, Who
from api.endpoint_views import (
    DeliveriesView,
    DeliveryView,
    EndpointChange,
    EndpointView,
    Events,
    EventView,
    NewEndpoint,
    NewEndpointView,
    ReplayOrder,
    SecretRotation,
    Sent,
    TestSent,
)
from api.people import note
from api.problems import FieldError, Problem, answers, invalid
from api.refusals import ApiWhy
from models.access.permissions import Permission
from models.people import FieldInvalid
from models.telling.deliveries import DeliveryState
from models.telling.endpoints import MOST, Disabled, Endpoint, checked_types, checked_url, fresh, rotated

router = APIRouter(prefix="/v1/webhooks", tags=["outgoing webhooks"])
_MANAGE, _LOOK, _ORDER = ([needs(each)] for each in (Permission.WEBHOOKS, Permission.READ, Permission.ORDER))


Id = Annotated[str, Path(description="`id` of the endpoint", examples=["we_6c1f0a9be27d4410"])]


@router.get("/endpoints", summary="Endpoints", dependencies=_MANAGE, responses=answers(503))
async def endpoints(context: Ctx, tenant: Caller) -> list[EndpointView]:
    """Every one, oldest first."""
    return [EndpointView.of(each) for each in await context.store.endpoints(tenant.id)]


@router.post(
    "/endpoints", status_code=201, summary="Add an endpoint", dependencies=_MANAGE, responses=answers(409, 422, 503)
)
async def add(order: NewEndpoint, context: Ctx, who: Who) -> NewEndpointView:
    """It hears of what happens from now on. The answer holds its secret, this once."""
    if len(await context.store.endpoints(who.tenant.id)) >= MOST:
        raise Problem(409, ApiWhy.ENDPOINTS(most=MOST), kind="refused")
    local = context.settings.webhooks_local
    made = fresh(who.tenant.id, order.url, order.events, datetime.now(UTC), local=local, description=order.description)
    await context.store.add_endpoint(made)
    await note(context, who, made.id, "webhook endpoint added")
    return NewEndpointView.telling(made)


@router.patch(
    "/endpoints/{endpoint}", summary="Change an endpoint", dependencies=_MANAGE, responses=answers(404, 422, 503)
)
async def change(endpoint: Id, order: EndpointChange, context: Ctx, who: Who) -> EndpointView:
    """Where it is, what it hears of, whether it is written to. What it missed while disabled is sent by a replay."""
    held, now = await _found(context, who.tenant.id, endpoint), datetime.now(UTC)
    if order.url is not None:
        held = replace(held, url=checked_url(order.url, local=context.settings.webhooks_local))
    if order.events is not None:
        held = replace(held, types=checked_types(order.events))
    if order.description is not None:
        held = replace(held, description=order.description)
    if order.disabled is False:
        held = replace(held, disabled_at=None, disabled_for=None)
    await context.store.save_endpoint(held)
    if order.disabled:
        await context.store.disable_endpoint(who.tenant.id, held.id, Disabled.ORDER, now)
    said = {None: "changed", True: "disabled", False: "enabled"}[order.disabled]
    await note(context, who, held.id, f"webhook endpoint {said}")
    return EndpointView.of(await _found(context, who.tenant.id, endpoint))


@router.post(
    "/endpoints/{endpoint}/rotate",
    status_code=201,
    summary="Replace a secret",
    dependencies=_MANAGE,
    responses=answers(404, 409, 422, 503),
)
async def rotate(endpoint: Id, context: Ctx, who: Who, rotation: SecretRotation | None = None) -> NewEndpointView:
    """Both secrets sign for the overlap, so that the receiver can change without a pause."""
    held, hours = await _found(context, who.tenant.id, endpoint), (rotation or SecretRotation()).overlap_hours
    try:
        other = rotated(held, datetime.now(UTC), timedelta(hours=hours))
    except FieldInvalid as told:
        raise Problem(409, ApiWhy.ROTATED(told=told), kind="refused") from None
    await context.store.save_endpoint(other)
    await note(context, who, held.id, "webhook secret rotated")
    return NewEndpointView.telling(other)


@router.delete(
    "/endpoints/{endpoint}",
    status_code=204,
    summary="Remove an endpoint",
    dependencies=_MANAGE,
    responses=answers(404, 503),
)
async def remove(endpoint: Id, context: Ctx, who: Who) -> None:
    """At once, with the record of what it was sent."""
    held = await _found(context, who.tenant.id, endpoint)
    await context.store.remove_endpoint(who.tenant.id, held.id)
    await note(context, who, held.id, "webhook endpoint removed")


@router.post(
    "/endpoints/{endpoint}/test",
    status_code=202,
    summary="Send a test",
    dependencies=_MANAGE,
    responses=answers(404, 409, 503),
)
async def test(endpoint: Id, context: Ctx, who: Who) -> TestSent:
    """An event `webhook.test`, to this endpoint alone. What came of it is among the deliveries."""
    held = await _active(context, who.tenant.id, endpoint)
    event = await context.store.test_endpoint(who.tenant.id, held.id, datetime.now(UTC))
    await _wake(context, held)
    return TestSent(event=event)


@router.post(
    "/endpoints/{endpoint}/replay",
    status_code=202,
    summary="Send events again",
    dependencies=_ORDER,
    responses=answers(404, 409, 422, 503),
)
async def replay(endpoint: Id, order: ReplayOrder, context: Ctx, who: Who) -> Sent:
    """What the endpoint has not received of what was recorded then, each under the id it always had, at once."""
    if not order.events and order.since is None:
        raise invalid([FieldError(field="since", message="say from when on, or name events")])
    if any(moment is not None and moment.tzinfo is None for moment in (order.since, order.until)):
        raise invalid([FieldError(field="since", message="write the time zone, e.g. 2026-11-21T00:00:00Z")])
    held = await _active(context, who.tenant.id, endpoint)
    wanted = Replay(
        who.tenant.id,
        held.id,
        tuple(order.events),
        order.since,
        order.until,
        order.subscription or "",
        order.delivered,
    )
    count = await context.store.replay_events(wanted, datetime.now(UTC))
    await note(context, who, held.id, f"webhook events sent again: {count}")
    await _wake(context, held)
    return Sent(events=count)


@router.get("/deliveries", summary="What was sent", dependencies=_LOOK, responses=answers(422, 503))
async def deliveries(
    context: Ctx,
    tenant: Caller,
    endpoint: Annotated[str, Query(max_length=64, description="to this endpoint")] = "",
    subscription: Annotated[str, Query(max_length=64, description="of this subscription")] = "",
    state: Annotated[DeliveryState | None, Query(description="in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> DeliveriesView:
    """Each event on its way to each endpoint: attempts, what they were answered, when the next one is due."""
    found = await context.store.event_deliveries(
        tenant.id, endpoint=endpoint, subscription=subscription, state=state, limit=limit
    )
    return DeliveriesView(data=[DeliveryView.of(each) for each in found])


@router.get("/events", summary="What happened", dependencies=_LOOK, responses=answers(422, 503))
async def events(
    context: Ctx,
    tenant: Caller,
    subscription: Annotated[str, Query(max_length=64, description="of this subscription, in its order")] = "",
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="after this `sequence` of the subscription")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Events:
    """Events as they are sent: what a receiver that finds a gap asks for. Every event is here, whether an endpoint heard of it or not."""
    found = await context.store.events(tenant.id, subscription=subscription, after=after, limit=limit)
    return Events(data=[EventView.of(*each) for each in found])


async def _found(context: Context, tenant: str, endpoint: str) -> Endpoint:
    found = await context.store.endpoint(tenant, endpoint) if re.fullmatch(ID, endpoint) else None
    if found is None:
        raise Problem(404, f"there is no endpoint '{endpoint}'", kind="missing")
    return found


async def _active(context: Context, tenant: str, endpoint: str) -> Endpoint:
    held = await _found(context, tenant, endpoint)
    if held.disabled_at is not None:
        raise Problem(409, ApiWhy.ENDPOINT_DISABLED(), kind="refused")
    return held


async def _wake(context: Context, endpoint: Endpoint) -> None:
    """Without Temporal it is sent a little later: whoever looks at what waits finds it."""
    try:
        await context.door.deliver_events(endpoint.tenant, endpoint.id)
    except Failure:
        return
