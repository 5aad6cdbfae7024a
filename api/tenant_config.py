"""What a front end needs to know of a business before anybody has logged in: its look, and where things are."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import public
from api.deps import ID, Ctx
from api.problems import answers
from api.views import View
from models.speaking.notices import Language

router = APIRouter(prefix="/api/tenant", tags=["brand"])
_KEPT = "public, max-age=60"


class ConfigView(View):
    """A business as everybody may see it."""

    tenant: str = Field(examples=["acuario"])
    name: str = Field(examples=["Acuario"])
    primary: str = Field(examples=["#0b5fff"])
    """CSS colour of buttons and headings."""
    ink: str = Field(examples=["#ffffff"])
    """CSS colour of letters on `primary`."""
    accent: str = Field(examples=["#00a37a"])
    logo_url: str
    """Empty: it has none."""
    favicon_url: str
    """The same picture; empty: it has none."""
    languages: list[Language]
    time_zone: str = Field(examples=["America/Mexico_City"])
    pricing_url: str
    account_url: str
    login_url: str
    """`POST` of the API: business, e-mail and password."""
    support_phone: str
    support_email: str
    website: str


@router.get(
    "/config",
    summary="A business's look, for front ends",
    dependencies=[public("a brand is there to be seen")],
    responses=answers(404, 422, 503),
)
async def config(
    context: Ctx, response: Response, tenant: Annotated[str, Query(pattern=ID, description="the business's id")]
) -> ConfigView:
    """Neutral, with its name, where it has set nothing. May be kept for a minute."""
    brand, owner = await context.store.brand(tenant), await context.store.tenant(tenant)
    public_url = context.settings.public_url.rstrip("/")
    logo = f"{public_url}{brand.logo_path}" if brand.logo else ""
    response.headers["Cache-Control"] = _KEPT
    return ConfigView(
        tenant=tenant,
        name=brand.name,
        primary=str(brand.primary),
        ink=str(brand.primary.ink),
        accent=str(brand.accent),
        logo_url=logo,
        favicon_url=logo,
        languages=list(Language),
        time_zone=owner.zone,
        pricing_url=f"{public_url}/planes/{tenant}",
        account_url=f"{public_url}/cuenta?tenant={tenant}",
        login_url=f"{public_url}/v1/sessions",
        support_phone=brand.support.phone,
        support_email=brand.support.email,
        website=brand.website,
    )
