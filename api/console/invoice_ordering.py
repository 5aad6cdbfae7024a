"""Orders about a tax document, given at the console: each by the API's route of the same name, with a reason, once."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response

from api import document_orders as api
from api.access import needs
from api.console import places
from api.console.invoice_offers import DocumentOrder
from api.console.invoices import invoice_page, versions_of
from api.console.ordering import Form, carried_out, known
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import By, Context, Ctx
from api.orders import AnswerView, Order
from models.access.permissions import Permission

router = APIRouter(prefix=f"{places.HOME}/invoices/{{source}}", route_class=ConsoleRoute, include_in_schema=False)
FISCAL = ("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use")


async def _retry(source: str, form: Form, context: Context, by: By) -> AnswerView:
    return await api.retry(source, Order(reason=form["reason"]), context, by)


async def _correct(source: str, form: Form, context: Context, by: By) -> AnswerView:
    return await api.correct_receiver(source, _correction(form), context, by)


async def _claim(source: str, form: Form, context: Context, by: By) -> AnswerView:
    return await api.claim(source, _correction(form), context, by)


async def _substitute(source: str, form: Form, context: Context, by: By) -> AnswerView:
    return await api.substitute(source, _correction(form), context, by)


async def _cancel(source: str, form: Form, context: Context, by: By) -> AnswerView:
    told = {"reason": form["reason"], "motive": form.get("motive", ""), "substitute": form.get("substitute", "")}
    return await api.cancel(source, api.CancellationOrder.model_validate(told), context, by)


Giving = Callable[[str, Form, Context, By], Awaitable[AnswerView]]
_USUAL: Mapping[str, Giving] = {
    DocumentOrder.RETRY: _retry,
    DocumentOrder.CORRECT: _correct,
    DocumentOrder.CLAIM: _claim,
}
_MONEY: Mapping[str, Giving] = {DocumentOrder.SUBSTITUTE: _substitute, DocumentOrder.CANCEL: _cancel}


@router.post("/order/{order}", dependencies=[needs(Permission.ORDER)])
async def order(source: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What support may order."""
    return await _given(_USUAL, source, order, request, context, visitor)


@router.post("/money/{order}", dependencies=[needs(Permission.MONEY)])
async def money(source: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What the books feel."""
    return await _given(_MONEY, source, order, request, context, visitor)


async def _given(
    orders: Mapping[str, Giving], source: str, order: str, request: Request, context: Context, visitor: Visitor
) -> Response:
    give = known(orders, order)
    await versions_of(context, visitor, source)
    return await carried_out(
        lambda form, by: give(source, form, context, by),
        lambda wrong: invoice_page(context, visitor, source, order=order, wrong=wrong),
        back=places.invoice(source),
        request=request,
        context=context,
        visitor=visitor,
    )


def _correction(form: Form) -> api.CorrectionOrder:
    fiscal = {name: form.get(name, "") for name in FISCAL}
    return api.CorrectionOrder.model_validate({"reason": form["reason"], "fiscal": fiscal})
