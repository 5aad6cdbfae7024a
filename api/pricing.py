"""The price list a business shows to everybody: plans and packages, by the month and by the year, and how they compare."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from activities.failures import Missing
from api.access import public
from api.deps import ID, Context, Ctx
from api.layout import Frame, Width, laid_out
from api.markup import address, markup, spoken, switched
from api.pages.page_routes import PAGES, PageRoute
from models.look.brand import Brand
from models.selling.plans import Interval, PlanKind
from models.selling.pricing import best_saving, compared, switchable, tiers
from models.speaking.notices import Language

router = APIRouter(tags=["pages"], route_class=PageRoute, dependencies=[public("a price list is there to be read")])

Lang = Annotated[str, Query(max_length=10, description="en: in English; else in Spanish", examples=["en"])]
_KEPT = "public, max-age=60"  # seconds: a changed price is seen within a minute, and a crowd is one look a minute


@router.get("/planes/{tenant}", summary="Price list", response_class=HTMLResponse, responses=PAGES)
async def show(
    tenant: str,
    context: Ctx,
    interval: Annotated[
        str, Query(max_length=10, description="year: what a year at once costs; else by the month", examples=["year"])
    ] = "",
    lang: Lang = "",
) -> Response:
    """Every plan and package that is sold, in the catalogue's order, with VAT in every price."""
    brand, language = await shopfront(context, tenant), spoken(lang)
    wanted = Interval.YEAR if interval == Interval.YEAR else Interval.MONTH
    listed = tiers(await context.store.plans(tenant))
    groups = [
        (kind, chosen, compared([tier.at(wanted) for tier in chosen]))
        for kind in PlanKind
        if (chosen := [tier for tier in listed if tier.at(wanted).kind is kind])
    ]
    title = {Language.ES: "Planes y precios", Language.EN: "Plans and prices"}[language]
    path, tongue = f"/planes/{tenant}", "en" if language is Language.EN else ""
    body = markup(
        "pricing.html",
        language,
        brand=brand,
        title=title,
        groups=groups,
        wanted=wanted,
        switch=switchable(listed),
        best=best_saving(listed),
        trial=any(tier.at(wanted).trial_days for tier in listed),
        addresses={each: address(path, interval=each.value, lang=tongue) for each in Interval},
        order=f"/contratar/{tenant}",
        lang=tongue,
    )
    about = {
        Language.ES: "Planes y precios de {name}, con IVA incluido.",
        Language.EN: "{name}: plans and prices, VAT included.",
    }
    frame = Frame(
        other=switched(path, language, interval=interval and wanted.value),
        home=address(path, lang=tongue),
        width=Width.WIDE,
        listed=True,
        about=about[language].format(name=brand.name),
    )
    answer = laid_out(brand, title=title, body=body, language=language, frame=frame)
    answer.headers["Cache-Control"] = _KEPT
    return answer


async def shopfront(context: Context, tenant: str) -> Brand:
    """How the business looks whose page is asked for. Raises Missing."""
    if not re.fullmatch(ID, tenant):
        raise Missing("there is no such business")
    return await context.store.brand(tenant)
