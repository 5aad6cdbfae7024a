"""Signing up once more, by the account's link: it has shown whose mailbox it is, so the customer goes on as who they are."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.deps import Ctx
from api.layout import Frame, Width, laid_out
from api.markup import address, markup, spoken, switched
from api.pages.account import BY_TOKEN, whose
from api.pages.page_routes import PAGES, PageRoute
from api.pricing import Lang
from models.records import AccountKind
from models.selling.pricing import tiers
from models.speaking.notices import Language

router = APIRouter(prefix="/cuenta/{token}", tags=["pages"], route_class=PageRoute, dependencies=[BY_TOKEN])


@router.get("/contratar", summary="Choose a plan to sign up for", response_class=HTMLResponse, responses=PAGES)
async def plans(token: str, context: Ctx, lang: Lang = "") -> Response:
    """All that is sold, each leading to its form with the link. Also for who has bills alone, and so no account to look at."""
    found = await whose(context, token, spoken(lang))
    tenant, language = found.record.tenant, spoken(lang, found.customer.language)
    tongue = "en" if language is Language.EN else ""
    sold = [plan for tier in tiers(await context.store.plans(tenant)) for plan in (tier.month, tier.year) if plan]

    def to(code: str) -> str:
        return address(f"/contratar/{tenant}/{code}", cuenta=token, lang=tongue)

    here = f"/cuenta/{token}"
    back = address(here, lang=tongue) if found.record.kind is AccountKind.SUBSCRIPTION else ""
    title = {Language.ES: "Elige tu plan", Language.EN: "Choose your plan"}[language]
    body = markup("account_signup.html", language, title=title, plans=sold, to=to, back=back)
    home = address(f"/planes/{tenant}", lang=tongue)
    frame = Frame(other=switched(f"{here}/contratar", language), home=home, width=Width.MIDDLE)
    return laid_out(await context.store.brand(tenant), title=title, body=body, language=language, frame=frame)
