"""Bills of what is sold once: drawn up by the catalogue, paid by a link, collected like any debt, invoiced by name on request."""

import contextlib
import re
import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from activities.drawing_up import drawn_up
from activities.ports.clinic import Cursor
from activities.ports.processes import ProcessesUnavailable
from activities.ports.register import Taken
from api.access import needs
from api.bill_views import AnimalBody, BillPage, BillView, LineBody
from api.deps import ID, Caller, Context, Ctx, Orderer
from api.problems import FieldError, Problem, answers, invalid, unavailable
from api.refusals import ApiWhy
from api.signup import NewCustomer, customer_of, taken
from api.subscriptions import read_cursor, written_cursor
from api.views import Body
from models.access.permissions import Permission
from models.billing.bill_lines import MOST_LINES, priced
from models.billing.bills import PREFIX, Bill, BillStatus, InvoiceWish
from models.messages import BillStart
from models.records import Customer, Tenant
from models.selling.items import Item
from models.selling.pets import Animal

router = APIRouter(prefix="/v1/bills", tags=["bills"])


class BillOrder(Body):
    """What was sold, and to whom."""

    customer_reference: str = Field(
        default="", max_length=128, description="your own id of a customer we know", examples=["dueno-1042"]
    )
    customer: NewCustomer | None = Field(default=None, description="instead: one we may not know yet")
    pet: str = Field(default="", max_length=64, description="one of the customer's", examples=["pet_8Kq2nR4xYw1Z"])
    animal: AnimalBody | None = Field(default=None, description="where prices depend on an animal we do not know")
    lines: list[LineBody] = Field(min_length=1, max_length=MOST_LINES)
    days_until_due: int | None = Field(default=None, ge=1, le=90, description="left out: as you usually give")
    cfdi: InvoiceWish | None = Field(default=None, description="when it is invoiced (CFDI) by name; left out: as usual")


@router.post(
    "",
    status_code=201,
    summary="Bill services and products",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503)
    | {
        200: {"description": "the bill that this order has made before", "model": BillView},
        202: {"description": "accepted, still being issued; look again at `Location`", "model": BillView},
    },
)
async def bill(order: BillOrder, response: Response, context: Ctx, tenant: Caller, by: Orderer) -> BillView:
    """Priced by the catalogue, less what the customer's packages give; sent by WhatsApp or e-mail with the way to pay it.

    With an `Idempotency-Key` a repeat is the same bill. Where the catalogue leaves a price open, `lines.N.price` must lie in its range.
    """
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    customer = await _customer(order, context, tenant)
    animal = await _animal(order, context, customer)
    catalog = await context.store.catalog(tenant.id)
    items = {item.code: item for item in catalog.items if not item.archived}
    wanted = [line.order() for line in order.lines]
    currency = _currency(items)
    lines, faults = priced(wanted, items, animal, currency)
    if faults:
        raise invalid([FieldError(field=fault.field, message=fault.message) for fault in faults])
    usual = tenant.bills
    actor, _ = by.sign("", "")
    made = await drawn_up(
        context.store,
        Bill(
            tenant=tenant.id,
            id=f"{PREFIX}{by.update_id[:24] or secrets.token_urlsafe(9)}",
            customer=customer.id,
            lines=lines,
            created_at=datetime.now(UTC),
            currency=currency,
            pet=order.pet,
            days=order.days_until_due or usual.days,
            invoicing=order.cfdi or usual.invoicing,
            actor=actor,
        ),
        context.calendar(tenant),
    )
    if made.customer != customer.id:
        raise Problem(409, ApiWhy.OTHERS_BILL())
    state = None
    # Its row stands: "nothing was done" would have it made again. Reconciliation starts what the engine did not take.
    with contextlib.suppress(ProcessesUnavailable):
        state = await context.door.start_bill(BillStart.of(made, customer.reference, context.calendar(tenant)))
    response.headers["Location"] = f"{router.prefix}/{made.id}"
    found = await context.store.bill(tenant.id, made.id) or made
    if state is None and found.status is BillStatus.DRAFT:
        still_issuing(response, found)
    return await view(context, found, customer)


