"""The page on which a customer corrects the tax data that a PAC refused. Its address is in a message and is the authorisation.

Spanish first; the same words in English for who is written to in English. What is typed is checked here before anything is
sent: the SAT's own word comes with the next invoice, which is made of it at once.
"""

from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse

from activities.failures import Failure, Missing
from api.access import public
from api.deps import Context, Ctx
from api.pages import Page, page
from api.problems import RESPONSES
from models import fiscal
from models.documents import DocumentKind, DocumentState, TaxDocument
from models.fiscal import Receiver
from models.links import Purpose, opened
from models.messages import Command
from models.notices import Language
from models.people import FieldInvalid
from models.records import Customer
from models.sat_catalogues import REGIMES, USES
from workflows.interface import CommandRefused, DocumentCommand, ProcessesUnavailable, ProcessNotFound

router = APIRouter(tags=["links"], dependencies=[public("the signed token in the address is the authorisation")])

_WAITING = frozenset({DocumentState.REJECTED, DocumentState.WAITING_DATA})
_BY_CUSTOMER = Command("customer", "tax data corrected on the page of the message")
_FIELDS = ("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use")

# Label, and what the constancia says of it.
_FIELD_WORDS: dict[Language, dict[str, tuple[str, str]]] = {
    Language.ES: {
        "tax_id": ("RFC", "Arriba en tu constancia: 12 caracteres (empresa) o 13 (persona), sin espacios."),
        "legal_name": (
            "Nombre o razón social",
            "Letra por letra como en la constancia, con acentos y Ñ; sin «S.A. de C.V.» ni otra forma de sociedad.",
        ),
        "tax_regime": ("Régimen fiscal", "Bajo «Regímenes» en la constancia; el vigente, sin fecha de fin."),
        "postal_code": (
            "Código postal fiscal",
            "Bajo «Datos del domicilio registrado»: el de tu domicilio fiscal, no el de envío.",
        ),
        "cfdi_use": ("Uso del CFDI", "Si no estás seguro, déjalo en automático."),
    },
    Language.EN: {
        "tax_id": ("RFC", "On top of your constancia: 12 characters (company) or 13 (person), no spaces."),
        "legal_name": (
            "Legal name",
            "Letter by letter as on the constancia, with accents and Ñ; without «S.A. de C.V.» or another corporate form.",
        ),
        "tax_regime": ("Tax regime (régimen fiscal)", "Below «Regímenes» on the constancia; the one without an end."),
        "postal_code": (
            "Fiscal postal code",
            "Below «Datos del domicilio registrado»: your fiscal address, not where things are sent.",
        ),
        "cfdi_use": ("Use of the CFDI", "If you are not sure, leave it on automatic."),
    },
}
_PAGE_WORDS = {
    Language.ES: {
        "title": "Corrige tus datos fiscales",
        "about": "Cópialos de tu Constancia de Situación Fiscal (se descarga en sat.gob.mx con tu contraseña).",
        "refused": "El SAT no reconoce este dato. ",
        "wrong": "Así no puede ser: ",
        "auto": "Automático",
        "send": "Enviar y recibir mi factura",
        "done": "¡Gracias! Tu factura llega en unos minutos por correo y WhatsApp.",
        "over": "Estos datos ya no hacen falta: tu factura está en camino o ya fue emitida.",
    },
    Language.EN: {
        "title": "Correct your tax data",
        "about": "Copy them from your Constancia de Situación Fiscal (download it at sat.gob.mx with your password).",
        "refused": "The SAT does not recognize this. ",
        "wrong": "This cannot be right: ",
        "auto": "Automatic",
        "send": "Send and get my invoice",
        "done": "Thank you! Your invoice arrives in a few minutes by e-mail and WhatsApp.",
        "over": "These data are no longer needed: your invoice is on its way or has been issued.",
    },
}
_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:6vh auto;max-width:34em;padding:0 1.2em;color:#222}"
    "h1{font-size:1.4em}label{display:block;margin-top:1.3em;font-weight:600}small{display:block;color:#666;font-weight:400}"
    "input,select{font:inherit;width:100%;padding:.5em;box-sizing:border-box;border:1px solid #999;border-radius:4px}"
    ".bad input,.bad select{border:2px solid #b00020}.why{color:#b00020;font-weight:400}"
    "button{font:inherit;margin:1.6em 0;padding:.7em 1.2em;border:0;border-radius:4px;background:#14532d;color:#fff}"
)


_HTML = {"text/html": {"schema": {"type": "string"}}}
_PAGES: dict[int | str, dict[str, Any]] = {
    404: {"description": "a page: the link is not valid", "content": _HTML},
    409: {"description": "a page: there is nothing to correct", "content": _HTML},
    422: {
        "description": "the form again, with what is wrong; or a problem",
        "content": _HTML | RESPONSES[422]["content"],
    },
    503: {"description": "a page: try again in a minute; or a problem", "content": _HTML | RESPONSES[503]["content"]},
}


