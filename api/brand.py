"""How the tenant looks to its customers: name, logo, colours, who answers, legal pages."""

import base64
import binascii
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from activities.failures import Missing
from api.access import needs, public
from api.deps import ID, Caller, Context, Ctx, Orderer
from api.problems import RESPONSES, answers
from api.views import Body, View
from models.access.permissions import Permission
from models.look import brand as brands
from models.look.brand import LARGEST_LOGO, Brand
from models.look.logo import logo
from models.people import FieldInvalid
from models.records import AuditEntry

router = APIRouter(tags=["brand"])

_DAY, _YEAR = 86_400, 31_536_000  # seconds


class BrandSettings(Body):
    """All that customers see of the business. What is left out is empty; a colour left out is the neutral one."""

    name: str = Field(max_length=200, description="as customers know it", examples=["Acuario"])
    legal_line: str = Field(
        default="", max_length=400, description="the company behind it", examples=["Servicios Acuario, S.A. de C.V."]
    )
    primary: str = Field(default="", max_length=16, description="of buttons and the page's edge", examples=["#0b5fa5"])
    accent: str = Field(default="", max_length=16, description="of what is set apart", examples=["#f2a900"])
    phone: str = Field(default="", max_length=32, description="ten digits alone are Mexican", examples=["55 1234 5678"])
    whatsapp: str = Field(default="", max_length=32, examples=["55 1234 5678"])
    email: str = Field(default="", max_length=320, examples=["ayuda@acuario.mx"])
    website: str = Field(default="", max_length=400, examples=["https://acuario.mx"])
    terms_url: str = Field(default="", max_length=400, examples=["https://acuario.mx/terminos"])
    privacy_url: str = Field(default="", max_length=400, examples=["https://acuario.mx/privacidad"])
    logo: str | None = Field(
        default=None,
        max_length=4 * -(-LARGEST_LOGO // 3) + 1_000,
        description=f"PNG or JPEG in base64, {LARGEST_LOGO:,} bytes at most; no SVG, which may hold scripts. "
        "Left out: the one there is stays. Empty: none",
    )
    actor: str = Field(
        default="", max_length=100, description="with an API key: whom it speaks for. A person leaves it out"
    )
    reason: str = Field(default="", max_length=500, description="kept in the audit")


class LogoView(View):
    """The picture as it is kept: drawn anew, at most 640 x 320 pixels."""

    url: str
    media_type: str = Field(examples=["image/png"])
    width: int
    height: int


class BrandView(View):
    """What customers see."""

    name: str
    legal_line: str
    primary: str = Field(examples=["#0b5fa5"])
    accent: str = Field(examples=["#f2a900"])
    phone: str
    whatsapp: str
    email: str
    website: str
    terms_url: str
    privacy_url: str
    logo: LogoView | None
    corrections: list[str]
    """Where a colour is shown otherwise than chosen, so that it can be read, and why."""


@router.get(
    "/v1/brand", summary="How customers see the business", dependencies=[needs(Permission.READ)], responses=answers(503)
)
async def show(context: Ctx, tenant: Caller) -> BrandView:
    """As it was set, or neutral with the tenant's name."""
    return _view(context, await context.store.brand(tenant.id))


@router.put(
    "/v1/brand",
    summary="Set how customers see the business",
    dependencies=[needs(Permission.BRAND)],
    responses=answers(422, 503),
)
async def save(given: BrandSettings, context: Ctx, by: Orderer) -> BrandView:
    """For every page, e-mail and PDF made from now on. Colours too pale to be read are darkened; `corrections` says which."""
    tenant = by.who.tenant
    actor, reason = by.sign(given.actor, given.reason)
    before = await context.store.brand(tenant.id)
    words = given.model_dump(exclude={"logo", "actor", "reason"})
    wanted, content = brands.brand(tenant=tenant.id, **words, logo=before.logo), None
    if given.logo is not None:
        drawn = logo(_bytes(given.logo)) if given.logo else None
        wanted, content = replace(wanted, logo=drawn.mark if drawn else None), drawn.content if drawn else None
    await context.store.save_brand(wanted, content)
    if changed := brands.differences(before, wanted):
        now = datetime.now(UTC)
        await context.store.audit(
            AuditEntry(tenant.id, "", f"brand/{now.isoformat()}", now, actor, "set_brand", reason, ", ".join(changed))
        )
    return _view(context, wanted)


_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the picture",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/png", "image/jpeg")},
    },
    304: {"description": "the one you have is the one there is"},
    404: RESPONSES[404],
    503: RESPONSES[503],
}


@router.head("/brand/{tenant}/logo", include_in_schema=False, dependencies=[public("a logo is there to be seen")])
@router.get(
    "/brand/{tenant}/logo",
    summary="A business's logo",
    response_class=Response,
    responses=_PICTURES,
    dependencies=[public("a logo is there to be seen")],
)
async def picture(tenant: str, request: Request, context: Ctx, v: str = "") -> Response:
    """For pages and e-mails. With `v` as our pages give it the address means this very picture, and may be kept for a year."""
    letterhead = await context.store.letterhead(tenant) if re.fullmatch(ID, tenant) else None
    mark = letterhead.brand.logo if letterhead else None
    if letterhead is None or mark is None:
        raise Missing("there is no such logo")
    keeping = f"public, max-age={_YEAR}, immutable" if v == mark.digest else f"public, max-age={_DAY}"
    headers = {
        "ETag": f'"{mark.digest}"',
        "Cache-Control": keeping,
        "Cross-Origin-Resource-Policy": "cross-origin",  # a tenant may show it on its own pages
    }
    if f'"{mark.digest}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(letterhead.logo, media_type=mark.media_type, headers=headers)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FieldInvalid("logo", "not base64; encode the file as it is") from None


def _view(context: Context, brand: Brand) -> BrandView:
    mark, support = brand.logo, brand.support
    picture = None
    if mark is not None:
        url = f"{context.settings.public_url.rstrip('/')}{brand.logo_path}"
        picture = LogoView(url=url, media_type=mark.media_type, width=mark.width, height=mark.height)
    return BrandView(
        name=brand.name,
        legal_line=brand.legal_line,
        primary=str(brand.primary),
        accent=str(brand.accent),
        phone=support.phone,
        whatsapp=support.whatsapp,
        email=support.email,
        website=brand.website,
        terms_url=brand.terms_url,
        privacy_url=brand.privacy_url,
        logo=picture,
        corrections=list(brand.corrections),
    )
