"""What became of a signup: on to the provider's page, and back from it to what is true now."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.failures import Missing
from activities.ports.register import Subscriber
from api.access import public
from api.deps import Context, Ctx
from api.layout import Frame, laid_out
from api.markup import address, markup, spoken, switched
from api.pages.account_link import account_path
from api.pages.page_routes import PAGES, PageRoute
from api.pricing import Lang, shopfront
from models.speaking.links import Purpose, opened_dated
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status

router = APIRouter(
    tags=["pages"], route_class=PageRoute, dependencies=[public("the signed token in the address is the authorisation")]
)

_MOVING: dict[int | str, dict[str, Any]] = PAGES | {303: {"description": "on to what is true now, at `Location`"}}
_AGAIN = 4  # seconds until a page that waits looks again


class Standing(StrEnum):
    """What there is to say of a signup. open: the provider's page waits. waiting: it is done, and our process is about to hear."""

    OPEN = "open"
    WAITING = "waiting"
    TRIAL = "trial"
    ACTIVE = "active"
    REFUSED = "refused"
    EXPIRED = "expired"


@router.get(
    "/contratar/{tenant}/pago/{token}", summary="On to the payment page", response_class=HTMLResponse, responses=_MOVING
)
async def onward(tenant: str, token: str, context: Ctx, lang: Lang = "") -> Response:
    """Leads on by itself. A form may not lead away from here, by the pages' own policy: this page may."""
    found, language = await _entered(context, tenant, token), spoken(lang)
    standing, url = await _standing(context, found)
    if standing is not Standing.OPEN:
        return RedirectResponse(address(f"/contratar/{tenant}/listo/{token}", lang=_tongue(language)), 303)
    title = {Language.ES: "Te llevamos al pago seguro", Language.EN: "On to the secure payment page"}[language]
    body = markup("onward.html", language, title=title, url=url)
    brand = await shopfront(context, tenant)
    return laid_out(brand, title=title, body=body, language=language, frame=Frame(seconds=0, onward=url))


@router.get(
    "/contratar/{tenant}/listo/{token}", summary="What became of a signup", response_class=HTMLResponse, responses=PAGES
)
async def result(tenant: str, token: str, context: Ctx, lang: Lang = "") -> Response:
    """As it stands at this moment; while something is awaited the page looks again by itself."""
    found, language = await _entered(context, tenant, token), spoken(lang)
    standing, url = await _standing(context, found)
    brand, record = await shopfront(context, tenant), found.record
    plan = await context.store.plan(tenant, record.plan)
    calendar = context.calendar(await context.store.tenant(tenant))
    english, now = language is Language.EN, datetime.now(UTC)
    titles = _TITLES[language]
    body = markup(
        "result.html",
        language,
        title=titles[standing],
        standing=standing,
        plan=plan,
        price=record.price or plan.price,
        url=url,
        ends=calendar.show_day(record.trial_end, english=english) if record.trial_end else "",
        renews=calendar.show_day(record.period_end, english=english) if record.period_end else "",
        account=address(account_path(context, found, now), lang=_tongue(language)),
        again=address(f"/contratar/{tenant}/{plan.code}", lang=_tongue(language)),
        email=found.customer.email,
        name=found.customer.name,
    )
    frame = Frame(
        other=switched(f"/contratar/{tenant}/listo/{token}", language),
        home=address(f"/planes/{tenant}", lang=_tongue(language)),
        seconds=_AGAIN if standing is Standing.WAITING else None,
    )
    return laid_out(brand, title=titles[standing], body=body, language=language, frame=frame)


async def _entered(context: Context, tenant: str, token: str) -> Subscriber:
    """Who the token speaks of. Raises Missing: forged, another business's, too old, or nobody was entered."""
    key, now = context.settings.link_secret, datetime.now(UTC)
    told = opened_dated(token, key, Purpose.SIGNUP, now)
    found = None
    if told is not None and told.tenant == tenant and not told.over:
        found = await context.store.subscriber(tenant, told.subject)
    if found is None:
        raise Missing("there is no such signup")
    return found


async def _standing(context: Context, found: Subscriber) -> tuple[Standing, str]:
    """How it stands, and where the provider's page is while that is open."""
    record = found.record
    match record.status:
        case Status.INCOMPLETE if record.checkout_session:
            session = await context.payments.look_up_checkout(record.checkout_session)
            if session.status == "open":
                return Standing.OPEN, session.url
            return (Standing.WAITING if session.status == "complete" else Standing.EXPIRED), ""
        case Status.INCOMPLETE:
            return Standing.WAITING, ""
        case Status.TRIALING:
            return Standing.TRIAL, ""
        case Status.CANCELED:
            return (Standing.REFUSED if record.refusal else Standing.EXPIRED), ""
        case _:
            return Standing.ACTIVE, ""


def _tongue(language: Language) -> str:
    return "en" if language is Language.EN else ""


_TITLES = {
    Language.ES: {
        Standing.OPEN: "Te falta un paso",
        Standing.WAITING: "Estamos confirmando tu suscripción",
        Standing.TRIAL: "¡Listo! Tu prueba comenzó",
        Standing.ACTIVE: "¡Listo! Tu suscripción está activa",
        Standing.REFUSED: "El banco no aceptó tu tarjeta",
        Standing.EXPIRED: "Este registro ya no está vigente",
    },
    Language.EN: {
        Standing.OPEN: "One step is left",
        Standing.WAITING: "We are confirming your subscription",
        Standing.TRIAL: "Done! Your trial has begun",
        Standing.ACTIVE: "Done! Your subscription is active",
        Standing.REFUSED: "The bank did not accept your card",
        Standing.EXPIRED: "This signup is no longer open",
    },
}
