"""The log of decisions about customers: what was decided, who answers for it, how it was told and what came of it."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.access import needs
from api.deps import ID, Caller, Ctx, Orderer
from api.orders import Signed
from api.problems import FieldError, answers, invalid
from api.views import View
from models.access.permissions import Permission
from models.records import AuditEntry
from models.watching.decisions import Decision, DecisionKind, decision_id

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])


class DecisionView(View):
    """One entry of the log."""

    id: str = Field(examples=["d_4f1c0a9be2d37c5a8b10"])
    kind: DecisionKind
    subscription: str
    """Empty: it is about no one customer."""
    at: datetime
    what: str = Field(examples=["told that the trial ends, with the plans above it"])
    responsible: str = Field(examples=["u_3kq9fZ0a7xLm"])
    """The id of the person who answers for it; `perdura` where nobody of the business logs in."""
    channel: str = Field(examples=["whatsapp"])
    """How it was told, or is to be told where that is still on its way."""
    evidence: str = Field(examples=["s_8Kq2nR4xYw1Z/20261205T120000/trial_ending"])
    """The key of a message (`GET …/timeline`), or what a person named."""
    outcome: str
    """Empty: not known yet."""
    outcome_at: datetime | None

    @classmethod
    def of(cls, decision: Decision) -> "DecisionView":
        return cls(
            id=decision.id,
            kind=decision.kind,
            subscription=decision.subscription,
            at=decision.at,
            what=decision.what,
            responsible=decision.responsible,
            channel=decision.channel,
            evidence=decision.evidence,
            outcome=decision.outcome,
            outcome_at=decision.outcome_at,
        )


class DecisionNote(Signed):
    """A decision that a person writes down. No personal data: name the customer by the subscription."""

    what: str = Field(min_length=1, max_length=500, pattern=r"\S", examples=["kept at the old price until January"])
    subscription: str | None = Field(default=None, pattern=ID, description="left out: it is about no one customer")
    responsible: str | None = Field(
        default=None, pattern=ID, description="a person's id (u_…); left out: whoever writes it"
    )
    channel: str = Field(default="", max_length=40, examples=["phone"])
    evidence: str = Field(default="", max_length=300, examples=["ticket 8812"])
    outcome: str = Field(default="", max_length=300)


class Outcome(Signed):
    """What came of a decision."""

    outcome: str = Field(min_length=1, max_length=300, pattern=r"\S", examples=["stayed on PRO"])


Id = Annotated[str, Path(pattern=ID, examples=["d_4f1c0a9be2d37c5a8b10"])]


@router.get("", summary="The log of decisions", dependencies=[needs(Permission.READ)], responses=answers(422, 503))
async def decisions(
    context: Ctx,
    tenant: Caller,
    subscription: Annotated[str, Query(pattern=r"^$|^[A-Za-z0-9_-]{1,64}$")] = "",
    open_only: Annotated[bool, Query(alias="open", description="true: only those whose outcome is not known")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[DecisionView]:
    """Newest first."""
    found = await context.store.decisions(tenant.id, subscription=subscription, open_only=open_only, limit=limit)
    return [DecisionView.of(each) for each in found]


@router.post(
    "",
    status_code=201,
    summary="Write a decision down",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 422, 503),
)
async def note(told: DecisionNote, context: Ctx, by: Orderer) -> DecisionView:
    """What people decide about a customer, beside what the engine writes by itself. With an `Idempotency-Key`, once."""
    tenant, now = by.who.tenant.id, datetime.now(UTC)
    actor, _ = by.sign(told.actor, "")
    if told.subscription and await context.store.subscription(tenant, told.subscription) is None:
        raise invalid([FieldError(field="subscription", message="there is no such subscription")])
    if told.responsible and await context.store.user(tenant, told.responsible) is None:
        raise invalid([FieldError(field="responsible", message="there is no such person; GET /v1/users lists them")])
    decision = Decision(
        tenant=tenant,
        id=decision_id(tenant, by.update_id or uuid.uuid4().hex),
        kind=DecisionKind.OTHER,
        at=now,
        what=told.what,
        subscription=told.subscription or "",
        responsible=told.responsible or by.who.id,
        channel=told.channel,
        evidence=told.evidence,
        outcome=told.outcome,
        outcome_at=now if told.outcome else None,
    )
    await context.store.add_decision(decision)
    await context.store.audit(
        AuditEntry(tenant, decision.subscription, decision.id, now, actor, "decision noted", detail=decision.id)
    )
    return DecisionView.of(decision)


@router.post(
    "/{decision}/outcome",
    summary="Say what came of a decision",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 422, 503),
)
async def settle(decision: Id, told: Outcome, context: Ctx, by: Orderer) -> DecisionView:
    """Once: who says so first counts, and later answers tell what was said."""
    tenant, now = by.who.tenant.id, datetime.now(UTC)
    actor, _ = by.sign(told.actor, "")
    found = await context.store.settle_decision(tenant, decision, told.outcome, now)
    key = f"{decision}/outcome"
    await context.store.audit(
        AuditEntry(tenant, found.subscription, key, now, actor, "decision settled", detail=decision)
    )
    return DecisionView.of(found)
