"""The page on which a customer sees what becomes of their data: a copy of it, keeping it, having it deleted, and the certificate.

Its address is in a message and is the authorisation. Spanish first; English for who is written to in English.
"""

from datetime import UTC, datetime
from enum import StrEnum
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.exporting import Exporting
from activities.failures import Missing
from activities.ports.processes import CommandRefused, ProcessNotFound
from activities.ports.register import Subscriber
from api.access import public
from api.deletions import PDF, ZIP, begun, file
from api.deps import Context, Ctx
from api.layout import laid_out
from api.pages.page_routes import LINKED, LinkRoute, subject
from api.problems import Problem
from models.commands import DeletionCommand
from models.messages import Command
from models.periods import Calendar
from models.records import Tenant
from models.safekeeping.deletions import Deletion, State
from models.speaking.links import Purpose
from models.speaking.notices import Language

router = APIRouter(
    tags=["links"],
    route_class=LinkRoute,
    dependencies=[public("the signed token in the address is the authorisation")],
)


class Wish(StrEnum):
    """What a customer may want with their data."""

    KEEP = "keep"
    EXPORT = "export"
    DELETE = "delete"


_WORDS = {
    Language.ES: {
        "title": "Tus datos",
        "nothing": "Guardamos los datos de tu cuenta. No hay ninguna eliminación en curso.",
        "planned": "Tus datos se eliminarán el {day} o después. Hasta entonces puedes conservarlos.",
        "asked": "La eliminación de tus datos está en curso y ya no puede detenerse.",
        "done": "Tus datos fueron eliminados el {day}.",
        "copy": "Descargar una copia (ZIP)",
        "copy_about": "Tus pagos, mensajes, datos de la cuenta y facturas (XML y PDF).",
        "product": "Descargar lo que guardaste en el servicio",
        "product_ask": "Pedir lo que guardaste en el servicio",
        "product_asked": "Pedimos al servicio tus datos. Vuelve a abrir esta página en unas horas para descargarlos.",
        "keep": "Conservar mis datos",
        "delete": "Eliminar mis datos",
        "delete_about": "Antes te avisaremos, y podrás arrepentirte hasta el último día.",
        "alive": "Tienes una suscripción activa: cancélala primero; cuando termine podrás eliminar tus datos.",
        "certificate": "Descargar el certificado (PDF)",
        "late": "Ya no es posible: la eliminación está en curso.",
    },
    Language.EN: {
        "title": "Your data",
        "nothing": "We hold the data of your account. No deletion is under way.",
        "planned": "Your data will be deleted on {day} or later. Until then you can keep them.",
        "asked": "Your data are being deleted, and that can no longer be stopped.",
        "done": "Your data were deleted on {day}.",
        "copy": "Download a copy (ZIP)",
        "copy_about": "Your payments, messages, account data and tax invoices (XML and PDF).",
        "product": "Download what you kept in the service",
        "product_ask": "Ask for what you kept in the service",
        "product_asked": "We asked the service for your data. Open this page again in a few hours to download them.",
        "keep": "Keep my data",
        "delete": "Delete my data",
        "delete_about": "You will be warned before, and may change your mind until the last day.",
        "alive": "You have an active subscription: cancel it first; once it has ended you can delete your data.",
        "certificate": "Download the certificate (PDF)",
        "late": "That is no longer possible: the deletion is under way.",
    },
}
_PAGES: dict[int | str, dict[str, Any]] = LINKED | {
    409: {"description": "a page: not any more, or not yet", "content": LINKED[200]["content"]},
}
_BY_CUSTOMER = "chosen on the page of the message"


@router.get("/mis-datos/{token}", summary="A customer's own data", response_class=HTMLResponse, responses=_PAGES)
async def look(token: str, context: Ctx) -> Response:
    """What is held, what becomes of it, and what can be done; nothing is changed by looking."""
    return await _drawn(context, token, *await _opened(context, token))


@router.post("/mis-datos/{token}", summary="Keep, copy or delete them", response_class=HTMLResponse, responses=_PAGES)
async def wish(token: str, context: Ctx, do: Annotated[Wish, Form()]) -> Response:
    """Keep them, ask the product for its part of a copy, or have all deleted (after a warning)."""
    found = await _opened(context, token)
    try:
        await _granted(context, *found, do)
    except (CommandRefused, ProcessNotFound):
        return await _drawn(context, token, *found, said="late")
    except Problem:
        return await _drawn(context, token, *found, said="alive")
    return RedirectResponse(f"/mis-datos/{token}", 303)  # so that reloading the page wishes nothing anew


