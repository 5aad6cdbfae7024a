"""How the business does: every figure with what it counts and its course, and one figure day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from activities.reviewing import made
from api.access import needs
from api.console import places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Ctx
from api.kpis import as_it_stands
from api.problems import Problem
from models.access.permissions import Permission
from models.kpis.definitions import DEFINITIONS, Definition, Kpi, Unit
from models.kpis.figures import Figure, shown
from models.kpis.review import last_week, lines
from models.kpis.snapshots import missing
from models.kpis.trend import trend

router = APIRouter(prefix=f"{places.HOME}/reports", route_class=ConsoleRoute, include_in_schema=False)
_READ = [needs(Permission.READ)]
DAYS = 30
ACTIONS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure as the page draws it: now, and its course (SVG) where there are days to draw."""

    figure: Figure
    definition: Definition
    text: str
    of: str
    course: Markup | None


@router.get("", dependencies=_READ)
async def reports(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """All figures as they stand, each with its definition."""
    today = visitor.calendar.local(visitor.now).date()
    past = await context.store.figures_of(visitor.tenant.id, today - timedelta(days=DAYS), today)
    found = [_shown(each, past, visitor) for each in await as_it_stands(context, visitor.tenant, visitor.now)]
    title = visitor.say("Reportes", "Reports")
    return framed(visitor, "console/reports.html", title=title, found=found, days=DAYS, kept=bool(past))


@router.get("/week", dependencies=_READ)
async def week(context: Ctx, visitor: Visiting, week: Annotated[str, Query(max_length=10)] = "") -> HTMLResponse:
    """The review of a week: as it was sent, or of the week that has ended last (left out: that one) as it is known now.

    404 for any other: nobody knows any more how it stood when it ended.
    """
    tenant, last = visitor.tenant, last_week(visitor.now, visitor.tenant.zone)
    kept = await context.store.review(tenant.id, week or last.name)
    if kept is None and week not in ("", last.name):
        raise Problem(404, f"no review of week '{week}' was kept", kind="missing")
    review = kept or await made(context.store, tenant, last, visitor.now, context.settings.day_seconds)
    return framed(
        visitor,
        "console/week.html",
        title=visitor.say("Revisión de la semana", "Review of the week"),
        review=review,
        lines=lines(review),
        figures=[(DEFINITIONS[Kpi(kpi)], text) for kpi, text in review.figures],
        sent=kept is not None,
        weeks=await context.store.reviewed_weeks(tenant.id),
        decisions=await context.store.decisions(tenant.id, open_only=True, limit=ACTIONS),
    )


@router.get("/{kpi}", dependencies=_READ)
async def report(
    kpi: Annotated[str, Path()],
    context: Ctx,
    visitor: Visiting,
    days: Annotated[int, Query(ge=7, le=366)] = 90,
) -> HTMLResponse:
    """One figure, day by day, with the days of which nobody knows."""
    if kpi not in set(Kpi):
        raise Problem(404, f"there is no figure '{kpi}'", kind="missing")
    which = Kpi(kpi)
    today = visitor.calendar.local(visitor.now).date()
    since = today - timedelta(days=days)
    past = await context.store.figures_of(visitor.tenant.id, since, today, of=[which])
    taken = await context.store.snapshots(visitor.tenant.id, since, today)
    currencies = sorted({each.currency for each in past})
    definition = DEFINITIONS[which]
    name = definition.name.in_(visitor.language)
    courses = [
        (currency, Markup(trend(mine, f"{name} {currency}".strip(), width=860, height=220, named=True).svg()))
        for currency in currencies
        if len(mine := [each for each in past if each.currency == currency]) > 1
    ]
    rows = [(each, shown(each), _of(each, visitor)) for each in reversed(past)]
    return framed(
        visitor,
        "console/report.html",
        title=name,
        definition=definition,
        courses=courses,
        rows=rows,
        missing=missing(each.day for each in taken),
        days=days,
    )


def _shown(figure: Figure, past: Sequence[Figure], visitor: Visitor) -> Shown:
    definition = DEFINITIONS[figure.kpi]
    mine = [each for each in past if (each.kpi, each.currency) == (figure.kpi, figure.currency)]
    told = visitor.say("últimos días", "last days")
    title = f"{definition.name.in_(visitor.language)}, {told}"
    drawn = Markup(trend(mine, title).svg()) if sum(each.value is not None for each in mine) > 1 else None
    return Shown(figure, definition, shown(figure), _of(figure, visitor), drawn)


def _of(figure: Figure, visitor: Visitor) -> str:
    """How many of how many, as far as that is said beside the value."""
    definition = DEFINITIONS[figure.kpi]
    if definition.unit is Unit.SHARE and figure.currency:
        return ""
    if definition.unit is Unit.SHARE:
        return visitor.say(
            f"{figure.numerator:,} de {figure.denominator:,}", f"{figure.numerator:,} of {figure.denominator:,}"
        )
    return visitor.say(f"de {figure.denominator:,}", f"of {figure.denominator:,}")
