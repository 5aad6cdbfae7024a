"""The page on which a business opens its own account, and the one that says what comes next. Spanish first, English by `?lang=en`."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError

from api.access import public
from api.deps import Context, Ctx
from api.layout import Frame, Width, laid_out
from api.markup import address, markup, spoken, switched
from api.pages.page_routes import PAGES, PageRoute
from api.pages.pages import Page, page
from api.pricing import Lang
from api.problems import Problem
from api.trial_signup import AccountView, House, TrialSignup, house_of, open_account
from models.access import passwords
from models.access.onboarding import GUIDES, Step
from models.agreements.legal import LegalKind
from models.look.brand import Brand, neutral
from models.selling.applying import Agreement, agreements
from models.speaking.notices import Language

router = APIRouter(tags=["pages"], route_class=PageRoute, dependencies=[public("whoever signs up is nobody's yet")])

FIELDS = ("business", "name", "email", "phone", "password", "terms_version")
_ANSWERS: dict[int | str, dict[str, Any]] = PAGES | {
    201: {"description": "a page: the account is open", "content": PAGES[200]["content"]},
    202: {"description": "a page: it is being opened, an e-mail follows", "content": PAGES[200]["content"]},
    409: {"description": "the form again: this e-mail cannot be used", "content": PAGES[200]["content"]},
    429: {"description": "the form again: too many tries", "content": PAGES[200]["content"]},
}

# Label, what is asked, and what to do where it cannot be right.
_WORDS: dict[Language, dict[str, tuple[str, str, str]]] = {
    Language.ES: {
        "business": ("Nombre de tu negocio", "Como lo conocen tus clientes.", "Escríbelo con letras o números."),
        "name": ("Tu nombre", "", "Escribe tu nombre."),
        "email": (
            "Correo electrónico",
            "Con él entras a tu cuenta.",
            "Escribe un correo completo, por ejemplo ana@ejemplo.mx.",
        ),
        "phone": (
            "Teléfono",
            "10 dígitos.",
            "Escribe los 10 dígitos, o + y la clave de país, por ejemplo 55 1234 5678.",
        ),
        "password": (
            "Contraseña",
            f"{passwords.SHORTEST} caracteres o más; varias palabras sirven bien.",
            f"Usa {passwords.SHORTEST} caracteres o más, variados, sin tu correo ni el nombre del negocio.",
        ),
        "terms_version": ("condiciones", "", "Para continuar, lee y acepta las condiciones."),
    },
    Language.EN: {
        "business": ("Name of your business", "As your customers know it.", "Write it with letters or digits."),
        "name": ("Your name", "", "Write your name."),
        "email": ("E-mail", "You log in with it.", "Write a whole address, for example ana@example.mx."),
        "phone": (
            "Phone",
            "10 digits.",
            "Write the 10 digits, or + and the country code, for example +52 55 1234 5678.",
        ),
        "password": (
            "Password",
            f"{passwords.SHORTEST} characters or more; several words do well.",
            f"Use {passwords.SHORTEST} characters or more, of several kinds, without your e-mail or the business's name.",
        ),
        "terms_version": ("terms", "", "To go on, read and accept the terms."),
    },
}
_TITLE = {Language.ES: "Abre tu cuenta", Language.EN: "Open your account"}
_NEXT = {Language.ES: "Tus primeros pasos", Language.EN: "Your first steps"}
_TAKEN = {
    Language.ES: "Con ese correo no se puede abrir otra cuenta: entra con él, o usa otro.",
    Language.EN: "That e-mail cannot open another account: log in with it, or use another one.",
}


class Given(BaseModel):
    """What was typed. Nothing is refused here: what is wrong is said beside its field."""

    business: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    password: str = ""
    terms_version: str = ""
    """The version that the form showed, where it is accepted."""


@router.get("/registro", summary="Open an account", response_class=HTMLResponse, responses=PAGES)
async def form(context: Ctx, lang: Lang = "") -> Response:
    """Whose product it is, what is asked and what is agreed to. Nothing is kept until it is sent."""
    try:
        house = await house_of(context)
    except Problem:
        return page(Page.LATER, 503)
    return await _drawn(context, house, spoken(lang), Given())


@router.post("/registro", summary="Open an account", response_class=HTMLResponse, responses=_ANSWERS)
async def submit(given: Annotated[Given, Form()], request: Request, context: Ctx, lang: Lang = "") -> Response:
    """As `POST /auth/signup-trial`. What is wrong stands beside its field, and what was typed stays, but for the password."""
    language = spoken(lang)
    try:
        house = await house_of(context)
        asked = {name: value or " " for name, value in given.model_dump().items()}
        opened = await open_account(TrialSignup(**asked, language=language), request, context)
    except ValidationError as told:
        wrong = frozenset(str(error["loc"][0]) for error in told.errors())
        return await _drawn(context, await house_of(context), language, given, wrong=wrong, status=422)
    except Problem as problem:
        if problem.status_code == 503:
            return page(Page.LATER, 503, language=language)
        wrong = frozenset(error.field for error in problem.errors)
        return await _drawn(context, house, language, given, wrong=wrong, status=problem.status_code)
    return await _done(context, house, language, opened)


@router.get(
    "/registro/primeros-pasos/{tenant}",
    summary="First steps of a business",
    response_class=HTMLResponse,
    responses=PAGES,
)
async def first_steps(tenant: str, context: Ctx, lang: Lang = "") -> Response:
    """The same for everybody: what of it is done, `GET /v1/onboarding` tells those who log in."""
    language = spoken(lang)
    settings = context.settings
    brand = await _brand(context, settings.house_tenant)
    body = markup(
        "first_steps.html",
        language,
        title=_NEXT[language],
        tenant=tenant,
        api=settings.public_url.rstrip("/"),
        guides=[(step, GUIDES[step]) for step in Step],
    )
    frame = Frame(other=switched(f"/registro/primeros-pasos/{tenant}", language), width=Width.MIDDLE)
    return laid_out(brand, title=_NEXT[language], body=body, language=language, frame=frame)


async def _drawn(
    context: Context,
    house: House,
    language: Language,
    given: Given,
    *,
    wrong: frozenset[str] = frozenset(),
    status: int = 200,
) -> HTMLResponse:
    brand = await _brand(context, house.tenant.id if house.tenant else "")
    plan = await context.store.plan(house.tenant.id, house.plan) if house.tenant else None
    body = markup(
        "register.html",
        language,
        title=_TITLE[language],
        plan=plan,
        given=given.model_copy(update={"password": ""}),
        words=_WORDS[language],
        wrong=[field for field in FIELDS if field in wrong],
        taken=_TAKEN[language] if status == 409 else "",
        slow=status == 429,
        terms=house.terms,
        agreements=await _agreements(context, house, brand, language),
    )
    frame = Frame(other=switched("/registro", language), width=Width.MIDDLE)
    return laid_out(brand, title=_TITLE[language], body=body, language=language, status=status, frame=frame)


async def _done(context: Context, house: House, language: Language, opened: AccountView) -> HTMLResponse:
    brand = await _brand(context, house.tenant.id if house.tenant else "")
    tongue = "en" if language is Language.EN else ""
    body = markup(
        "registered.html",
        language,
        title=_TITLE[language],
        opened=opened,
        onward=address(f"/registro/primeros-pasos/{opened.tenant}", lang=tongue),
    )
    status = 201 if opened.ready else 202
    return laid_out(brand, title=_TITLE[language], body=body, language=language, status=status)


async def _brand(context: Context, house: str) -> Brand:
    return await context.store.brand(house) if house else neutral("", "Perdura")


async def _agreements(context: Context, house: House, brand: Brand, language: Language) -> tuple[Agreement, ...]:
    if house.tenant is None:
        return ()
    newest = {text.kind: text for text in await context.store.legal_texts(house.tenant.id)}
    return tuple(each for each in agreements(brand, newest, language) if each.kind in LegalKind)
