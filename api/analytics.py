"""What collecting came to, as figures; and what a policy would change for the cases that run."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access import needs
from api.deps import Caller, Ctx
from api.problems import FieldError, answers, invalid
from api.views import Body, MoneyView, View
from models.access.permissions import Permission
from models.analytics.intervals import Interval
from models.analytics.recovery import DENOMINATORS, By, Group, Report, report
from models.analytics.recovery_export import GROUPS, FileFormat, group_rows, streamed, whole
from models.policies.policy import Policy
from models.policies.policy_move import Change, Place, moving
from models.policies.policy_page import PolicyInvalid, parse
from models.policies.presets import preset, presets
from models.policies.running_policies import RunningPolicies
from models.records import Tenant

router = APIRouter(prefix="/v1", tags=["analytics"])

LONGEST = 366 * 3  # days a report may span


class IntervalView(View):
    """An estimate and its 95 % interval. `sure` is false where there are too few cases to say more than the estimate."""

    value: float = Field(examples=[0.612])
    low: float = Field(examples=[0.57])
    high: float = Field(examples=[0.653])
    sure: bool

    @classmethod
    def of(cls, found: Interval) -> "IntervalView":
        return cls(value=found.value, low=found.low, high=found.high, sure=found.sure)


class GroupView(View):
    """The figures of some cases in one currency."""

    key: str = Field(examples=["soft"])
    currency: str = Field(examples=["MXN"])
    cases: int
    running: int
    """Not decided yet: in no denominator."""
    voided: int
    """Not owed any more, or replaced by a payment plan's invoices: in no denominator."""
    decided: int
    """The denominator: paid, given up, written off, canceled."""
    recovered: int
    rate: IntervalView
    decided_centavos: int
    recovered_centavos: int
    amount_rate: float
    days_p50: float | None
    days_p90: float | None

    @classmethod
    def of(cls, group: Group) -> "GroupView":
        return cls(
            key=group.key,
            currency=group.currency,
            cases=group.cases,
            running=group.running,
            voided=group.voided,
            decided=group.decided,
            recovered=group.recovered,
            rate=IntervalView.of(group.rate),
            decided_centavos=group.decided_centavos,
            recovered_centavos=group.recovered_centavos,
            amount_rate=group.amount_rate,
            days_p50=group.days_p50,
            days_p90=group.days_p90,
        )


class RecoveryView(View):
    """Recovery of the cases opened from `since` until before `until`."""

    since: datetime
    until: datetime
    by: By
    total: list[GroupView]
    """One for each currency."""
    groups: list[GroupView]
    customers: int
    """Subscriptions that had service in the time."""
    churned: int
    """Subscriptions whose case ended unpaid."""
    churn: IntervalView
    denominators: list[str]

    @classmethod
    def of(cls, found: Report) -> "RecoveryView":
        return cls(
            since=found.since,
            until=found.until,
            by=found.by,
            total=[GroupView.of(each) for each in found.total],
            groups=[GroupView.of(each) for each in found.groups],
            customers=found.customers,
            churned=found.churned,
            churn=IntervalView.of(found.churn),
            denominators=list(DENOMINATORS),
        )


class Format(StrEnum):
    """How figures are told."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


_FILE = {"schema": {"type": "string", "format": "binary"}}
_FILES: dict[str, Any] = {
    FileFormat.CSV.media_type: {"schema": {"type": "string"}},
    FileFormat.PARQUET.media_type: _FILE,
}


class PreviewRequest(Body):
    """A policy: a version that the tenant has written, a preset, or a page that is nobody's yet."""

    policy: str = Field(default="", max_length=64, examples=["standard-21d"])
    version: int = Field(default=0, ge=0, le=10**9, description="0: the preset of that name")
    page: list[str] = Field(default=[], max_length=500, description="the page's lines of YAML, instead of a name")
    plan: str = Field(default="", max_length=64, description="only cases of this plan")


class PlaceView(View):
    """Where a case stands in a ladder."""

    policy: str = Field(examples=["ruthless v2"])
    next_step: str = Field(examples=["D+3 suspend"])
    next_step_at: datetime | None
    suspends_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def of(cls, place: Place) -> "PlaceView":
        return cls(
            policy=place.policy,
            next_step=place.next_step,
            next_step_at=place.next_step_at,
            suspends_at=place.suspends_at,
            ends_at=place.ends_at,
        )


class ChangeView(View):
    """What moving one case would change."""

    subscription: str
    customer_reference: str
    invoice: str
    amount: MoneyView
    now: PlaceView
    then: PlaceView
    words: str = Field(examples=["suspended 11.0 days later"])
    refusal: str
    """Why this case cannot be moved; empty when it can."""

    @classmethod
    def of(cls, change: Change) -> "ChangeView":
        return cls(
            subscription=change.subscription,
            customer_reference=change.reference,
            invoice=change.invoice,
            amount=MoneyView.of(change.amount),
            now=PlaceView.of(change.now),
            then=PlaceView.of(change.then),
            words=change.words,
            refusal=change.refusal,
        )


