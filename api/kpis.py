"""The figures of the business, each with what it counts: as they stand now, and as they stood on each day."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from activities.measuring import gathered
from api.access import needs
from api.deps import Caller, Context, Ctx
from api.problems import FieldError, answers, invalid
from api.views import View, WordsView
from models.access.permissions import Permission
from models.kpis.definitions import DEFINITIONS, Definition, Kpi, Unit
from models.kpis.figures import Figure, figures, shown
from models.kpis.snapshots import late, missing
from models.records import Tenant

router = APIRouter(prefix="/v1/kpis", tags=["analytics"])

LONGEST = 366 * 3  # days that may be asked for at once


class DefinitionView(View):
    """What a figure counts."""

    name: WordsView
    numerator: WordsView
    denominator: WordsView
    window: WordsView

    @classmethod
    def of(cls, definition: Definition) -> "DefinitionView":
        return cls(
            name=WordsView.of(definition.name),
            numerator=WordsView.of(definition.numerator),
            denominator=WordsView.of(definition.denominator),
            window=WordsView.of(definition.window),
        )


class FigureView(View):
    """One figure of one day."""

    kpi: Kpi
    day: date
    unit: Unit
    value: float | None
    """A share of 1, seconds, or centavos; null where there is nothing it could be of."""
    text: str = Field(examples=["8.3 %"])
    numerator: int
    denominator: int
    currency: str = Field(examples=["MXN"])
    """Empty where it is no money's."""
    since: date | None
    """The first day it counts, where the books do not reach back as far as its window."""

    @classmethod
    def of(cls, figure: Figure) -> "FigureView":
        value = figure.value
        return cls(
            kpi=figure.kpi,
            day=figure.day,
            unit=DEFINITIONS[figure.kpi].unit,
            value=None if value is None else float(value),
            text=shown(figure),
            numerator=figure.numerator,
            denominator=figure.denominator,
            currency=figure.currency,
            since=figure.since,
        )


class Kpis(View):
    """The figures as they stand, and what each of them counts."""

    day: date
    data: list[FigureView]
    definitions: dict[Kpi, DefinitionView]


class DayView(View):
    """The snapshot of a day."""

    day: date
    taken_at: datetime
    subscriptions: int
    late: bool
    """Taken more than six hours after the day's end, so that it tells of the day after it, too."""


class History(View):
    """Figures by day, oldest first, as they stood when each day had ended."""

    data: list[FigureView]
    snapshots: list[DayView]
    missing: list[date]
    """Days without a snapshot: nobody can take them any more."""


async def as_it_stands(context: Context, tenant: Tenant, now: datetime) -> tuple[Figure, ...]:
    """Every figure of today (UTC instant, the tenant's day)."""
    calendar = context.calendar(tenant)
    day = calendar.local(now).date()
    facts = await gathered(context.store, tenant.id, day=day, now=now, calendar=calendar)
    return figures(facts, day=day, now=now, calendar=calendar)


@router.get(
    "", summary="The figures of the business", dependencies=[needs(Permission.READ)], responses=answers(422, 503)
)
async def kpis(context: Ctx, tenant: Caller) -> Kpis:
    """As they stand now, each with its numerator, its denominator and what both of them count."""
    now = datetime.now(UTC)
    return Kpis(
        day=context.calendar(tenant).local(now).date(),
        data=[FigureView.of(each) for each in await as_it_stands(context, tenant, now)],
        definitions={kpi: DefinitionView.of(definition) for kpi, definition in DEFINITIONS.items()},
    )


@router.get(
    "/history",
    summary="The figures of past days",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def history(
    context: Ctx,
    tenant: Caller,
    kpi: Annotated[Kpi | None, Query(description="left out: all of them")] = None,
    since: Annotated[
        date | None, Query(alias="from", description="first day; left out: 90 days before the last")
    ] = None,
    until: Annotated[date | None, Query(alias="to", description="last day; left out: today")] = None,
) -> History:
    """From the daily snapshots, days being the tenant's. A day on which none was taken is named."""
    last = until or context.calendar(tenant).local(datetime.now(UTC)).date()
    try:
        first = since or last - timedelta(days=90)
    except OverflowError:
        first = last
    if first > last or (last - first).days > LONGEST:
        why = "must not be after to" if first > last else f"at most {LONGEST} days before to"
        raise invalid([FieldError(field="from", message=why)])
    taken = await context.store.snapshots(tenant.id, first, last)
    found = await context.store.figures_of(tenant.id, first, last, of=[kpi] if kpi else [])
    return History(
        data=[FigureView.of(each) for each in found],
        snapshots=[
            DayView(
                day=each.day,
                taken_at=each.taken_at,
                subscriptions=each.subscriptions,
                late=late(each, tenant.zone),
            )
            for each in taken
        ],
        missing=list(missing(each.day for each in taken)),
    )
