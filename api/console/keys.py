"""API keys: what programs are let in with. As `/v1/keys`; a key's secret is shown once."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from api import keys as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, chosen, written, wrong
from api.console.frame import done, framed
from api.console.once import ToldOnceRoute
from api.console.visitor import Visiting, Visitor
from api.deps import ID, Context, Ctx
from models.access.permissions import Permission, Scope
from models.people import FieldInvalid

HERE = f"{places.HOME}/settings/keys"
router = APIRouter(
    prefix=HERE, route_class=ToldOnceRoute, include_in_schema=False, dependencies=[needs(Permission.KEYS)]
)
Id = Annotated[str, Path(pattern=ID)]


@router.get("")
async def keys(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """Every key, those that are over too."""
    return await _page(context, visitor)


@router.post("")
async def make(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """A key with the scopes that its program needs."""
    form, scopes = await written(request), await chosen(request, "scopes")
    try:
        if not form.get("name"):
            raise FieldInvalid("name", visitor.say("Ponle un nombre.", "Give it a name."))
        order = api.KeyOrder.model_validate({"name": form["name"], "scopes": scopes})
        made = await api.make(order, context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    return _told(visitor, made)


@router.post("/{key}/rotate")
async def rotate(key: Id, context: Ctx, visitor: Visiting) -> Response:
    """Another secret; the old one works for a day more."""
    try:
        return _told(visitor, await api.rotate(key, context, visitor.who))
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))


@router.post("/{key}/revoke")
async def revoke(key: Id, context: Ctx, visitor: Visiting) -> Response:
    """At once and for good."""
    await api.revoke(key, context, visitor.who)
    return done(context, HERE, visitor.say("La llave ya no abre nada.", "The key opens nothing any more."))


async def _page(context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING) -> HTMLResponse:
    return framed(
        visitor,
        "console/keys.html",
        title=visitor.say("Llaves de la API", "API keys"),
        status=wrong.status,
        keys=await context.store.keys(visitor.tenant.id),
        scopes=list(Scope),
        wrong=wrong,
    )


def _told(visitor: Visitor, made: api.NewKeyView) -> HTMLResponse:
    words = visitor.say(
        f"Guarda ahora el secreto de «{made.name}»: no se vuelve a mostrar.",
        f"Keep the secret of “{made.name}” now: it is not shown again.",
    )
    title = visitor.say("Llave nueva", "New key")
    return framed(visitor, "console/told_once.html", title=title, back=HERE, secret=made.secret, words=words)
