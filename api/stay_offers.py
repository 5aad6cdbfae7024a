"""What a business offers to whoever wants less or wants to leave, and how many of those who took less have stayed."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import needs
from api.analytics import span
from api.deps import Caller, Ctx
from api.plan_change_views import StayOfferView
from api.problems import answers
from api.views import Body, View
from models.access.permissions import Permission
from models.changing.change_records import retention
from models.changing.stay_offers import Cause, OfferKind, StayOffer, checked

router = APIRouter(prefix="/v1", tags=["plan changes"])
WITHIN = 30  # calendar days: the runbook's D+30


class OfferWish(Body):
    """An offer. Leave out what does not belong to its kind."""

    kind: OfferKind
    percent: int = Field(default=0, examples=[30])
    months: int = Field(default=0, examples=[3])
    days: int = Field(default=0, description="of a pause")


class OffersView(View):
    """What is offered now."""

    downgrade: StayOfferView | None
    cancellation: StayOfferView | None


class RetentionView(View):
    """Downgrades retained: of those that took effect from `from` to `to` and are 30 days old, how many customers were still there."""

    downgrades: int
    stayed: int
    share: float | None
    """Of 1; null: none is 30 days old yet."""
    waiting: int
    """Those whose 30 days are not over."""
    offers: int
    """Offers to stay that were taken instead of a downgrade or a cancellation."""


@router.get("/stay-offers", summary="Offers to stay", dependencies=[needs(Permission.READ)], responses=answers(503))
async def offers(context: Ctx, tenant: Caller) -> OffersView:
    """Shown in the preview of a downgrade, and of a cancellation, to those who pay by the month and owe nothing, once a year."""
    found = await context.store.stay_offers(tenant.id)
    told = {cause.value: StayOfferView.of(found[cause]) if cause in found else None for cause in Cause}
    return OffersView(**told)


@router.put(
    "/stay-offers/{cause}",
    summary="Offer this to stay",
    dependencies=[needs(Permission.CATALOG)],
    responses=answers(422, 503),
)
async def put_offer(cause: Cause, wish: OfferWish, context: Ctx, tenant: Caller) -> StayOfferView:
    """In the place of the offer for that cause. Whoever has taken an earlier one keeps it."""
    offer = checked(StayOffer(wish.kind, percent=wish.percent, months=wish.months, days=wish.days))
    await context.store.save_stay_offer(tenant.id, cause, offer)
    return StayOfferView.of(offer)


@router.delete(
    "/stay-offers/{cause}",
    summary="Offer nothing",
    dependencies=[needs(Permission.CATALOG)],
    responses=answers(422, 503),
)
async def delete_offer(cause: Cause, context: Ctx, tenant: Caller) -> OffersView:
    """From now on; whoever has taken an offer keeps it. What is offered still is the answer."""
    await context.store.save_stay_offer(tenant.id, cause, None)
    return await offers(context, tenant)


@router.get(
    "/analytics/downgrades",
    summary="Downgrades retained",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def downgrades(
    context: Ctx,
    tenant: Caller,
    since: Annotated[date | None, Query(alias="from", description="first day; left out: 90 days ago")] = None,
    until: Annotated[date | None, Query(alias="to", description="last day; left out: today")] = None,
) -> RetentionView:
    """Days are the tenant's. Whoever left within 30 days of a downgrade has not been retained."""
    first, after = span(tenant, since, until)
    followed = await context.store.followed(tenant.id, first, after)
    found = retention(followed, datetime.now(UTC), context.calendar(tenant).days(WITHIN))
    return RetentionView(
        downgrades=found.downgrades,
        stayed=found.stayed,
        share=found.share,
        waiting=found.waiting,
        offers=found.offers,
    )
