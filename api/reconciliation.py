"""The comparison of provider, processes and books: those made, and one more on demand."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import needs
from api.deps import Caller, Ctx
from api.problems import answers
from api.views import Body, View
from models.access.permissions import Permission
from models.messages import ReconciliationStart
from models.watching.reconciliation_run import Run

router = APIRouter(prefix="/v1/reconciliation", tags=["attention"])


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


@router.get("", summary="Comparisons made", dependencies=[needs(Permission.READ)], responses=answers(422, 503))
async def runs(context: Ctx, tenant: Caller, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Runs:
    """Your own and those of the whole house, newest first."""
    mine = [*await context.store.runs(tenant.id, limit=limit), *await context.store.runs("", limit=limit)]
    mine.sort(key=lambda run: run.started, reverse=True)
    return Runs(data=[RunView.of(run) for run in mine[:limit]])


@router.post(
    "",
    summary="Compare now",
    status_code=202,
    dependencies=[needs(Permission.ORDER)],
    responses=answers(422, 503),
)
async def reconcile(context: Ctx, tenant: Caller, wish: RunRequest | None = None) -> RunStarted:
    """Provider, processes and books of this tenant. It repairs what is safe, never charges, and never writes to a customer."""
    start = ReconciliationStart(tenant.id, wish.dry_run if wish else False)
    return RunStarted(process=await context.door.reconcile(start))
