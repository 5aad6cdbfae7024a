"""Orders about a bill, given at the console: each by the API's route of the same name, with a reason, once."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response

from api import bill_orders as api
from api.access import needs
from api.bills import bill_of
from api.console import places
from api.console.bill_offers import BillOrder
from api.console.bills import HERE, bill_page
from api.console.ordering import Form, carried_out, known
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import By, Context, Ctx
from api.orders import Order
from models.access.permissions import Permission
from models.billing.bills import Bill

router = APIRouter(prefix=f"{HERE}/{{bill}}", route_class=ConsoleRoute, include_in_schema=False)


async def _issue(found: Bill, form: Form, context: Context, visitor: Visitor, by: By) -> None:
    await api.issue(found, Order(reason=form["reason"]), Response(), context, visitor.tenant, by)


async def _record_payment(found: Bill, form: Form, context: Context, visitor: Visitor, by: By) -> None:  # noqa: ARG001
    told = {name: form.get(name, "") for name in ("reason", "method", "reference")}
    await api.record_payment(found, api.CounterPayment.model_validate(told), context, by)


async def _write_off(found: Bill, form: Form, context: Context, visitor: Visitor, by: By) -> None:  # noqa: ARG001
    await api.write_off(found, Order(reason=form["reason"]), context, by)


async def _void(found: Bill, form: Form, context: Context, visitor: Visitor, by: By) -> None:
    await api.void(found, Order(reason=form["reason"]), context, visitor.tenant, by)


async def _refund(found: Bill, form: Form, context: Context, visitor: Visitor, by: By) -> None:
    await api.refund(found, Order(reason=form["reason"]), context, visitor.tenant, by)


Giving = Callable[[Bill, Form, Context, Visitor, By], Awaitable[None]]
_USUAL: Mapping[str, Giving] = {BillOrder.ISSUE: _issue}
_MONEY: Mapping[str, Giving] = {
    BillOrder.RECORD_PAYMENT: _record_payment,
    BillOrder.WRITE_OFF: _write_off,
    BillOrder.VOID: _void,
    BillOrder.REFUND: _refund,
}


@router.post("/order/{order}", dependencies=[needs(Permission.ENTER)])
async def order(bill: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What whoever sells may order."""
    return await _given(_USUAL, bill, order, request, context, visitor)


@router.post("/money/{order}", dependencies=[needs(Permission.MONEY)])
async def money(bill: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What the books feel."""
    return await _given(_MONEY, bill, order, request, context, visitor)


async def _given(
    orders: Mapping[str, Giving], bill: str, order: str, request: Request, context: Context, visitor: Visitor
) -> Response:
    give = known(orders, order)
    found = await bill_of(context, visitor.tenant, bill)
    return await carried_out(
        lambda form, by: give(found, form, context, visitor, by),
        lambda wrong: bill_page(context, visitor, bill, order=order, wrong=wrong),
        back=places.bill(bill),
        request=request,
        context=context,
        visitor=visitor,
    )
