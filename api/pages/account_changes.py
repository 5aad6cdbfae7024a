"""What a customer does about their own subscription: another plan, leaving, staying after all. Each is shown before it is done."""

import re
import secrets
from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.failures import Missing
from activities.ports.processes import CommandRefused, ProcessNotFound
from api import plan_changes
from api.deps import ID, Context, Ctx
from api.markup import address, spoken
from api.pages.account import BY_TOKEN, account, whose
from api.pages.account_page import Account, drawn
from api.pages.page_routes import PAGES, PageRoute
from api.pages.pages import Page, page
from api.pricing import Lang
from api.problems import Problem
from models.changing.plan_change_words import cfdi_words, debt_words, offer_words
from models.commands import SubscriptionCommand
from models.messages import Command
from models.people import FieldInvalid
from models.records import Tenant
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status

CUSTOMER, WHY = "customer", "on their account's page"
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")


async def from_our_page(request: Request) -> None:
    """The link alone authorises; and a browser that says it was pressed on another site's page is not followed."""
    if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Missing("it was not pressed on this page")


router = APIRouter(
    prefix="/cuenta/{token}", tags=["pages"], route_class=PageRoute, dependencies=[BY_TOKEN, Depends(from_our_page)]
)
_DONE: dict[int | str, dict[str, Any]] = PAGES | {
    303: {"description": "back to the account, which says what was done"},
    409: {"description": "a page: as things stand it cannot be done, and what can", "content": PAGES[200]["content"]},
}
Token = Annotated[str, Form(max_length=2_000)]
Nonce = Annotated[str, Form(max_length=64)]


@router.get("/plan", summary="Choose another plan", response_class=HTMLResponse, responses=_DONE)
async def plans(token: str, context: Ctx, lang: Lang = "") -> Response:
    """Those there are, each with what it costs; nothing changes by looking."""
    tenant, known = await _opened(context, token, lang)
    if (why := _obstacle(known)) is not None:
        return _cannot(known, why)
    titles = {Language.ES: "Cambiar de plan", Language.EN: "Change plan"}
    choices = await plan_changes.choices(context, tenant, known.found)
    return drawn(known, file="account_plans.html", step="plan", title=titles[known.language], choices=choices)


@router.get("/plan/{plan}", summary="What another plan would change", response_class=HTMLResponse, responses=_DONE)
async def preview(token: str, plan: str, context: Ctx, lang: Lang = "", again: bool = False) -> Response:
    """To the centavo, with limits and features side by side, and a button that does exactly this."""
    tenant, known = await _opened(context, token, lang)
    if not re.fullmatch(ID, plan):
        raise Missing("there is no such plan")
    try:
        shown = await plan_changes.previewed(context, tenant, known.found, plan)
    except (Problem, FieldInvalid):
        return _cannot(known, _obstacle(known) or "")
    change = shown.change
    titles = {Language.ES: "Cambiar a {plan}", Language.EN: "Change to {plan}"}
    return drawn(
        known,
        file="account_change.html",
        step=f"plan/{plan}",
        title=titles[known.language].format(plan=change.after.name),
        change=change,
        confirmation=shown.confirmation,
        cfdi=cfdi_words(change).in_(known.language),
        debt=debt_words(change).in_(known.language),
        offer=offer_words(change.offer).in_(known.language) if change.offer else "",
        again=again,
    )


@router.post("/plan", summary="Change the plan as shown", response_class=HTMLResponse, responses=_DONE)
async def change(
    token: str, context: Ctx, confirmation: Token = "", plan: Annotated[str, Form(max_length=64)] = "", lang: Lang = ""
) -> Response:
    """Confirmed twice it is carried out once. Where something else would happen by now, that is shown instead."""
    tenant, known = await _opened(context, token, lang)
    order = plan_changes.carried_out(context, tenant, known.found, confirmation, actor=CUSTOMER, reason=WHY)
    retry = f"plan/{plan}" if re.fullmatch(ID, plan) else "plan"
    return await _done(known, order, "plan", retry=retry)


@router.post("/deshacer", summary="Stay on the present plan", response_class=HTMLResponse, responses=_DONE)
async def undo(token: str, context: Ctx, nonce: Nonce = "", lang: Lang = "") -> Response:
    """A change that waits for the period's end does not come."""
    tenant, known = await _opened(context, token, lang)
    key = _key("undo", known, nonce)
    order = plan_changes.undone(context, tenant, known.found, actor=CUSTOMER, reason=WHY, key=key)
    return await _done(known, order, "undo")


