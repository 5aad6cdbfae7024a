"""What trials come to: from the first day to a card to a payment."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import needs
from api.analytics import IntervalView, span
from api.deps import Caller, Ctx
from api.problems import answers
from api.views import View
from models.access.permissions import Permission
from models.analytics.funnel import DENOMINATORS, By, Funnel, Group, funnel

router = APIRouter(prefix="/v1/analytics", tags=["analytics"])


class FunnelGroupView(View):
    """The funnel of some trials."""

    key: str = Field(examples=["2026-W47"])
    trials: int
    running: int
    """Still in the trial, or its first charge is being collected: in no denominator."""
    decided: int
    """The denominator of `carded` and `paid`."""
    carded: int
    paid: int
    card_rate: IntervalView
    paid_rate: IntervalView
    paid_of_carded: IntervalView

    @classmethod
    def of(cls, group: Group) -> "FunnelGroupView":
        return cls(
            key=group.key,
            trials=group.trials,
            running=group.running,
            decided=group.decided,
            carded=group.carded,
            paid=group.paid,
            card_rate=IntervalView.of(group.card_rate),
            paid_rate=IntervalView.of(group.paid_rate),
            paid_of_carded=IntervalView.of(group.paid_of_carded),
        )


class FunnelView(View):
    """Trials that began from `since` until before `until`."""

    since: datetime
    until: datetime
    by: By
    total: FunnelGroupView
    groups: list[FunnelGroupView]
    denominators: list[str]

    @classmethod
    def of(cls, found: Funnel) -> "FunnelView":
        return cls(
            since=found.since,
            until=found.until,
            by=found.by,
            total=FunnelGroupView.of(found.total),
            groups=[FunnelGroupView.of(each) for each in found.groups],
            denominators=list(DENOMINATORS),
        )


@router.get(
    "/trials",
    summary="From trial to card to payment",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def trials(
    context: Ctx,
    tenant: Caller,
    since: Annotated[date | None, Query(alias="from", description="first day; left out: 90 days ago")] = None,
    until: Annotated[date | None, Query(alias="to", description="last day; left out: today")] = None,
    by: By = By.COHORT,
) -> FunnelView:
    """Trials that began in the time, by week, plan, or whether they began with a card; days are the tenant's."""
    first, after = span(tenant, since, until)
    found = await context.store.trials(tenant.id, first, after)
    return FunnelView.of(funnel(found, since=first, until=after, by=by, calendar=context.calendar(tenant)))
