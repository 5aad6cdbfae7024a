"""Where the business's own systems hear of what happens. As `/v1/webhooks/endpoints`; a signing secret is shown once."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from api import endpoints as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, chosen, written, wrong
from api.console.frame import done, framed
from api.console.once import ToldOnceRoute
from api.console.visitor import Visiting, Visitor
from api.deps import ID, Context, Ctx
from api.endpoint_views import EndpointChange, NewEndpoint, NewEndpointView
from models.access.permissions import Permission
from models.telling.outgoing import EventType

HERE = f"{places.HOME}/settings/webhooks"
router = APIRouter(
    prefix=HERE, route_class=ToldOnceRoute, include_in_schema=False, dependencies=[needs(Permission.WEBHOOKS)]
)
Id = Annotated[str, Path(pattern=ID)]


@router.get("")
async def endpoints(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """Every address, and whether it answers."""
    return await _page(context, visitor)


@router.post("")
async def add(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """It hears of what happens from now on."""
    form, events = await written(request), await chosen(request, "events")
    try:
        told = {"url": form.get("url", ""), "description": form.get("description", ""), "events": events}
        made = await api.add(NewEndpoint.model_validate(told), context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    return _told(visitor, made)


@router.post("/{endpoint}/enable")
async def enable(endpoint: Id, context: Ctx, visitor: Visiting) -> Response:
    """Written to again."""
    await api.change(endpoint, EndpointChange(disabled=False), context, visitor.who)
    return done(context, HERE, visitor.say("Se le escribe otra vez.", "It is written to again."))


@router.post("/{endpoint}/disable")
async def disable(endpoint: Id, context: Ctx, visitor: Visiting) -> Response:
    """Sent nothing more."""
    await api.change(endpoint, EndpointChange(disabled=True), context, visitor.who)
    return done(context, HERE, visitor.say("Ya no se le envía nada.", "It is sent nothing more."))


@router.post("/{endpoint}/rotate")
async def rotate(endpoint: Id, context: Ctx, visitor: Visiting) -> Response:
    """Another secret; both sign for a day."""
    try:
        return _told(visitor, await api.rotate(endpoint, context, visitor.who))
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))


@router.post("/{endpoint}/test")
async def test(endpoint: Id, context: Ctx, visitor: Visiting) -> Response:
    """An event `webhook.test`, to this address alone."""
    try:
        await api.test(endpoint, context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))
    return done(context, HERE, visitor.say("La prueba va en camino.", "The test is on its way."))


@router.post("/{endpoint}/remove")
async def remove(endpoint: Id, context: Ctx, visitor: Visiting) -> Response:
    """With the record of what it was sent."""
    await api.remove(endpoint, context, visitor.who)
    return done(context, HERE, visitor.say("La dirección se quitó.", "The address was removed."))


async def _page(context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING) -> HTMLResponse:
    return framed(
        visitor,
        "console/endpoints.html",
        title="Webhooks",
        status=wrong.status,
        endpoints=await context.store.endpoints(visitor.tenant.id),
        types=sorted(EventType),
        wrong=wrong,
    )


def _told(visitor: Visitor, made: NewEndpointView) -> HTMLResponse:
    words = visitor.say(
        f"Con este secreto se firma lo que se envía a {made.url}. Guárdalo ahora: no se vuelve a mostrar.",
        f"This secret signs what is sent to {made.url}. Keep it now: it is not shown again.",
    )
    title = visitor.say("Secreto del webhook", "Webhook secret")
    return framed(visitor, "console/told_once.html", title=title, back=HERE, secret=made.secret, words=words)
