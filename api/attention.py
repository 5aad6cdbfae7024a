"""What needs a person's attention, and the comparison of provider, processes and books."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.access import needs
from api.deps import Caller, Ctx, Who
from api.problems import answers
from api.views import Body, View
from models.attention import Attention, Rule, Severity
from models.messages import ReconciliationStart
from models.permissions import Permission
from models.reconciliation_run import Run

router = APIRouter(prefix="/v1", tags=["attention"])


class FindingView(View):
    """A rule that is broken: what is wrong, since when, and what to do about it."""

    id: str = Field(examples=["at_3f1c0a9be27d4410"])
    rule: Rule
    severity: Severity
    subject: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    """What it is about: a subscription, invoice, charge, document or message."""
    subscription: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    text: str = Field(examples=["past due, and no dunning case is open for it"])
    remedy: str
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None
    """When it was no longer so; null while it is."""
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str

    @classmethod
    def of(cls, attention: Attention) -> "FindingView":
        finding = attention.finding
        return cls(
            id=finding.id,
            rule=finding.rule,
            severity=finding.guidance.severity,
            subject=finding.subject,
            subscription=finding.subscription,
            text=finding.text,
            remedy=finding.guidance.remedy,
            first_seen=attention.first_seen,
            last_seen=attention.last_seen,
            resolved_at=attention.resolved_at,
            acknowledged_at=attention.acknowledged_at,
            acknowledged_by=attention.acknowledged_by,
            note=attention.note,
        )


class Findings(View):
    """Newest first."""

    data: list[FindingView]


class Acknowledgement(Body):
    """A person has seen it."""

    actor: str = Field(default="", max_length=100, pattern=r"^$|\S", examples=["ana@soporte"])
    note: str = Field(default="", max_length=500, examples=["asked the bank; answer on Monday"])


class RunRequest(Body):
    """How to compare."""

    dry_run: bool = Field(default=False, description="only tell what differs; repair nothing")


class RunStarted(View):
    """A comparison has begun; its process tells how far it is."""

    process: str = Field(examples=["reconcile:acme:whole"])


class RunView(View):
    """One comparison. `drift` is what was found to differ: of it `repaired` by itself, and `open` left to a person."""

    id: str
    dry_run: bool
    whole_house: bool
    """Whether it compared all tenants, this one among them. Its numbers are then of all of them, and it is told without notes."""
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    looked_back_to: datetime
    checked: int
    events_fetched: int
    """Events whose webhooks never came."""
    drift: int
    repaired: int
    open: int
    notes: list[str]

    @classmethod
    def of(cls, run: Run) -> "RunView":
        return cls(
            id=run.id,
            dry_run=run.dry_run,
            whole_house=not run.tenant,
            started_at=run.started,
            finished_at=run.finished,
            seconds=run.seconds,
            looked_back_to=run.since,
            checked=run.checked,
            events_fetched=run.fetched,
            drift=run.drift,
            repaired=run.repaired,
            open=run.open,
            notes=run.notes.splitlines() if run.tenant else [],  # another tenant's ids are none of theirs
        )


class Runs(View):
    """Newest first."""

    data: list[RunView]


@router.get(
    "/attention", summary="What needs a person", dependencies=[needs(Permission.READ)], responses=answers(422, 503)
)
async def attention(
    context: Ctx,
    tenant: Caller,
    rule: Annotated[Rule | None, Query(description="only this rule")] = None,
    resolved: Annotated[bool, Query(description="also what is no longer so")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Findings:
    """Invariants that do not hold and differences found by reconciliation. Each goes by itself once it is no longer so."""
    found = await context.store.findings(tenant.id, rule=rule, resolved=resolved, limit=limit)
    return Findings(data=[FindingView.of(each) for each in found])


@router.post(
    "/attention/{finding}/acknowledge",
    summary="Say that somebody is looking at it",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 422, 503),
)
async def acknowledge(
    order: Acknowledgement,
    finding: Annotated[str, Path(pattern=r"^at_[0-9a-f]{16}$")],
    context: Ctx,
    tenant: Caller,
    who: Who,
) -> FindingView:
    """It stays on the list until it is no longer so. Found again after that, it is news again."""
    found = await context.store.acknowledge(
        tenant.id, finding, actor=who.signature(order.actor), note=order.note, at=datetime.now(UTC)
    )
    return FindingView.of(found)


@router.get(
    "/reconciliation", summary="Comparisons made", dependencies=[needs(Permission.READ)], responses=answers(422, 503)
)
async def runs(context: Ctx, tenant: Caller, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Runs:
    """Your own and those of the whole house, newest first."""
    mine = [*await context.store.runs(tenant.id, limit=limit), *await context.store.runs("", limit=limit)]
    mine.sort(key=lambda run: run.started, reverse=True)
    return Runs(data=[RunView.of(run) for run in mine[:limit]])


@router.post(
    "/reconciliation",
    summary="Compare now",
    status_code=202,
    dependencies=[needs(Permission.ORDER)],
    responses=answers(422, 503),
)
async def reconcile(context: Ctx, tenant: Caller, wish: RunRequest | None = None) -> RunStarted:
    """Provider, processes and books of this tenant. It repairs what is safe, never charges, and never writes to a customer."""
    start = ReconciliationStart(tenant.id, wish.dry_run if wish else False)
    return RunStarted(process=await context.door.reconcile(start))
