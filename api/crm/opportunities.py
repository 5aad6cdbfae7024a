"""Opportunities of a customer: entered, changed, won or lost."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.access import needs
from api.crm.customers import fresh
from api.crm.record_views import OpportunityView
from api.crm.whole import Living, entry
from api.deps import ID, Ctx, Orderer
from api.problems import answers
from api.views import Body
from models.access.permissions import Permission
from models.crm.opportunities import LONGEST_NAME, Opportunity, Stage, changed, checked
from models.money import Money

router = APIRouter(prefix="/api/clientes/{customer}/oportunidades", tags=["crm"])

MOST = 10**13  # centavos


class OpportunityOrder(Body):
    """What a customer may buy."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=r"\S", examples=["Proyecto A"])
    amount: int = Field(ge=1, le=MOST, description="centavos", examples=[4_500_000])
    probability: int = Field(ge=0, le=100, description="per cent", examples=[65])
    closes: date = Field(description="by when it is expected to be decided", examples=["2026-12-20"])
    stage: Stage = Field(default=Stage.LEAD, examples=["proposal"])


class OpportunityChange(Body):
    """What is so now; what is left out stays as it was. `stage` won or lost closes it."""

    name: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_NAME, pattern=r"\S", examples=["Proyecto A"]
    )
    amount: int | None = Field(default=None, ge=1, le=MOST, description="centavos", examples=[4_500_000])
    probability: int | None = Field(default=None, ge=0, le=100, description="per cent", examples=[80])
    closes: date | None = Field(default=None, examples=["2026-12-20"])
    stage: Stage | None = Field(default=None, examples=["won"])


Id = Annotated[str, Path(pattern=ID, examples=["op_8Kq2nR4xYw1Z"])]


@router.post(
    "",
    status_code=201,
    summary="Enter an opportunity",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def enter(
    order: OpportunityOrder, response: Response, customer: Living, context: Ctx, by: Orderer
) -> OpportunityView:
    """It counts in the quarter's outlook by its probability. With an `Idempotency-Key` a repeat is the same opportunity."""
    now = datetime.now(UTC)
    author, _ = by.sign("", "")
    deal = checked(
        Opportunity(
            tenant=customer.tenant,
            id=fresh("op", by),
            customer=customer.id,
            name=" ".join(order.name.split()),
            amount=Money(order.amount),
            probability=order.probability,
            closes=order.closes,
            stage=order.stage,
            author=author,
            created_at=now,
            closed_at=now if order.stage.over else None,
        )
    )
    await context.store.save_opportunity(deal)
    await context.store.audit(entry(by, deal.id, "opportunity entered"))
    response.headers["Location"] = f"/api/clientes/{customer.id}"
    return OpportunityView.of(deal)


@router.patch(
    "/{opportunity}",
    summary="Change, win or lose an opportunity",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def change(
    opportunity: Id, told: OpportunityChange, customer: Living, context: Ctx, by: Orderer
) -> OpportunityView:
    """One that was won or lost counts in no outlook; given another stage it is open again."""
    said = {name: value for name, value in told.model_dump(exclude_unset=True).items() if value is not None}

    def applied(known: Opportunity) -> Opportunity:
        money = {"amount": Money(said["amount"], known.amount.currency)} if "amount" in said else {}
        return changed(known, {**said, **money}, datetime.now(UTC))

    before, after = await context.store.change_opportunity(customer.tenant, customer.id, opportunity, applied)
    action = f"opportunity {after.stage}" if after.stage is not before.stage else "opportunity changed"
    await context.store.audit(entry(by, after.id, action))
    return OpportunityView.of(after)
