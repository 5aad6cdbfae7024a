"""The console's first page: money in, what is at risk, what needs a person, what comes next. It looks for news by itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import needs
from api.console import places, tickets
from api.console.frame import fragment, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from models.access.permissions import Permission
from models.collecting.cases import Stage
from models.watching.attention import Attention, Severity
from models.watching.overview import AtRisk, ComingAct, Sum

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False, dependencies=[needs(Permission.READ)])
_FIRST = 5  # findings
_NEXT = 8  # acts
_PESOS = "MXN"


@dataclass(frozen=True, slots=True)
class Panel:
    """Something more that stands on the page: a template, which finds what `read` answers as `panel`."""

    template: str
    read: Callable[[Context, Visitor], Awaitable[Any]]


# Tickets and the like hang their panels in here.
PANELS: tuple[Panel, ...] = (Panel("console/today_tickets.html", tickets.waiting),)


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows. Other currencies than pesos are named where there are any."""

    day: Sum
    month: Sum
    risk: AtRisk
    other: tuple[tuple[str, Sum, AtRisk], ...]
    findings: tuple[Attention, ...]
    more: int
    acts: tuple[ComingAct, ...]
    panels: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def grace(self) -> Sum:
        return self.risk.of(Stage.GRACE, Stage.DEGRADED)

    @property
    def suspended(self) -> Sum:
        return self.risk.of(Stage.SUSPENDED, Stage.DELETION_WARNED)


@router.get(places.HOME)
async def today(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """The page."""
    title = visitor.say("Hoy", "Today")
    return framed(visitor, "console/today.html", title=title, board=await _board(context, visitor))


@router.get(f"{places.HOME}/today/board")
async def board(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What of it changes."""
    return fragment(request, visitor, "console/today_board.html", board=await _board(context, visitor))


async def _board(context: Context, visitor: Visitor) -> Board:
    store, tenant = context.store, visitor.tenant.id
    day, month = _bounds(visitor)
    tomorrow = day + timedelta(days=1)
    on_day, in_month = await store.taken_in(tenant, day, tomorrow), await store.taken_in(tenant, month, tomorrow)
    risks = await store.at_risk(tenant)
    found = await store.findings(tenant, limit=200)
    worst = sorted(found, key=_urgency)
    return Board(
        day=on_day.get(_PESOS, Sum()),
        month=in_month.get(_PESOS, Sum()),
        risk=risks.get(_PESOS, AtRisk({})),
        other=tuple(
            (currency, in_month.get(currency, Sum()), risks.get(currency, AtRisk({})))
            for currency in sorted({*in_month, *risks} - {_PESOS})
        ),
        findings=tuple(worst[:_FIRST]),
        more=len(worst[_FIRST:]),
        acts=tuple(await store.coming_acts(tenant, visitor.now, tomorrow, limit=_NEXT)),
        panels=tuple([(panel.template, await panel.read(context, visitor)) for panel in PANELS]),
    )


def _bounds(visitor: Visitor) -> tuple[datetime, datetime]:
    """When this day and this month began on the business's clock (UTC)."""
    day = visitor.calendar.local(visitor.now).replace(hour=0, minute=0, second=0, microsecond=0)
    zone = visitor.now.tzinfo
    return day.astimezone(zone), day.replace(day=1).astimezone(zone)


def _urgency(found: Attention) -> tuple[bool, bool, float]:
    """Urgent things that nobody looks at come first, then the oldest."""
    calm = found.finding.guidance.severity is not Severity.CRITICAL
    return found.acknowledged_at is not None, calm, found.first_seen.timestamp()
