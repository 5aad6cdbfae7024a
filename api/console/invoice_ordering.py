"""Orders about a tax document, given at the console: each by the API's route of the same name, with a reason, once."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response

from api import document_orders as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, written, wrong
from api.console.frame import done
from api.console.invoice_offers import DocumentOrder
from api.console.invoices import invoice_page, versions_of
from api.console.route import ConsoleRoute
from api.console.visitor import PRESS, Visiting, Visitor
from api.deps import By, Context, Ctx
from api.orders import AnswerView, Order
from api.problems import Problem
from models.access.permissions import Permission

router = APIRouter(prefix=f"{places.HOME}/invoices/{{source}}", route_class=ConsoleRoute, include_in_schema=False)
FISCAL = ("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use")
Form = Mapping[str, str]


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
    known: Mapping[str, Giving], source: str, order: str, request: Request, context: Context, visitor: Visitor
) -> Response:
    """Back to the page; or it again, with what is wrong at its field."""
    give = known.get(order)
    if give is None:
        raise Problem(404, f"there is no order '{order}'", kind="missing")
    await versions_of(context, visitor, source)
    form = {"reason": ""} | await written(request)
    try:
        await give(source, form, context, visitor.by(form.get(PRESS, "")))
    except FAULTS as error:
        return await invoice_page(context, visitor, source, order=order, wrong=wrong(error, form, visitor.language))
    words = visitor.say("La orden quedó dada y anotada en la auditoría.", "The order is given, and noted in the audit.")
    return done(context, places.invoice(source), words)


def _correction(form: Form) -> api.CorrectionOrder:
    fiscal = {name: form.get(name, "") for name in FISCAL}
    return api.CorrectionOrder.model_validate({"reason": form["reason"], "fiscal": fiscal})
