"""What needs a person's attention."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.access import needs
from api.deps import Caller, Context, Ctx, Who
from api.orders import Signed
from api.problems import answers
from api.views import View
from models.access.permissions import Permission
from models.kpis.alerts import HOUSE
from models.watching.attention import Attention, Rule, Severity

router = APIRouter(prefix="/v1/attention", tags=["attention"])


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


class Acknowledgement(Signed):
    """A person has seen it."""

    note: str = Field(default="", max_length=500, examples=["asked the bank; answer on Monday"])


@router.get("", summary="What needs a person", dependencies=[needs(Permission.READ)], responses=answers(422, 503))
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
    "/{finding}/acknowledge",
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
    """It stays on the list until it is no longer so. Found again after that, it is news again.

    An alert of the installation may be acknowledged by whoever is shown it by `GET /v1/alerts`.
    """
    whose = "" if finding in {each.finding.id for each in await of_house(context, tenant.id)} else tenant.id
    found = await context.store.acknowledge(
        whose, finding, actor=who.signature(order.actor), note=order.note, at=datetime.now(UTC)
    )
    return FindingView.of(found)


async def of_house(context: Context, tenant: str, *, resolved: bool = False) -> Sequence[Attention]:
    """The alerts of the installation, where this tenant is whoever runs it; else none."""
    if tenant == context.settings.house_tenant or await context.store.alone(tenant):
        return await context.store.alerts("", HOUSE, resolved=resolved)
    return ()
