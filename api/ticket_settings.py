"""What a business promises of its tickets, and how well that was kept."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.access import needs
from api.deps import Caller, Ctx, Orderer
from api.problems import FieldError, answers, invalid
from api.ticket_views import FiguresView, SettingsBody, SettingsView
from models.access.permissions import Permission
from models.records import AuditEntry
from models.tickets.figures import figures
from models.tickets.terms import OpenHours, Terms, faults
from models.tickets.ticket import Topic

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_FIELDS = {"normal": "normal_minutes", "high": "high_minutes", "urgent": "urgent_minutes", "raise_after": "raise_hours"}


@router.get("/settings", summary="The terms of tickets", dependencies=[needs(Permission.READ)], responses=answers(503))
async def terms(context: Ctx, tenant: Caller) -> SettingsView:
    """Yours, or the usual ones."""
    return view_of(await context.store.ticket_terms(tenant.id))


@router.put(
    "/settings",
    summary="Set the terms of tickets",
    dependencies=[needs(Permission.POLICIES)],
    responses=answers(422, 503),
)
async def set_terms(order: SettingsBody, context: Ctx, tenant: Caller, by: Orderer) -> SettingsView:
    """For tickets that are opened from now on; those under way keep theirs."""
    wanted = Terms(
        normal=order.normal_minutes * _MINUTE,
        high=order.high_minutes * _MINUTE,
        urgent=order.urgent_minutes * _MINUTE,
        hours=OpenHours(order.opens, order.closes, tuple(sorted(set(order.days)))),
        remind=order.remind,
        raise_after=order.raise_hours * _HOUR,
        close_after=order.close_days * _DAY,
        ends_with_case=order.ends_with_case,
        from_messages=order.from_messages,
    )
    if wrong := faults(wanted):
        raise invalid([FieldError(field=_FIELDS.get(field, field), message=why) for field, why in wrong])
    actor, _ = by.sign("", "")
    now = datetime.now(UTC)
    told = view_of(wanted).model_dump_json()
    entry = AuditEntry(
        tenant.id, "", f"ticket-terms/{now.isoformat()}", now, actor, "terms of tickets set", detail=told, source="api"
    )
    await context.store.audit(entry)
    await context.store.save_ticket_terms(tenant.id, wanted, actor=actor, at=now)
    return view_of(wanted)


@router.get(
    "/figures",
    summary="How soon tickets were answered",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def responses(
    context: Ctx,
    tenant: Caller,
    since: Annotated[AwareDatetime | None, Query(description="opened then or later; left out: 30 days ago")] = None,
    until: Annotated[AwareDatetime | None, Query(description="opened before; left out: now")] = None,
    topic: Annotated[Topic | None, Query(description="only those about it")] = None,
) -> FiguresView:
    """Mean and median time to the first response, what was answered in time and what was missed."""
    end = until or datetime.now(UTC)
    start = since or end - 30 * _DAY
    if start >= end:
        raise invalid([FieldError(field="since", message="give a day before `until`")])
    found = figures(await context.store.first_responses(tenant.id, start, end, topic))
    return FiguresView(
        opened=found.opened,
        answered=found.answered,
        in_time=found.in_time,
        missed=found.missed,
        mean_seconds=found.mean_seconds,
        median_seconds=found.median_seconds,
    )


def view_of(terms: Terms) -> SettingsView:
    """Terms as the API shows them."""
    return SettingsView(
        normal_minutes=terms.normal // _MINUTE,
        high_minutes=terms.high // _MINUTE,
        urgent_minutes=terms.urgent // _MINUTE,
        opens=terms.hours.opens,
        closes=terms.hours.closes,
        days=list(terms.hours.days),
        remind=terms.remind,
        raise_hours=terms.raise_after // _HOUR,
        close_days=terms.close_after // _DAY,
        ends_with_case=terms.ends_with_case,
        from_messages=terms.from_messages,
    )
