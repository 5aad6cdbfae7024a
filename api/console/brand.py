"""How customers see the business: name, colours, who answers. As `PUT /v1/brand`."""

import base64

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api import brand as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, uploaded, written, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from models.access.permissions import Permission
from models.look.brand import LARGEST_LOGO

HERE = f"{places.HOME}/settings/brand"
router = APIRouter(prefix=HERE, route_class=ConsoleRoute, include_in_schema=False)
FIELDS = (
    "name",
    "legal_line",
    "primary",
    "accent",
    "phone",
    "whatsapp",
    "email",
    "website",
    "terms_url",
    "privacy_url",
)


@router.get("", dependencies=[needs(Permission.READ)])
async def brand(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """As it is; a form for those who may change it."""
    return await _page(context, visitor)


@router.post("", dependencies=[needs(Permission.BRAND)])
async def save(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """A logo stays where none is chosen in its place, and nobody takes it away."""
    form = await written(request)
    try:
        picture = await uploaded(request, "logo", largest=LARGEST_LOGO)
        told = {name: form.get(name, "") for name in FIELDS} | {"reason": form.get("reason", "")}
        if picture or "no_logo" in form:
            told["logo"] = base64.b64encode(picture).decode()
        saved = await api.save(api.BrandSettings.model_validate(told), context, visitor.by())
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    words = visitor.say("Guardado: así te ven desde ahora.", "Saved: this is how you are seen from now on.")
    if saved.corrections:
        words += visitor.say(
            " Un color era muy claro y se oscurece para leerse.", " A colour was too pale and is darkened."
        )
    return done(context, HERE, words)


async def _page(context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING) -> HTMLResponse:
    shown = await api.show(context, visitor.tenant)
    held = {name: getattr(shown, name) for name in FIELDS}
    title = visitor.say("Tu negocio", "Your business")
    return framed(
        visitor,
        "console/brand.html",
        title=title,
        status=wrong.status,
        brand=shown,
        held={**held, **wrong.given},
        wrong=wrong,
        logo=visitor.brand.logo_path,
        largest=LARGEST_LOGO,
    )
