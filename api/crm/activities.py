"""Interactions with a customer: written down by people, beside those that the engine writes by itself."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field

from activities.ports.crm import Mark
from api.access import needs
from api.crm import cursors
from api.crm.customers import fresh
from api.crm.record_views import ActivityView
from api.crm.whole import Living, Named, entry
from api.deps import Ctx, Orderer
from api.problems import FieldError, answers, invalid
from api.views import Body, View
from models.access.permissions import Permission
from models.crm.activities import LONGEST_TEXT, Activity, ActivityKind, Direction

router = APIRouter(prefix="/api/clientes/{customer}/actividades", tags=["crm"])

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # clocks differ, and so do days


class ActivityNote(Body):
    """What was said or done."""

    kind: Literal[ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MEETING, ActivityKind.NOTE] = Field(
        examples=["call"]
    )
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        pattern=r"\S",
        examples=["Pide cambios al presupuesto; llamar el viernes"],
    )
    at: AwareDatetime | None = Field(
        default=None, description="when it happened; left out: now", examples=["2026-11-20T17:30:00Z"]
    )
    direction: Direction = Field(
        default=Direction.OUT, description="who began it: the business (out) or the customer (in)"
    )
    minutes: int = Field(default=0, ge=0, le=1_440, description="how long it took", examples=[30])


class ActivitiesPage(View):
    """Some interactions, newest first."""

    data: list[ActivityView]
    next_cursor: str | None


@router.get("", summary="A customer's history", dependencies=[needs(Permission.READ)], responses=answers(404, 422, 503))
async def activities(
    customer: Named,
    context: Ctx,
    cursor: Annotated[str | None, Query(max_length=300, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ActivitiesPage:
    """Newest first: what people wrote down, and what the engine did."""
    after = cursors.read(cursor, instant=True) if cursor else None
    if after is not None and after.value is None:
        raise invalid([FieldError(field="cursor", message="use the `next_cursor` of the page before, as it is")])
    found = list(await context.store.activities_of(customer.tenant, customer.id, after=after, limit=limit + 1))
    more, found = len(found) > limit, found[:limit]
    return ActivitiesPage(
        data=[ActivityView.of(each) for each in found],
        next_cursor=cursors.written(Mark(found[-1].at, found[-1].id)) if more else None,
    )


@router.post(
    "",
    status_code=201,
    summary="Write an interaction down",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def note(told: ActivityNote, response: Response, customer: Living, context: Ctx, by: Orderer) -> ActivityView:
    """With an `Idempotency-Key` a repeat is the same interaction."""
    now = datetime.now(UTC)
    at = told.at or now
    if not EARLIEST <= at <= now + _AHEAD:
        raise invalid([FieldError(field="at", message="say when it happened: a day that has come; plans are tasks")])
    author, _ = by.sign("", "")
    activity = Activity(
        tenant=customer.tenant,
        id=fresh("ac", by),
        customer=customer.id,
        kind=ActivityKind(told.kind),
        at=at.astimezone(UTC),
        author=author,
        direction=Direction.NONE if told.kind is ActivityKind.NOTE else told.direction,
        minutes=told.minutes,
        text=" ".join(told.text.split()),
    )
    if await context.store.add_activity(activity):
        await context.store.audit(entry(by, activity.id, "interaction noted"))
    response.headers["Location"] = f"/api/clientes/{customer.id}/actividades"
    return ActivityView.of(activity)
