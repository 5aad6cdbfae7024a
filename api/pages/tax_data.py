"""The page on which a customer corrects the tax data that a PAC refused. Its address is in a message and is the authorisation.

Spanish first; the same words in English for who is written to in English. What is typed is checked here before anything is
sent: the SAT's own word comes with the next invoice, which is made of it at once.
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse

from activities.failures import Missing
from activities.ports.processes import CommandRefused, ProcessNotFound
from api.access import public
from api.deps import Context, Ctx
from api.layout import laid_out
from api.pages.page_routes import LINKED, LinkRoute, subject
from api.pages.pages import Page, page
from models.cfdi import fiscal
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import Receiver
from models.cfdi.sat_catalogues import REGIMES, USES
from models.commands import DocumentCommand
from models.look.brand import Brand
from models.messages import Command
from models.people import FieldInvalid
from models.records import Customer
from models.speaking.links import Purpose
from models.speaking.notices import Language

router = APIRouter(
    tags=["links"],
    route_class=LinkRoute,
    dependencies=[public("the signed token in the address is the authorisation")],
)

_WAITING = frozenset({DocumentState.REJECTED, DocumentState.WAITING_DATA})
_BY_CUSTOMER = Command("customer", "tax data corrected on the page of the message")
FIELDS = ("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use")

# What is chosen from the SAT's tables, by code; payroll is nobody's here.
CHOICES = {
    "tax_regime": {code: row.name for code, row in REGIMES.items()},
    "cfdi_use": {code: row.name for code, row in USES.items() if code not in ("CP01", "CN01")},
}

# Label, and what the constancia says of it.
FIELD_WORDS: dict[Language, dict[str, tuple[str, str]]] = {
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
PAGE_WORDS = {
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


def filled_in(
    tax_id: Annotated[str, Form(max_length=32)] = "",
    legal_name: Annotated[str, Form(max_length=400)] = "",
    tax_regime: Annotated[str, Form(max_length=8)] = "",
    postal_code: Annotated[str, Form(max_length=16)] = "",
    cfdi_use: Annotated[str, Form(max_length=8)] = "",
) -> dict[str, str]:
    """The form as it was filled in, by `FIELDS`."""
    return dict(zip(FIELDS, (tax_id, legal_name, tax_regime, postal_code, cfdi_use), strict=True))


Given = Annotated[dict[str, str], Depends(filled_in)]


@router.get(
    "/datos-fiscales/{token}", summary="Form for refused tax data", response_class=HTMLResponse, responses=LINKED
)
async def form(token: str, context: Ctx) -> Response:
    """The data as they were used, the refused field marked, and what the constancia says of each."""
    document, customer, brand = await _opened(context, token)
    words = PAGE_WORDS[customer.language]
    if document.state not in _WAITING:
        return said_page(brand, customer.language, words["over"])
    return form_page(brand, customer.language, given_before(customer), document.field, words["refused"])


@router.post(
    "/datos-fiscales/{token}", summary="Correct refused tax data", response_class=HTMLResponse, responses=LINKED
)
async def submit(token: str, context: Ctx, given: Given) -> Response:
    """Checked offline; then kept for every invoice to come, and the document that waits is made anew."""
    document, customer, brand = await _opened(context, token)
    words = PAGE_WORDS[customer.language]
    if document.state not in _WAITING:
        return said_page(brand, customer.language, words["over"])
    try:
        receiver = receiver_of(given)
    except FieldInvalid as fault:
        return form_page(brand, customer.language, given, fault.field, words["wrong"], status=422)
    if not await context.door.ready():
        return page(Page.LATER, 503)
    await context.store.save_receiver(document.tenant, customer.id, receiver)
    try:
        order = DocumentCommand.CORRECT_RECEIVER
        await context.door.command_document(document.tenant, document.source, order, _BY_CUSTOMER)
    except (CommandRefused, ProcessNotFound):
        return said_page(brand, customer.language, words["over"])
    return said_page(brand, customer.language, words["done"])


def given_before(customer: Customer) -> dict[str, str]:
    """The form as the customer filled it in before, or empty."""
    known = customer.receiver
    if known is None:
        return dict.fromkeys(FIELDS, "")
    return dict(zip(FIELDS, (known.rfc, known.name, known.regime, known.postal_code, known.use), strict=True))


def receiver_of(given: dict[str, str]) -> Receiver:
    """Whom the form names. Raises FieldInvalid."""
    return fiscal.receiver(
        rfc=given["tax_id"],
        name=given["legal_name"],
        regime=given["tax_regime"],
        postal_code=given["postal_code"],
        use=given["cfdi_use"],
    )


async def _opened(context: Context, token: str) -> tuple[TaxDocument, Customer, Brand]:
    """The newest version of the document the token speaks of, whose it is, and the tenant's brand. Raises Missing."""
    tenant, key = subject(context, token, Purpose.TAX_DATA)
    document = await context.store.document(tenant, key)
    if document is None or document.kind is DocumentKind.GLOBAL:
        raise Missing("there is no such document of a customer")
    versions = [d for d in await context.store.documents_of(tenant, document.source) if d.kind is document.kind]
    customer = await context.store.customer_of(tenant, document.subscription)
    return versions[-1], customer, await context.store.brand(tenant)