class PreviewView(View):
    """Oldest case first. Nothing was changed."""

    policy: str = Field(examples=["standard-21d v1"])
    data: list[ChangeView]


@router.get(
    "/analytics/recovery",
    summary="What collecting came to",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503) | {200: {"content": _FILES}},
    response_model=RecoveryView,
)
async def recovery(
    context: Ctx,
    tenant: Caller,
    since: Annotated[date | None, Query(alias="from", description="first day; left out: 90 days ago")] = None,
    until: Annotated[date | None, Query(alias="to", description="last day; left out: today")] = None,
    by: By = By.COHORT,
    format: Annotated[Format, Query(description="csv, parquet: the groups as a file")] = Format.JSON,
) -> RecoveryView | Response:
    """Cases opened in the time, by count and by amount, with their denominators; days are the tenant's."""
    first, after = span(tenant, since, until)
    calendar = context.calendar(tenant)
    found = report(
        await context.store.collected(tenant.id, first, after),
        since=first,
        until=after,
        by=by,
        customers=await context.store.customers_with_service(tenant.id, first, after),
        calendar=calendar,
    )
    if format is Format.JSON:
        return RecoveryView.of(found)
    file = FileFormat(format)
    written = whole(GROUPS, group_rows(found), file)
    return Response(written, media_type=file.media_type, headers=_named(f"recovery-by-{by}.{file}"))


@router.get(
    "/analytics/recovery/cases",
    summary="The cases behind the figures, as a file",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503) | {200: {"content": _FILES}},
    response_class=StreamingResponse,
)
async def recovery_cases(
    context: Ctx,
    tenant: Caller,
    since: Annotated[date | None, Query(alias="from", description="first day; left out: 90 days ago")] = None,
    until: Annotated[date | None, Query(alias="to", description="last day; left out: today")] = None,
    format: FileFormat = FileFormat.PARQUET,
) -> StreamingResponse:
    """Cases opened in the time, oldest first: amounts in centavos, instants in UTC, no personal data."""
    pieces = streamed(context.store.collected_pages(tenant.id, *span(tenant, since, until)), format)
    begun = await anext(pieces)  # before the answer begins: books out of reach are a 503, not a file that breaks off
    return StreamingResponse(
        _after(begun, pieces), media_type=format.media_type, headers=_named(f"recovery-cases.{format}")
    )


@router.post(
    "/policies/preview",
    summary="What moving the running cases to a policy would change",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 422, 503),
)
async def preview(wish: PreviewRequest, context: Ctx, tenant: Caller) -> PreviewView:
    """Case by case; nothing is changed. Move a case with the override `move_to_policy`."""
    policy = await _wished(wish, context, tenant)
    calendar, now = context.calendar(tenant), datetime.now(UTC)
    running = RunningPolicies(context.store, tenant.id)
    changes = []
    for number, found in enumerate(await context.store.running_cases(tenant.id, now, wish.plan)):
        if number % 50 == 0:
            await asyncio.sleep(0)  # a long book keeps no other request waiting
        changes.append(moving(found, await running.policy(found.record.policy), policy, calendar, now))
    return PreviewView(policy=f"{policy.name} v{policy.version}", data=[ChangeView.of(each) for each in changes])


async def _wished(wish: PreviewRequest, context: Ctx, tenant: Tenant) -> Policy:
    try:
        if wish.page:
            return parse("\n".join(wish.page))
        if wish.version:
            return parse(await context.store.policy_page(tenant.id, wish.policy, wish.version))
        if wish.policy in presets():
            return preset(wish.policy)
    except PolicyInvalid as told:
        raise invalid([FieldError(field="page", message=str(told))]) from None
    why = f"name a preset ({', '.join(presets())}), a policy of yours with its version, or give a page"
    raise invalid([FieldError(field="policy", message=why)])


async def _after(begun: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield begun
    async for piece in pieces:
        yield piece


def _named(file: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file}"'}


def span(tenant: Tenant, since: date | None, until: date | None) -> tuple[datetime, datetime]:
    """The instants (UTC) at which the first day begins and the last one has ended, on the tenant's clock."""
    zone = ZoneInfo(tenant.zone)
    last = until or datetime.now(zone).date()
    try:
        first = since or last - timedelta(days=90)
        if first > last:
            raise invalid([FieldError(field="from", message="must not be after to")])
        if (last - first).days > LONGEST:
            raise invalid([FieldError(field="from", message=f"at most {LONGEST} days before to")])
        begins = datetime.combine(first, time(), zone).astimezone(UTC)
        return begins, datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError:
        raise invalid([FieldError(field="from", message="write a day of this century, e.g. 2026-01-31")]) from None