@router.get("/cancelar", summary="What cancelling means", response_class=HTMLResponse, responses=_DONE)
async def leaving(token: str, context: Ctx, lang: Lang = "", again: bool = False) -> Response:
    """Until when service runs, what is lost, and what the business offers instead."""
    tenant, known = await _opened(context, token, lang)
    try:
        shown = await plan_changes.leaving_previewed(context, tenant, known.found)
    except Problem:
        return _cannot(known, "ending" if known.found.record.cancel_at_period_end else "")
    titles = {Language.ES: "Cancelar tu suscripción", Language.EN: "Cancel your subscription"}
    change = shown.change
    return drawn(
        known,
        file="account_leave.html",
        step="cancelar",
        title=titles[known.language],
        leaving=change,
        confirmation=shown.confirmation,
        cfdi=cfdi_words(change).in_(known.language),
        debt=debt_words(change).in_(known.language),
        offer=offer_words(change.offer).in_(known.language) if change.offer else "",
        again=again,
    )


@router.post("/cancelar", summary="Cancel as shown", response_class=HTMLResponse, responses=_DONE)
async def leave(token: str, context: Ctx, confirmation: Token = "", lang: Lang = "") -> Response:
    """With the period that is paid; it can be taken back until then."""
    tenant, known = await _opened(context, token, lang)
    order = plan_changes.left(context, tenant, known.found, confirmation, actor=CUSTOMER, reason=WHY)
    return await _done(known, order, "leave", retry="cancelar")


@router.post("/conservar", summary="Take a cancellation back", response_class=HTMLResponse, responses=_DONE)
async def keep(token: str, context: Ctx, nonce: Nonce = "", lang: Lang = "") -> Response:
    """The subscription goes on as it was."""
    tenant, known = await _opened(context, token, lang)
    key = _key("keep", known, nonce)
    order = plan_changes.kept(context, tenant, known.found, actor=CUSTOMER, reason=WHY, key=key)
    return await _done(known, order, "keep")


@router.post("/quedarme", summary="Take the offer to stay", response_class=HTMLResponse, responses=_DONE)
async def stay(token: str, context: Ctx, confirmation: Token = "", lang: Lang = "") -> Response:
    """In the place of the change or cancellation that was shown with it."""
    tenant, known = await _opened(context, token, lang)
    order = plan_changes.stayed(context, tenant, known.found, confirmation, actor=CUSTOMER, reason=WHY)
    return await _done(known, order, "stay", retry="cancelar")


@router.post("/reanudar", summary="End a pause", response_class=HTMLResponse, responses=_DONE)
async def resume(token: str, context: Ctx, nonce: Nonce = "", lang: Lang = "") -> Response:
    """Service and charges go on."""
    tenant, known = await _opened(context, token, lang)
    order = context.door.command_subscription(
        tenant.id,
        known.found.record.id,
        SubscriptionCommand.RESUME,
        Command(CUSTOMER, WHY),
        update_id=_key("resume", known, nonce),
    )
    return await _done(known, order, "resume")


async def _opened(context: Context, token: str, lang: str) -> tuple[Tenant, Account]:
    found = await whose(context, token, spoken(lang))
    return await context.store.tenant(found.record.tenant), await account(context, found, token, lang)


async def _done(known: Account, order: Awaitable[object], said: str, *, retry: str = "") -> Response:
    """Carry an order out and go back to the account; or say in the customer's words why not."""
    try:
        await order
    except Problem as problem:
        if problem.status_code == 503:
            return page(Page.LATER, 503, brand=known.brand, language=known.language)
        if problem.kind == "changed" or problem.status_code == 422:  # shown again as it would be now
            return RedirectResponse(_to(known, retry, again="true" if retry != "plan" else ""), 303)
        return _cannot(known, _obstacle(known) or "")
    except (CommandRefused, ProcessNotFound):
        return _cannot(known, _obstacle(known) or "")
    return RedirectResponse(_to(known, "", done=said), 303)


def _to(known: Account, step: str, **query: str) -> str:
    path = f"/cuenta/{known.token}" + (f"/{step}" if step else "")
    return address(path, lang="en" if known.language is Language.EN else "", **query)


def _key(what: str, known: Account, nonce: str) -> str:
    """The order's name: the same button pressed twice is one order, and pressed another day another."""
    return f"{what}:{known.found.record.id}:{nonce if _NONCE.fullmatch(nonce) else secrets.token_urlsafe(12)}"


def _obstacle(known: Account) -> str | None:
    """What stands in the way of another plan, as `account_cannot.html` words it; None where nothing does."""
    record = known.found.record
    if known.waiting is not None:
        return "waiting"
    if record.cancel_at_period_end:
        return "ending"
    if record.status is Status.PAUSED:
        return "paused"
    if record.status in (Status.INCOMPLETE, Status.CANCELED):
        return "over"
    return "owed" if record.amount_due.centavos and record.status is Status.SUSPENDED else None


def _cannot(known: Account, why: str) -> Response:
    titles = {Language.ES: "Ahora no se puede", Language.EN: "Not possible now"}
    if not why and known.found.record.amount_due.centavos:
        why = "owed"
    return drawn(known, file="account_cannot.html", title=titles[known.language], status=409, why=why)
