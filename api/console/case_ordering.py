"""An order about an unpaid invoice at the console: what it would do is shown, then it is given with a reason, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from activities.ports.processes import ProcessNotFound
from api import case_orders, subscription_orders
from api.access import needs
from api.case_orders import CaseOrder
from api.case_previews import NOBODY, preview_of
from api.console import case_words, places
from api.console.cases import Found, case_found, offer_of
from api.console.frame import done, fragment, framed
from api.console.offers import Offer
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.orders import Order
from api.subscription_orders import RestoreOrder
from models.access.permissions import Permission
from models.collecting.case_preview import CasePreview
from models.commands import CaseCommand, SubscriptionCommand
from models.messages import Command, Days
from models.words import Words

router = APIRouter(prefix=f"{places.HOME}/cases/{{invoice}}", route_class=ConsoleRoute, include_in_schema=False)
LONGEST = 500  # characters of a form's field


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that somebody considers: what they wrote, what is wrong with it, and what it would do."""

    offer: Offer
    written: dict[str, str]
    faults: dict[str, Words]
    preview: CasePreview | None
    reason: str = ""


@router.get("/{order}", dependencies=[needs(Permission.ORDER)])
async def shown(invoice: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What it would do; a script of the page asks for that part alone."""
    found = await case_found(context, visitor, invoice)
    offer = await offer_of(context, visitor, found, order)
    asked = await _considered(context, visitor, found, offer, _told(offer, request.query_params), NOBODY[1])
    if request.headers.get("hx-request"):
        return fragment(request, visitor, "console/case_order_shown.html", **_facts(found, asked))
    return _page(visitor, found, asked)


@router.post("/{order}", dependencies=[needs(Permission.ORDER)])
async def given(invoice: str, order: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Carried out as the API would, and back to the case; or shown again with what is wrong."""
    found = await case_found(context, visitor, invoice)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    offer = await offer_of(context, visitor, found, order)
    reason = form.get("reason", "").strip()[:LONGEST]
    body, faults = offer.read(form, visitor.calendar, reason=reason)
    if body is None or faults:
        asked = await _considered(context, visitor, found, offer, form, reason)
        return _page(visitor, found, asked, status=422)
    by = visitor.by()
    if isinstance(body, CaseOrder) and isinstance(offer.command, CaseCommand):
        exact = body.model_copy(update={"invoice": invoice})
        await case_orders.give(context, by, found.subscriber, exact, offer.command)
    else:
        assert isinstance(body, RestoreOrder)
        said = Days(*by.sign("", body.reason), body.days)
        await subscription_orders.give(context, by, found.subscriber, SubscriptionCommand.RESTORE, said)
    name = offer.name.in_(visitor.language)
    return done(context, places.case(invoice), visitor.say(f"Hecho: {name}", f"Done: {name}"))


async def _considered(
    context: Context, visitor: Visitor, found: Found, offer: Offer, form: dict[str, str], reason: str
) -> Asked:
    written = offer.filled({**form} if any(box.name in form for box in offer.boxes) else {})
    body, faults = offer.read(form, visitor.calendar, reason=reason)
    if body is None and set(faults) <= {"reason"}:
        body, _ = offer.read(form, visitor.calendar, reason=NOBODY[1])
    preview = await _preview(context, visitor, found, offer, body) if body is not None else None
    return Asked(offer, written, faults, preview, reason if reason != NOBODY[1] else "")


async def _preview(context: Context, visitor: Visitor, found: Found, offer: Offer, body: Order) -> CasePreview | None:
    said: Command
    if isinstance(body, CaseOrder):
        said = await body.said(NOBODY, context.store, visitor.tenant.id)
    else:
        assert isinstance(body, RestoreOrder)
        said = Days(*NOBODY, body.days)
    try:
        return await preview_of(context, found.subscriber, found.record.invoice, offer.command, said)
    except ProcessNotFound:
        return None


def _page(visitor: Visitor, found: Found, asked: Asked, *, status: int = 200) -> Response:
    return framed(
        visitor,
        "console/case_order.html",
        title=asked.offer.name.in_(visitor.language),
        status=status,
        choices_of=lambda box: [(value, words.in_(visitor.language)) for value, words in box.choices],
        **_facts(found, asked),
    )


def _facts(found: Found, asked: Asked) -> dict[str, Any]:
    return {"found": found, "considered": asked, "offer": asked.offer, "preview": asked.preview, "words": case_words}


def _told(offer: Offer, given: Mapping[str, str]) -> dict[str, str]:
    """What an address says of the order's boxes; it may say more, such as the language."""
    return {box.name: given[box.name][:LONGEST] for box in offer.boxes if box.name in given}