def form_page(
    brand: Brand,
    language: Language,
    given: dict[str, str],
    bad: str = "",
    why: str = "",
    *,
    status: int = 200,
    words: dict[str, str] | None = None,
) -> HTMLResponse:
    """The form for tax data, the wrong field marked. `words`: of another page that asks for them."""
    words = words or PAGE_WORDS[language]
    rows = []
    for name in FIELDS:
        label, hint = FIELD_WORDS[language][name]
        told = (
            f'<small class="why">{escape(why)}{escape(hint)}</small>'
            if name == bad
            else f"<small>{escape(hint)}</small>"
        )
        told = told.replace("<small", f'<small id="{name}-hint"', 1)
        marked = " bad" if name == bad else ""
        box = _box(name, given[name], words["auto"], wrong=name == bad)
        rows.append(f'<div class="field{marked}"><label for="{name}">{escape(label)}</label>{told}{box}</div>')
    title, about, send = (escape(words[name]) for name in ("title", "about", "send"))
    form = f'<form method="post">{"".join(rows)}<button class="button">{send}</button></form>'
    wrong = (
        f'<p class="banner" role="alert">{escape(why)}{escape(FIELD_WORDS[language][bad][0])}</p>'
        if bad in FIELDS
        else ""
    )
    body = f'{wrong}<h1>{title}</h1><p>{about}</p><div class="card">{form}</div>'
    return laid_out(brand, title=words["title"], body=body, language=language, status=status)


def _box(name: str, value: str, auto: str, *, wrong: bool) -> str:
    more = f' id="{name}" name="{name}" aria-describedby="{name}-hint"' + (' aria-invalid="true"' if wrong else "")
    if name in CHOICES:
        first = f'<option value="">{escape(auto)}</option>' if name == "cfdi_use" else '<option value=""></option>'
        options = "".join(
            f'<option value="{code}"{" selected" if code == value else ""}>{code} {escape(text)}</option>'
            for code, text in CHOICES[name].items()
        )
        return f"<select{more}>{first}{options}</select>"
    numeric = ' inputmode="numeric"' if name == "postal_code" else ""
    capital = ' autocapitalize="characters"' if name in ("tax_id", "legal_name") else ""
    return f'<input{more} value="{escape(value, quote=True)}"{numeric}{capital} autocomplete="off" required>'


def said_page(brand: Brand, language: Language, text: str, title: str = "") -> HTMLResponse:
    """A page that says what became of it."""
    title = title or PAGE_WORDS[language]["title"]
    body = f'<div class="card"><h1>{escape(title)}</h1><p role="status">{escape(text)}</p></div>'
    return laid_out(brand, title=title, body=body, language=language)