def still_issuing(response: Response, bill: Bill) -> None:
    """Accepted: whoever asks looks again at `Location`, in two seconds."""
    response.status_code = 202
    response.headers["Location"] = f"{router.prefix}/{bill.id}"
    response.headers["Retry-After"] = "2"


async def view(context: Context, bill: Bill, customer: Customer | None = None) -> BillView:
    """A bill as the API shows it."""
    customer = customer or await context.store.customer(bill.tenant, bill.customer)
    return BillView.of(bill, customer, context.settings)


@router.get("", summary="Bills, newest first", dependencies=[needs(Permission.READ)], responses=answers(404, 422, 503))
async def bills(
    context: Ctx,
    tenant: Caller,
    customer_reference: Annotated[str, Query(max_length=128, description="of one customer")] = "",
    status: Annotated[BillStatus | None, Query(description="only those that stand so")] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> BillPage:
    """A page holds up to `limit` bills."""
    customer = await _known(context, tenant, customer_reference) if customer_reference else None
    after = read_cursor(cursor) if cursor else None
    found = await context.store.bills(
        tenant.id, customer=customer.id if customer else "", status=status, after=after, limit=limit + 1
    )
    more, shown = len(found) > limit, list(found[:limit])
    return BillPage(
        data=[await view(context, each, customer) for each in shown],
        next_cursor=written_cursor(Cursor(shown[-1].created_at, shown[-1].id)) if more else None,
    )


async def bill_of(context: Ctx, tenant: Caller, bill: str) -> Bill:
    """A tenant's bill. Raises Problem, 404."""
    found = await context.store.bill(tenant.id, bill) if re.fullmatch(ID, bill) else None
    if found is None:
        raise Problem(404, f"there is no bill '{bill}'", kind="missing")
    return found


# The bill named in the path, if it is the caller's: another tenant's is as absent as one that never was.
MyBill = Annotated[Bill, Depends(bill_of)]


@router.get("/{bill}", summary="One bill", dependencies=[needs(Permission.READ)], responses=answers(404, 503))
async def one(found: MyBill, context: Ctx) -> BillView:
    """As its process last recorded it."""
    return await view(context, found)


async def _customer(order: BillOrder, context: Context, tenant: Tenant) -> Customer:
    if bool(order.customer_reference) == (order.customer is not None):
        why = "give either the reference of a customer, or who they are as `customer`"
        raise invalid([FieldError(field="customer_reference", message=why)])
    if order.customer is None:
        return await _known(context, tenant, order.customer_reference)
    errors: list[FieldError] = []
    customer = customer_of(order.customer, tenant, errors)
    if customer is None:
        raise invalid([FieldError(field=f"customer.{each.field}", message=each.message) for each in errors])
    try:
        return await context.store.enter_customer(customer)
    except Taken as conflict:
        raise taken(f"customer.{conflict.field}", str(conflict), "") from None


async def _known(context: Context, tenant: Tenant, reference: str) -> Customer:
    found = await context.store.customer_by_reference(tenant.id, reference) if re.fullmatch(ID, reference) else None
    if found is None:
        why = "there is no such customer; POST /v1/customers, or give `customer`"
        raise invalid([FieldError(field="customer_reference", message=why)])
    return found


async def _animal(order: BillOrder, context: Context, customer: Customer) -> Animal:
    if not order.pet:
        return order.animal.animal() if order.animal else Animal()
    pets = {pet.id: pet for pet in await context.store.pets(customer.tenant, customer.id)}
    if order.pet not in pets:
        why = "is none of this customer's; GET /v1/customers/…/pets lists theirs"
        raise invalid([FieldError(field="pet", message=why)])
    return pets[order.pet].animal


def _currency(items: dict[str, Item]) -> str:
    return next((rate.low.currency for item in items.values() for rate in item.rates), "MXN")
