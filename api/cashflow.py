"""How much cash the book brings in, month by month, and how much of it may be spent."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import needs
from api.deps import Caller, Context, Ctx
from api.problems import answers
from api.views import View
from models.access.permissions import Permission
from models.forecasting.cashflow import LONGEST, YEAR, CashMonth, Prudence, of_book, projections
from models.records import Tenant

router = APIRouter(prefix="/v1/analytics", tags=["analytics"])


class CashMonthView(View):
    """One month, in centavos."""

    first: date = Field(examples=["2026-12-01"])
    customers: int
    """At its end."""
    collected: int
    mrr: int
    """Of a yearly price a twelfth each month."""
    spent: int
    """What may be spent: the given share of MRR, never of the reserve."""
    reserve: int
    kept: int
    """All that is neither spent nor in the reserve, so far."""

    @classmethod
    def of(cls, month: CashMonth) -> "CashMonthView":
        return cls(
            first=month.first,
            customers=month.customers,
            collected=month.collected,
            mrr=month.mrr,
            spent=month.spent,
            reserve=month.reserve,
            kept=month.kept,
        )


class CashFlowView(View):
    """A projection in one currency."""

    currency: str = Field(examples=["MXN"])
    months: list[CashMonthView]


class CashFlows(View):
    """One for each currency the book has; none while nobody is to be charged."""

    data: list[CashFlowView]


@router.get(
    "/cashflow",
    summary="Cash to come from the book",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def cashflow(
    context: Ctx,
    tenant: Caller,
    months: Annotated[int, Query(ge=1, le=LONGEST)] = 6,
    churn_percent: Annotated[float, Query(ge=0, le=99, description="customers lost each month")] = 0.0,
    spend_percent: Annotated[int, Query(ge=0, le=100, description="of MRR")] = 60,
    reserve: Annotated[int, Query(ge=0, le=10**14, description="centavos kept aside first")] = 2_000_000,
) -> CashFlows:
    """From the subscriptions that go on, trials among them as if all stayed. Debts and customers to come are not in it.
    The same figures as `perdura cashflow book`.
    """
    prudence = Prudence(spend_percent, reserve, Fraction(str(churn_percent)))
    found = await of_the_book(context, tenant, months=months, prudence=prudence)
    return CashFlows(
        data=[
            CashFlowView(currency=currency, months=[CashMonthView.of(each) for each in told])
            for currency, told in found.items()
        ]
    )


async def of_the_book(
    context: Context, tenant: Tenant, *, months: int, prudence: Prudence
) -> dict[str, tuple[CashMonth, ...]]:
    """What the subscriptions that go on bring in, by currency, from this month of the tenant's clock on."""
    now, calendar = datetime.now(UTC), context.calendar(tenant)
    begins = calendar.local(now).date()
    cohorts = of_book(await context.store.coming_renewals(tenant.id, now, now + YEAR), begins, calendar)
    return projections(cohorts, begins=begins, months=months, prudence=prudence)
