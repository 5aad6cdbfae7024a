"""What a customer may use and has used, for the product that they use."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from pydantic import Field

from activities.failures import Refused
from activities.ports.register import Subscriber
from api.access import needs
from api.billing import found_by
from api.catalog_views import FeatureView
from api.deps import ID, Caller, Context, Ctx
from api.problems import FieldError, Problem, answers, invalid
from api.subscriptions import EntitlementView, entitlement_view
from api.usage_notices import tell_customer
from api.views import Body, View, WordsView
from models.access.permissions import Permission
from models.records import AuditEntry, Tenant
from models.selling.plans import Plan
from models.subscribing.usage import Counted, Level, Meter, Use, crossed, meters

router = APIRouter(tags=["usage"])


class Beyond(StrEnum):
    """What becomes of a use that passes the limit. refuse: it is not counted, and answered with 409. count: it has happened."""

    REFUSE = "refuse"
    COUNT = "count"


class UseReport(Body):
    """So much of something was used, by your id of the customer or by ours of the subscription."""

    key: str = Field(
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="your own, new for each use",
        examples=["invoice-881"],
    )
    meter: str = Field(pattern=ID, description="a limit's code, or a package's service", examples=["documents"])
    quantity: int = Field(
        default=1, ge=-1_000_000_000, le=1_000_000_000, description="below zero: given back", examples=[1]
    )
    customer_reference: str | None = Field(default=None, pattern=ID, examples=["user-1042"])
    subscription: str | None = Field(default=None, pattern=ID)
    beyond: Beyond = Field(default=Beyond.REFUSE, description="what to do where the limit would be passed")


class MeterView(View):
    """How much of something was used, and how much may be."""

    meter: str = Field(examples=["documents"])
    name: WordsView
    used: int
    most: int | None
    """null: unlimited."""
    left: int | None
    level: Level
    """80 or 100 per cent of the limit, once that is reached; else 0."""
    unit: str
    window: str = Field(examples=["2026-11"])
    """The month, or the day on which the package's period began; empty: what is in use."""
    percent_off: int
    """What a package gives on this service, in per cent: 100 is included. 0: a limit."""

    @classmethod
    def of(cls, meter: Meter, used: int) -> "MeterView":
        return cls(
            meter=meter.code,
            name=WordsView.of(meter.name),
            used=used,
            most=meter.most,
            left=meter.left(used),
            level=meter.level(used),
            unit=meter.unit,
            window=meter.window,
            percent_off=meter.percent_off,
        )


class UsageView(MeterView):
    """What became of a use."""

    repeated: bool
    """It was told before and is counted once."""


class EntitlementsView(EntitlementView):
    """What the customer may use now, and what of it is left."""

    plan: str
    features: list[FeatureView]
    meters: list[MeterView]


@router.post(
    "/v1/usage",
    summary="Tell of a use",
    dependencies=[needs(Permission.USAGE)],
    responses=answers(404, 409, 422, 503),
)
async def report(told: UseReport, context: Ctx, tenant: Caller) -> UsageView:
    """Counted once by its `key`, however often it is told. Where it would pass the limit it is refused and not counted, unless
    `beyond` says that it has happened anyway. Ask before you do, or tell afterwards.
    """
    if told.quantity == 0:
        raise invalid([FieldError(field="quantity", message="nothing was used; give 1 or more, or less than 0")])
    found = await found_by(context, tenant, told.customer_reference, told.subscription)
    now = datetime.now(UTC)
    plan = await context.store.plan(tenant.id, found.record.plan)
    known = meters(plan, found.record.period_start, now, context.calendar(tenant))
    meter = known.get(told.meter)
    if meter is None:
        counted = f"it counts {', '.join(known)}" if known else "it counts nothing"
        raise invalid([FieldError(field="meter", message=f"plan '{plan.code}' does not count it; {counted}")])
    use = Use(tenant.id, found.record.id, told.key, meter.code, meter.window, told.quantity, now)
    try:
        answer = await context.store.count_use(use, None if told.beyond is Beyond.COUNT else meter.most, meter)
    except Refused as refusal:
        raise invalid([FieldError(field="key", message=str(refusal))]) from None
    for key in ((tenant.id, found.customer.reference), (tenant.id, "", found.record.id)):
        context.entitlements.forget(key)
    await tell_customer(context, tenant, use, meter, answer)
    if not answer.taken:
        raise _beyond(meter, answer, told.quantity)
    await _warn(context, use, meter, answer)
    return UsageView(**MeterView.of(meter, answer.used).model_dump(), repeated=answer.repeated)


@router.get(
    "/v1/entitlements/{customer}",
    summary="What a customer may use, and what is left",
    dependencies=[needs(Permission.READ)],
    response_model=EntitlementsView,
    responses=answers(404, 422, 503) | {304: {"description": "it still is as `If-None-Match` says"}},
)
async def entitlements(
    customer: Annotated[str, Path(pattern=ID, description="your own id of the customer")],
    context: Ctx,
    tenant: Caller,
    if_none_match: Annotated[str, Header(description="the `ETag` of an earlier answer")] = "",
) -> Response:
    """Access and banner, the plan's features, and every limit and package unit with what was used of it.

    Fast enough to ask before everything: an answer may be up to `PERDURA_ENTITLEMENT_SECONDS` (2) behind, and no older.
    """
    kept = await context.entitlements.get((tenant.id, customer), partial(_read, context, tenant, customer))
    headers = {"ETag": kept.etag, "Cache-Control": "private, no-cache"}
    if if_none_match == kept.etag:
        return Response(status_code=304, headers=headers)
    return Response(kept.body, media_type="application/json", headers=headers)


async def _read(context: Context, tenant: Tenant, customer: str) -> bytes:
    found = await found_by(context, tenant, customer, None)
    plan = await context.store.plan(tenant.id, found.record.plan)
    view = EntitlementsView(
        **entitlement_view(context, tenant, found).model_dump(),
        plan=plan.code,
        features=[FeatureView.of(each) for each in plan.features],
        meters=await _meters(context, tenant, found, plan),
    )
    return view.model_dump_json().encode()


async def _meters(context: Context, tenant: Tenant, found: Subscriber, plan: Plan) -> list[MeterView]:
    if not plan.limits and not plan.benefits:
        return []
    used = await context.store.used(tenant.id, found.record.id)
    known = meters(plan, found.record.period_start, datetime.now(UTC), context.calendar(tenant))
    return [MeterView.of(each, used.get((each.code, each.window), 0)) for each in known.values()]


async def _warn(context: Context, use: Use, meter: Meter, answer: Counted) -> None:
    """A level that was reached stands in the subscription's story, once in a window."""
    level = None if answer.repeated else crossed(meter, answer.used - use.quantity, answer.used)
    if level is not None:
        entry = AuditEntry(
            tenant=use.tenant,
            subscription=use.subscription,
            key=f"usage/{use.subscription}/{meter.code}/{meter.window}/{int(level)}",
            at=use.at,
            actor="perdura",
            action="limit reached" if level is Level.REACHED else "limit near",
            detail=f"{meter.code}: {answer.used} of {meter.most}",
        )
        await context.store.audit(entry)


def _beyond(meter: Meter, answer: Counted, quantity: int) -> Problem:
    if quantity < 0:
        return invalid([FieldError(field="quantity", message=f"more than was used: {answer.used} of '{meter.code}'")])
    why = f"meter: '{meter.code}' allows {meter.most} and {answer.used} are used; nothing was counted"
    more = {"used": answer.used, "most": meter.most, "left": meter.left(answer.used)}
    return Problem(409, why, kind="over_limit", more=more)
