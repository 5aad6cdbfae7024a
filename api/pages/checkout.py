"""Signing up on a page: a form, on to the provider's page for the card, and what became of it."""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from activities.failures import Missing
from api import billing
from api.access import public
from api.deps import ID, Context, Ctx
from api.markup import address, spoken
from api.pages.account_link import mail_account_link, returning
from api.pages.checkout_form import FIELDS, Given, Shown, drawn
from api.pages.page_routes import PAGES, PageRoute
from api.pages.pages import Page, page
from api.pricing import Lang, shopfront
from api.problems import Problem
from api.signup import FiscalData, checked, taken
from models.access.provisioning import Acceptance
from models.look.brand import Brand
from models.people import FieldInvalid, email
from models.records import AuditEntry, Customer
from models.selling.applying import Agreement, agreements, named
from models.selling.plans import Plan
from models.speaking.links import Purpose, dated_token
from models.speaking.notices import Language

router = APIRouter(
    tags=["pages"], route_class=PageRoute, dependencies=[public("whoever signs up is nobody's customer yet")]
)

GOOD = timedelta(days=2)  # the provider's page lives for one
_ANSWERS: dict[int | str, dict[str, Any]] = PAGES | {
    303: {"description": "on to the page that leads to the provider's, at `Location`"},
    409: {"description": "a page: this e-mail is a customer's, who is written to", "content": PAGES[200]["content"]},
}
Account = Annotated[str, Query(max_length=400, description="the account's link, for whoever signs up once more")]


@router.get("/contratar/{tenant}/{plan}", summary="Sign up for a plan", response_class=HTMLResponse, responses=PAGES)
async def form(tenant: str, plan: str, context: Ctx, lang: Lang = "", cuenta: Account = "") -> Response:
    """Who, where invoices go, and what is agreed to. Nothing is kept until it is sent."""
    shown = await _shown(context, tenant, plan, spoken(lang), cuenta)
    return drawn(shown, _begun(await returning(context, tenant, cuenta)))


@router.post("/contratar/{tenant}/{plan}", summary="Sign up", response_class=HTMLResponse, responses=_ANSWERS)
async def submit(
    tenant: str,
    plan: str,
    given: Annotated[Given, Form()],
    request: Request,
    context: Ctx,
    lang: Lang = "",
    cuenta: Account = "",
) -> Response:
    """Sent twice it is one signup. What is wrong stands beside its field, and what was typed stays.

    An e-mail that is a customer's already is not signed up here, but by the link that is mailed there.
    """
    language = spoken(lang)
    shown = await _shown(context, tenant, plan, language, cuenta)
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", given.nonce):
        given = given.model_copy(update={"nonce": secrets.token_urlsafe(16)})
    wrong = set() if given.agreed and given.seen == named(shown.agreements) else {"agreed"}
    try:
        address_of = email(given.email)
    except FieldInvalid:
        address_of = ""
    name = _order(given.nonce, tenant, plan, address_of)
    entered = f"s_{name[:24]}"
    token = signup_token(context, tenant, entered)
    here = f"{context.settings.public_url.rstrip('/')}/contratar/{tenant}"
    back = address(f"{here}/listo/{token}", lang="en" if language is Language.EN else "")
    known = await returning(context, tenant, cuenta)
    try:
        order = billing.CheckoutOrder(
            plan=plan,
            # Whoever has shown to be a customer keeps the reference that the business knows them by. Others get one that is nobody's yet.
            customer_reference=known.reference if known and known.email == address_of else _reference(context, name),
            name=given.name or " ",
            email=given.email,
            phone=given.phone,
            language=language,
            fiscal=FiscalData(**given.fiscal) if given.fiscal else None,
            success_url=back,
            cancel_url=back,
        )
        if wrong:  # nothing is entered that is not agreed to; what else is wrong is said in the same breath
            await checked(order, context, shown.tenant)
        else:
            opened, _ = await billing.open_page(order, context, shown.tenant, name)
            if opened.subscription != entered:  # an earlier form's: it goes on by the link that is mailed
                raise taken("email", "has begun to sign up already", opened.subscription)
            await _note(context, shown, entered, request.client.host if request.client else "")
    except ValidationError as told:
        wrong |= {str(error["loc"][-1]) for error in told.errors()}
    except Problem as problem:
        if problem.status_code == 503:
            return page(Page.LATER, 503, brand=shown.brand, language=language)
        if problem.more.get("subscription") == entered:
            return RedirectResponse(back, 303)  # it has gone through already
        if problem.kind == "taken":
            found = await context.store.subscriber_by_email(tenant, address_of)
            if found is not None:
                await mail_account_link(context, shown.tenant, found)
            return drawn(shown, given, taken=True, status=409)
        wrong |= {error.field.removeprefix("fiscal.") for error in problem.errors}
    if wrong:
        return drawn(shown, given, wrong=frozenset(wrong & set(FIELDS)) or frozenset({"name"}), status=422)
    return RedirectResponse(
        address(f"/contratar/{tenant}/pago/{token}", lang="en" if language is Language.EN else ""), 303
    )