@router.get("/mis-datos/{token}/copia.zip", summary="A copy of them", response_class=Response, responses=_PAGES | ZIP)
async def copy(token: str, context: Ctx) -> Response:
    """All that is held here."""
    tenant, subscriber = await _opened(context, token)
    content = await Exporting(context.store).bundle(tenant.id, subscriber.customer.id)
    return file(content, "application/zip", "mis-datos.zip")


@router.get(
    "/mis-datos/{token}/certificado.pdf", summary="The certificate", response_class=Response, responses=_PAGES | PDF
)
async def certificate(token: str, context: Ctx) -> Response:
    """Once all is deleted."""
    tenant, subscriber = await _opened(context, token)
    known = await context.store.deletion_of(tenant.id, subscriber.customer.id)
    held = await context.store.certificate(known.tenant, known.id) if known else None
    if held is None:
        raise Missing("there is no certificate (yet)")
    return file(held.paper, "application/pdf", "certificado.pdf")


async def _opened(context: Context, token: str) -> tuple[Tenant, Subscriber]:
    name, subscription = subject(context, token, Purpose.DATA)
    subscriber = await context.store.subscriber(name, subscription)
    if subscriber is None:
        raise Missing("there is no such subscription")
    return await context.store.tenant(name), subscriber


async def _granted(context: Context, tenant: Tenant, found: Subscriber, do: Wish) -> None:
    store, customer = context.store, found.customer.id
    known = await store.deletion_of(tenant.id, customer)
    under_way = known is not None and not known.state.over
    order = Command("customer", _BY_CUSTOMER)
    if do is Wish.DELETE and not (known and known.state is State.DONE):
        await begun(context, tenant, found, order)
    elif do is Wish.KEEP and under_way:
        await context.door.command_deletion(tenant.id, customer, DeletionCommand.CANCEL, order)
    elif do is Wish.EXPORT and known is not None and under_way:
        await store.ask_export(tenant.id, known.id, datetime.now(UTC))


async def _drawn(context: Context, token: str, tenant: Tenant, found: Subscriber, said: str = "") -> HTMLResponse:
    known = await context.store.deletion_of(tenant.id, found.customer.id)
    brand, language = await context.store.brand(tenant.id), found.customer.language
    body = f'<div class="card">{_body(known, Calendar(zone=tenant.zone), language, token, said)}</div>'
    title = _WORDS[language]["title"]
    return laid_out(brand, title=title, body=body, language=language, status=409 if said else 200)


def _body(known: Deletion | None, calendar: Calendar, language: Language, token: str, said: str) -> str:
    words, place = _WORDS[language], f"/mis-datos/{escape(token, quote=True)}"
    state, english = known.state if known else State.CANCELED, language is Language.EN
    parts = [f"<h1>{words['title']}</h1>"]
    if said:
        parts.append(f'<p class="told" role="alert">{words[said]}</p>')
    if known is not None and state is State.DONE:
        day = calendar.show_day(known.closed_at or known.day, english=english)
        parts.append(f'<p role="status">{words["done"].format(day=day)}</p>')
        return "".join([*parts, _link(f"{place}/certificado.pdf", words["certificate"])])
    if known is None or state is State.CANCELED:
        parts.append(f'<p role="status">{words["nothing"]}</p>')
    elif state.cancellable:
        day = calendar.show_day(known.day, english=english)
        parts += [f'<p role="status">{words["planned"].format(day=day)}</p>', _button(Wish.KEEP, words["keep"])]
    else:
        parts.append(f'<p role="status">{words["asked"]}</p>')
    parts += [_link(f"{place}/copia.zip", words["copy"]), f'<p class="fine">{words["copy_about"]}</p>']
    if known is None or state is State.CANCELED:
        parts += [_button(Wish.DELETE, words["delete"], second=True), f'<p class="fine">{words["delete_about"]}</p>']
    elif known.export_url:
        parts.append(_link(escape(known.export_url, quote=True), words["product"]))
    elif known.export_asked_at:
        parts.append(f'<p role="status">{words["product_asked"]}</p>')
    elif state.cancellable:
        parts.append(_button(Wish.EXPORT, words["product_ask"], second=True))
    return "".join(parts)


def _link(address: str, words: str) -> str:
    return f'<a class="button second" href="{address}" rel="noopener">{words}</a>'


def _button(wish: Wish, words: str, *, second: bool = False) -> str:
    kind = "button second" if second else "button"
    return f'<form method="post"><button class="{kind}" name="do" value="{wish}">{words}</button></form>'
