"""The page on which a customer says when they will pay. Its address is in a message and is the authorisation."""

from datetime import UTC, datetime
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse

from activities.ports.processes import CommandRefused, ProcessNotFound
from api.access import public
from api.deps import Context, Ctx
from api.layout import laid_out
from api.pages.page_routes import LINKED, Instead, LinkRoute, subject
from api.pages.pages import Page, page
from models.collecting.promises import Day, choices
from models.commands import CaseCommand
from models.look.brand import Brand
from models.messages import Promise
from models.periods import Calendar
from models.records import CaseRecord, Customer, Tenant
from models.speaking.links import Purpose
from models.speaking.notices import Language

router = APIRouter(
    tags=["links"],
    route_class=LinkRoute,
    dependencies=[public("the signed token in the address is the authorisation")],
)

_DAYS = {
    Language.ES: {Day.TOMORROW: "Mañana", Day.FRIDAY: "El viernes", Day.PAYDAY: "En la quincena"},
    Language.EN: {Day.TOMORROW: "Tomorrow", Day.FRIDAY: "On Friday", Day.PAYDAY: "On payday"},
}
_WORDS = {
    Language.ES: {
        "title": "¿Cuándo prefieres pagar?",
        "about": "Debes {amount}. Elige un día y hasta entonces no te recordaremos este pago.",
        "kept": "Gracias. Esperamos tu pago hasta el {day}.",
        "refused": "Ya no podemos esperar más por este pago. Responde a nuestro mensaje y una persona te ayudará.",
    },
    Language.EN: {
        "title": "When would you rather pay?",
        "about": "You owe {amount}. Choose a day and we will not remind you of this payment until then.",
        "kept": "Thank you. We will wait for your payment until {day}.",
        "refused": "We cannot wait any longer for this payment. Reply to our message and a person will help you.",
    },
}
_PAGES: dict[int | str, dict[str, Any]] = LINKED | {
    409: {"description": "a page: nothing is owed, or this debt can wait no longer", "content": LINKED[200]["content"]},
}


@router.get("/promesa/{token}", summary="When will you pay? Buttons", response_class=HTMLResponse, responses=_PAGES)
async def ask(token: str, context: Ctx) -> Response:
    """One button a day; nothing is promised by looking."""
    brand, tenant, customer, case = await _opened(context, token)
    words = _WORDS[customer.language]
    buttons = "".join(
        f'<button class="button" name="day" value="{name}">{_DAYS[customer.language][name]}'
        f"<small>{_shown(until, tenant, customer)}</small></button>"
        for name, until in choices(datetime.now(UTC), tenant.zone).items()
    )
    about = escape(words["about"].format(amount=case.amount))
    return _html(brand, customer, f'<p>{about}</p><form method="post">{buttons}</form>')


@router.post("/promesa/{token}", summary="Promise to pay by a day", response_class=HTMLResponse, responses=_PAGES)
async def promise(token: str, context: Ctx, day: Annotated[Day, Form()]) -> Response:
    """The ladder stands still until the evening of that day, as far as the policy allows, and goes on by itself."""
    brand, tenant, customer, case = await _opened(context, token)
    now = datetime.now(UTC)
    offered = choices(now, tenant.zone)
    chosen = offered.get(day, offered[Day.TOMORROW])
    until = now + Calendar(context.settings.day_seconds).elapsed(chosen - now)
    order = Promise("customer", f"chose {day} on the page of the message", until)
    # Sent twice by an impatient thumb it is one promise.
    name = f"promise:{case.invoice}:{chosen:%Y%m%d}"
    try:
        await context.door.command_case(case.tenant, case.invoice, CaseCommand.PROMISE, order, update_id=name)
    except CommandRefused:
        return _said(brand, customer, "refused", 409)
    except ProcessNotFound:
        return page(Page.NOTHING_DUE, 409, brand=brand, language=customer.language)
    return _said(brand, customer, "kept", 200, day=_shown(chosen, tenant, customer))


async def _opened(context: Context, token: str) -> tuple[Brand, Tenant, Customer, CaseRecord]:
    """Who is asked, and for the oldest debt of the subscription that the token speaks of. Raises Instead where nothing is owed."""
    name, subscription = subject(context, token, Purpose.PROMISE)
    store = context.store
    brand, tenant, customer = (
        await store.brand(name),
        await store.tenant(name),
        await store.customer_of(name, subscription),
    )
    owed = [case for case in await store.cases(name, subscription) if case.outcome is None]
    if not owed:
        raise Instead(page(Page.NOTHING_DUE, 409, brand=brand, language=customer.language))
    return brand, tenant, customer, min(owed, key=lambda case: case.opened_at)


def _shown(until: datetime, tenant: Tenant, customer: Customer) -> str:
    return Calendar(zone=tenant.zone).show_day(until, english=customer.language is Language.EN)


def _said(brand: Brand, customer: Customer, what: str, status: int, **facts: str) -> HTMLResponse:
    text = escape(_WORDS[customer.language][what].format(**facts))
    return _html(brand, customer, f'<p role="status">{text}</p>', status)


def _html(brand: Brand, customer: Customer, body: str, status: int = 200) -> HTMLResponse:
    title = _WORDS[customer.language]["title"]
    whole = f'<div class="card"><h1>{title}</h1>{body}</div>'
    return laid_out(brand, title=title, body=whole, language=customer.language, status=status)