def _begun(known: Customer | None) -> Given:
    """A fresh form; for a customer who comes back, with what is known of them."""
    nonce = secrets.token_urlsafe(16)
    if known is None:
        return Given(nonce=nonce)
    tax = known.receiver
    return Given(
        nonce=nonce,
        name=known.name,
        email=known.email,
        phone=known.phone,
        tax_id=tax.rfc if tax else "",
        legal_name=tax.name if tax else "",
        tax_regime=tax.regime if tax else "",
        postal_code=tax.postal_code if tax else "",
        cfdi_use=tax.use if tax else "",
    )


async def _shown(context: Context, tenant: str, code: str, language: Language, account: str) -> Shown:
    brand = await shopfront(context, tenant)
    plan = await _sold(context, tenant, code)
    owner = await context.store.tenant(tenant)
    agreed = await _agreements(context, brand, language)
    return Shown(brand, owner, plan, language, agreed, context.calendar(owner), account)


async def _sold(context: Context, tenant: str, code: str) -> Plan:
    plan = await context.store.plan(tenant, code) if re.fullmatch(ID, code) else None
    if plan is None or plan.archived:
        raise Missing("it is not sold")
    return plan


async def _agreements(context: Context, brand: Brand, language: Language) -> tuple[Agreement, ...]:
    newest = {text.kind: text for text in await context.store.legal_texts(brand.tenant)}
    return agreements(brand, newest, language)


def _order(nonce: str, tenant: str, plan: str, address_of: str) -> str:
    """One form, one person, one plan: one order, however often it is sent."""
    return hashlib.sha256("\0".join((nonce, tenant, plan, address_of)).encode()).hexdigest()


def _reference(context: Context, order: str) -> str:
    """The reference of somebody new. Nobody can choose a nonce that hits on another's."""
    return f"web-{hashlib.sha256(context.tokens.blind('web', order).encode()).hexdigest()[:12]}"


def signup_token(context: Context, tenant: str, subscription: str) -> str:
    """What lets whoever is in the middle of a signup see what became of it, for some days."""
    key, until = context.settings.link_secret, datetime.now(UTC) + GOOD
    return dated_token(key, Purpose.SIGNUP, tenant, subscription, until)


async def _note(context: Context, shown: Shown, subscription: str, place: str) -> None:
    """What was agreed to, when and from which address, and a line in the subscription's story; sent twice it is kept once."""
    agreed, tenant, now = named(shown.agreements), shown.brand.tenant, datetime.now(UTC)
    customer = await context.store.customer_of(tenant, subscription)
    for each in shown.agreements:
        await context.store.keep_acceptance(Acceptance(tenant, customer.id, each.kind, each.version, now, place))
    key = f"agreed/{subscription}/{hashlib.sha256(agreed.encode()).hexdigest()[:8]}"
    entry = AuditEntry(
        tenant=tenant,
        subscription=subscription,
        key=key,
        at=now,
        actor="customer",
        action="terms accepted",
        reason="signed up on the page",
        detail=agreed or "the price and its renewal",
    )
    await context.store.audit(entry)