@router.get(
    "/datos-fiscales/{token}", summary="Form for refused tax data", response_class=HTMLResponse, responses=_PAGES
)
async def form(token: str, context: Ctx) -> Response:
    """The data as they were used, the refused field marked, and what the constancia says of each."""
    try:
        found = await _opened(context, token)
        if found is None:
            return page(Page.BAD_LINK, 404)
        document, customer, brand = found
    except Missing:
        return page(Page.BAD_LINK, 404)
    except Failure:
        return page(Page.LATER, 503)
    words = _PAGE_WORDS[customer.language]
    if document.state not in _WAITING:
        return _said(brand, customer.language, words["over"])
    known = customer.receiver
    given = dict.fromkeys(_FIELDS, "")
    if known is not None:
        given = dict(zip(_FIELDS, (known.rfc, known.name, known.regime, known.postal_code, known.use), strict=True))
    return _form(brand, customer.language, given, document.field, words["refused"])


@router.post(
    "/datos-fiscales/{token}", summary="Correct refused tax data", response_class=HTMLResponse, responses=_PAGES
)
async def submit(
    token: str,
    context: Ctx,
    tax_id: Annotated[str, Form(max_length=32)] = "",
    legal_name: Annotated[str, Form(max_length=400)] = "",
    tax_regime: Annotated[str, Form(max_length=8)] = "",
    postal_code: Annotated[str, Form(max_length=16)] = "",
    cfdi_use: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Checked offline; then kept for every invoice to come, and the document that waits is made anew."""
    try:
        found = await _opened(context, token)
        if found is None:
            return page(Page.BAD_LINK, 404)
        document, customer, brand = found
        words = _PAGE_WORDS[customer.language]
        given = dict(zip(_FIELDS, (tax_id, legal_name, tax_regime, postal_code, cfdi_use), strict=True))
        if document.state not in _WAITING:
            return _said(brand, customer.language, words["over"])
        try:
            receiver = _receiver(given)
        except FieldInvalid as fault:
            return _form(brand, customer.language, given, fault.field, words["wrong"], status=422)
        if not await context.door.ready():
            return page(Page.LATER, 503)
        await context.store.save_receiver(document.tenant, customer.id, receiver)
        order = DocumentCommand.CORRECT_RECEIVER
        await context.door.command_document(document.tenant, document.source, order, _BY_CUSTOMER)
    except (CommandRefused, ProcessNotFound):
        return _said(brand, customer.language, words["over"])
    except Missing:
        return page(Page.BAD_LINK, 404)
    except (ProcessesUnavailable, Failure):
        return page(Page.LATER, 503)
    return _said(brand, customer.language, words["done"])


def _receiver(given: dict[str, str]) -> Receiver:
    return fiscal.receiver(
        rfc=given["tax_id"],
        name=given["legal_name"],
        regime=given["tax_regime"],
        postal_code=given["postal_code"],
        use=given["cfdi_use"],
    )


async def _opened(context: Context, token: str) -> tuple[TaxDocument, Customer, str] | None:
    """The newest version of the document the token speaks of, whose it is, and the tenant's name."""
    found = opened(token, context.settings.link_key.get_secret_value())
    if found is None or found[0] is not Purpose.TAX_DATA:
        return None
    _, tenant, key = found
    document = await context.store.document(tenant, key)
    if document is None or document.kind is DocumentKind.GLOBAL:
        return None
    versions = [d for d in await context.store.documents_of(tenant, document.source) if d.kind is document.kind]
    customer = await context.store.customer_of(tenant, document.subscription)
    return versions[-1], customer, (await context.store.tenant(tenant)).name


def _form(
    brand: str, language: Language, given: dict[str, str], bad: str, why: str, *, status: int = 200
) -> HTMLResponse:
    words = _PAGE_WORDS[language]
    rows = []
    for name in _FIELDS:
        label, hint = _FIELD_WORDS[language][name]
        told = f'<span class="why">{escape(why)}{escape(hint)}</span>' if name == bad else ""
        marked = ' class="bad"' if name == bad else ""
        small = "" if told else f"<small>{escape(hint)}</small>"
        box = _box(name, given[name], words["auto"])
        rows.append(f'<label for="{name}"{marked}>{escape(label)} {told}{small}{box}</label>')
    title, about, send = (escape(words[name]) for name in ("title", "about", "send"))
    body = f'<h1>{title}</h1><p>{about}</p><form method="post">{"".join(rows)}<button>{send}</button></form>'
    return _html(brand, language, body, status)


def _box(name: str, value: str, auto: str) -> str:
    if name in ("tax_regime", "cfdi_use"):
        catalogue = {code: row.name for code, row in (REGIMES if name == "tax_regime" else USES).items()}
        for payroll in ("CP01", "CN01"):
            catalogue.pop(payroll, None)
        first = f'<option value="">{escape(auto)}</option>' if name == "cfdi_use" else '<option value=""></option>'
        options = "".join(
            f'<option value="{code}"{" selected" if code == value else ""}>{code} {escape(text)}</option>'
            for code, text in catalogue.items()
        )
        return f'<select id="{name}" name="{name}">{first}{options}</select>'
    numeric = ' inputmode="numeric"' if name == "postal_code" else ""
    return f'<input id="{name}" name="{name}" value="{escape(value, quote=True)}"{numeric} autocomplete="off">'


def _said(brand: str, language: Language, text: str) -> HTMLResponse:
    return _html(brand, language, f"<h1>{escape(brand)}</h1><p>{escape(text)}</p>", 200)


def _html(brand: str, language: Language, body: str, status: int) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{escape(brand)}</title><style>{_STYLE}</style><body>{body}</body></html>',
        status,
    )
