"""The page on which a customer says when they will pay. Its address is in a message and is the authorisation."""

from datetime import UTC, datetime
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse

from activities.failures import Failure, Missing
from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound
from api.access import public
from api.deps import Context, Ctx
from api.layout import laid_out
from api.pages import Page, page
from api.problems import RESPONSES
from models.brand import Brand
from models.commands import CaseCommand
from models.links import Purpose, opened
from models.messages import Promise
from models.notices import Language
from models.periods import Calendar
from models.promises import Day, choices
from models.records import CaseRecord, Customer, Tenant

router = APIRouter(tags=["links"], dependencies=[public("the signed token in the address is the authorisation")])

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
_HTML = {"text/html": {"schema": {"type": "string"}}}
_PAGES: dict[int | str, dict[str, Any]] = {
    404: {"description": "a page: the link is not valid", "content": _HTML},
    409: {"description": "a page: nothing is owed, or this debt can wait no longer", "content": _HTML},
    422: {"description": "no such day", "content": RESPONSES[422]["content"]},
    503: {"description": "a page: try again in a minute; or a problem", "content": _HTML | RESPONSES[503]["content"]},
}


@router.get("/promesa/{token}", summary="When will you pay? Buttons", response_class=HTMLResponse, responses=_PAGES)
async def ask(token: str, context: Ctx) -> Response:
    """One button a day; nothing is promised by looking."""
    try:
        found = await _opened(context, token)
        if found is None:
            return page(Page.BAD_LINK, 404)
        brand, tenant, customer, case = found
        if case is None:
            return page(Page.NOTHING_DUE, 409, brand=brand, language=customer.language)
    except Missing:
        return page(Page.BAD_LINK, 404)
    except Failure:
        return page(Page.LATER, 503)
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
    try:
        found = await _opened(context, token)
        if found is None:
            return page(Page.BAD_LINK, 404)
        brand, tenant, customer, case = found
        if case is None:
            return page(Page.NOTHING_DUE, 409, brand=brand, language=customer.language)
        now = datetime.now(UTC)
        offered = choices(now, tenant.zone)
        chosen = offered.get(day, offered[Day.TOMORROW])
        until = now + Calendar(context.settings.day_seconds).elapsed(chosen - now)
        order = Promise("customer", f"chose {day} on the page of the message", until)
        # Sent twice by an impatient thumb it is one promise.
        name = f"promise:{case.invoice}:{chosen:%Y%m%d}"
        await context.door.command_case(case.tenant, case.invoice, CaseCommand.PROMISE, order, update_id=name)
    except CommandRefused:
        return _said(brand, customer, "refused", 409)
    except ProcessNotFound:
        return page(Page.NOTHING_DUE, 409, brand=brand, language=customer.language)
    except Missing:
        return page(Page.BAD_LINK, 404)
    except (ProcessesUnavailable, Failure):
        return page(Page.LATER, 503)
    return _said(brand, customer, "kept", 200, day=_shown(chosen, tenant, customer))


async def _opened(context: Context, token: str) -> tuple[Brand, Tenant, Customer, CaseRecord | None] | None:
    """Who is asked, and for the oldest debt of the subscription that the token speaks of."""
    found = opened(token, context.settings.link_key.get_secret_value())
    if found is None or found[0] is not Purpose.PROMISE:
        return None
    _, name, subscription = found
    store = context.store
    brand, tenant, customer = (
        await store.brand(name),
        await store.tenant(name),
        await store.customer_of(name, subscription),
    )
    owed = [case for case in await store.cases(name, subscription) if case.outcome is None]
    return brand, tenant, customer, min(owed, key=lambda case: case.opened_at, default=None)


def _shown(until: datetime, tenant: Tenant, customer: Customer) -> str:
    return Calendar(zone=tenant.zone).show_day(until, english=customer.language is Language.EN)


def _said(brand: Brand, customer: Customer, what: str, status: int, **facts: str) -> HTMLResponse:
    text = escape(_WORDS[customer.language][what].format(**facts))
    return _html(brand, customer, f'<p role="status">{text}</p>', status)


def _html(brand: Brand, customer: Customer, body: str, status: int = 200) -> HTMLResponse:
    title = _WORDS[customer.language]["title"]
    whole = f'<div class="card"><h1>{title}</h1>{body}</div>'
    return laid_out(brand, title=title, body=whole, language=customer.language, status=status)
