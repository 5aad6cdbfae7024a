"""Customers: the list, one as a whole, and what to do with them. Paths are Spanish, names of fields English."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.ports.crm import Wanted
from activities.ports.register import Taken
from api.access import needs
from api.crm import cursors
from api.crm.customer_views import CustomerLine, WholeView
from api.crm.score_views import RecommendationView
from api.crm.whole import Named, entry, whole
from api.deps import Caller, Context, Ctx, Orderer
from api.problems import FieldError, Problem, answers, invalid
from api.signup import NewCustomer, customer_of
from api.views import View
from models.access.permissions import Permission
from models.crm.profile import Sort
from models.crm.scores import Level
from models.crm.standing import State
from models.records import Customer, Tenant

router = APIRouter(prefix="/api/clientes", tags=["crm"])


class CustomersPage(View):
    """Some customers."""

    data: list[CustomerLine]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class RecommendationsView(View):
    """What is advised for a customer, the most urgent first; never none."""

    data: list[RecommendationView]


@router.get("", summary="Customers", dependencies=[needs(Permission.READ)], responses=answers(422, 503))
async def customers(
    context: Ctx,
    tenant: Caller,
    q: Annotated[
        str,
        Query(
            max_length=200,
            description="words of a name (three letters or more of each), an e-mail, an RFC, a phone or how it ends, your reference",
            examples=["lope"],
        ),
    ] = "",
    state: Annotated[State | None, Query(description="only those who stand so")] = None,
    risk: Annotated[Level | None, Query(description="only those with this risk of not paying")] = None,
    sort: Annotated[
        Sort, Query(description="the most valuable, the next invoice, the last activity, the riskiest first")
    ] = Sort.VALUE,
    cursor: Annotated[str | None, Query(max_length=300, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CustomersPage:
    """A page holds up to `limit` customers. Who was erased is not among them."""
    by_instant = sort in (Sort.NEXT_INVOICE, Sort.LAST_ACTIVITY)
    after = cursors.read(cursor, instant=by_instant) if cursor else None
    found = list(
        await context.store.listed_customers(tenant.id, Wanted(q, state, risk, sort), after=after, limit=limit + 1)
    )
    more, found = len(found) > limit, found[:limit]
    return CustomersPage(
        data=[CustomerLine.of(each) for each in found],
        next_cursor=cursors.written(found[-1].mark(sort)) if more else None,
    )


@router.post(
    "",
    status_code=201,
    summary="Enter a prospect",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(409, 422, 503)
    | {200: {"description": "one known by this reference, who stays as they are", "model": WholeView}},
)
async def enter(order: NewCustomer, response: Response, context: Ctx, tenant: Caller, by: Orderer) -> WholeView:
    """Somebody who has bought nothing yet. E-mail and RFC are those of one customer alone."""
    errors: list[FieldError] = []
    customer = customer_of(order, tenant, errors)
    if customer is None:
        raise invalid(errors)
    try:
        entered = await context.store.enter_prospect(customer)
    except Taken as conflict:
        raise await held(context, customer, conflict) from None
    known = await context.store.customer_by_reference(tenant.id, customer.reference)
    assert known is not None
    if entered:
        await context.store.audit(entry(by, known.id, "customer entered"))
    else:
        response.status_code = 200
    response.headers["Location"] = f"{router.prefix}/{known.id}"
    return await _view(context, tenant, known.id)


async def held(context: Context, customer: Customer, conflict: Taken) -> Problem:
    """409: what is another customer's, whose, and what to do."""
    rfc = customer.receiver.rfc if customer.receiver else ""
    email = customer.email if conflict.field == "email" else ""
    holder = await context.store.customer_with(customer.tenant, email=email, rfc="" if email else rfc)
    why = f"{conflict}; it is customer '{holder}'" if holder else str(conflict)
    more = {"customer": holder} if holder else {}
    errors = [FieldError(field=conflict.field, message=why)]
    return Problem(409, f"{conflict.field}: {why}", kind="taken", errors=errors, more=more)


@router.get(
    "/{customer}", summary="The whole customer", dependencies=[needs(Permission.READ)], responses=answers(404, 503)
)
async def one(customer: Named, context: Ctx, tenant: Caller) -> WholeView:
    """All that is known, with the reasons of every score. `customer` is our id (`c_…`) or your own reference."""
    return await _view(context, tenant, customer.id)


@router.get(
    "/{customer}/recomendaciones",
    summary="What to do with a customer",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 503),
)
async def recommended(customer: Named, context: Ctx, tenant: Caller) -> RecommendationsView:
    """By rules, each with its reason: nobody need guess why."""
    told = await whole(context.store, tenant, customer.id, datetime.now(UTC))
    return RecommendationsView(data=[RecommendationView.of(each) for each in told.recommendations])


async def _view(context: Context, tenant: Tenant, customer: str) -> WholeView:
    return WholeView.of(await whole(context.store, tenant, customer, datetime.now(UTC)))


def fresh(prefix: str, by: Orderer) -> str:
    """A new id; the order's own where it has one, so that a repeat is the same thing."""
    return f"{prefix}_{by.update_id[:24] or secrets.token_urlsafe(9)}"
