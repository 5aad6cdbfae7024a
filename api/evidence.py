"""Rounds of evidence: made once, kept, and given again as they were."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from activities.evidence import EvidenceMaking, Wish
from activities.failures import Refused
from api.access import needs
from api.deps import By, Caller, Context, Ctx, Orderer
from api.orders import Signed
from api.problems import FieldError, Problem, answers, invalid
from api.views import View
from models.access.permissions import Permission
from models.kpis.evidence import NAME, Round
from models.records import AuditEntry

router = APIRouter(prefix="/v1/evidence", tags=["analytics"])


class RoundView(View):
    """A round of evidence."""

    round: str = Field(examples=["2026-w47"])
    since: date
    until: date
    """The last day, inside."""
    made_at: datetime
    made_by: str
    sha256: str
    size: int
    """Bytes."""

    @classmethod
    def of(cls, round: Round) -> "RoundView":
        return cls(
            round=round.name,
            since=round.since,
            until=round.until,
            made_at=round.made_at,
            made_by=round.made_by,
            sha256=round.sha256,
            size=round.size,
        )


class RoundsView(View):
    """Newest first."""

    data: list[RoundView]


class RoundOrder(Signed):
    """Which round, of which days."""

    round: str = Field(pattern=NAME, description="a name of yours", examples=["2026-w47"])
    since: date | None = Field(default=None, alias="from", description="left out: the day after the last round")
    until: date | None = Field(default=None, alias="to", description="the last day, inside; left out: yesterday")


async def made(context: Context, by: By, wish: RoundOrder) -> Round:
    """Make it, or find it made; the audit keeps who asked. Raises a Problem, 422, that names the field."""
    tenant, now = by.who.tenant, datetime.now(UTC)
    actor, _ = by.sign(wish.actor, "")
    making = EvidenceMaking(context.store, context.settings.keyring, day_seconds=context.settings.day_seconds)
    try:
        round = await making.make(tenant, Wish(wish.round, actor, wish.since, wish.until), now)
    except Refused as refusal:
        if refusal.code not in ("round", "from"):
            raise
        raise invalid([FieldError(field=refusal.code, message=str(refusal))]) from None
    entry = AuditEntry(tenant.id, "", f"evidence/{round.name}", now, actor, "evidence made", detail=round.sha256)
    await context.store.audit(entry)
    return round


def file_of(round: Round, content: bytes) -> Response:
    """The zip, as a browser saves it."""
    return Response(
        content,
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="evidence-{round.tenant}-{round.name}.zip"',
            "ETag": f'"{round.sha256}"',
        },
    )


@router.get("", summary="The rounds that were made", dependencies=[needs(Permission.READ)], responses=answers(503))
async def rounds(context: Ctx, tenant: Caller) -> RoundsView:
    return RoundsView(data=[RoundView.of(each) for each in await context.store.rounds(tenant.id)])


@router.post(
    "",
    status_code=201,
    summary="Make a round",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(422, 503),
)
async def make(wish: RoundOrder, context: Ctx, by: Orderer) -> RoundView:
    """Statuses of the last day, critical cases, figures and decisions, under pseudonyms. Made once: asked for again it is the same."""
    return RoundView.of(await made(context, by, wish))


@router.get(
    "/{round}",
    summary="A round's file",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 503)
    | {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    response_class=Response,
)
async def download(round: Annotated[str, Path(examples=["2026-w47"])], context: Ctx, tenant: Caller) -> Response:
    """A zip with a manifest of the SHA-256 of each file in it."""
    found = await context.store.round(tenant.id, round)
    if found is None:
        raise Problem(404, "there is no such round; GET /v1/evidence lists them", kind="missing")
    return file_of(*found)
