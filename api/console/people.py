"""People of the business: inviting them, what they may do, letting them in no more. As `/v1/users`."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from api import people as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, written, wrong
from api.console.frame import done, framed
from api.console.once import ToldOnceRoute
from api.console.visitor import Visiting, Visitor
from api.deps import ID, Context, Ctx
from api.markup import address
from models.access.permissions import Permission, Role

HERE = f"{places.HOME}/settings/people"
router = APIRouter(
    prefix=HERE, route_class=ToldOnceRoute, include_in_schema=False, dependencies=[needs(Permission.USERS)]
)
Id = Annotated[str, Path(pattern=ID)]


@router.get("")
async def people(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """Everybody, those who are let in no more too."""
    return await _page(context, visitor)


@router.post("")
async def invite(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """The answer shows the invitation, this once."""
    form = await written(request)
    try:
        newcomer = api.Newcomer.model_validate({"email": form.get("email", ""), "role": form.get("role", "")})
        made = await api.invite(newcomer, context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    return _told(context, visitor, made)


@router.post("/{user}/role")
async def change_role(user: Id, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Another role, at once."""
    form = await written(request)
    try:
        await api.change(user, api.Change.model_validate({"role": form.get("role", "")}), context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))
    return done(context, HERE, visitor.say("Listo: su papel cambió.", "Done: their role is another one."))


@router.post("/{user}/disable")
async def disable(user: Id, context: Ctx, visitor: Visiting) -> Response:
    """Let in no more; every session of theirs ends."""
    return await _let_in(user, context, visitor, disabled=True)


@router.post("/{user}/enable")
async def enable(user: Id, context: Ctx, visitor: Visiting) -> Response:
    """Let in again."""
    return await _let_in(user, context, visitor, disabled=False)


@router.post("/{user}/invite")
async def invite_again(user: Id, context: Ctx, visitor: Visiting) -> Response:
    """For somebody who has lost theirs, or their password."""
    try:
        return _told(context, visitor, await api.invite_again(user, context, visitor.who))
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))


async def _let_in(user: str, context: Context, visitor: Visitor, *, disabled: bool) -> Response:
    try:
        await api.change(user, api.Change(disabled=disabled), context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))
    words = (
        visitor.say("Ya no entra.", "Let in no more.") if disabled else visitor.say("Ya puede entrar.", "May sign in.")
    )
    return done(context, HERE, words)


async def _page(context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING) -> HTMLResponse:
    return framed(
        visitor,
        "console/people.html",
        title=visitor.say("Personas", "People"),
        status=wrong.status,
        people=await context.store.users(visitor.tenant.id),
        roles=list(Role),
        wrong=wrong,
    )


def _told(context: Context, visitor: Visitor, made: api.InvitedView) -> HTMLResponse:
    """A secret that is told once is on a page of its own, and in no address of ours."""
    path = address(f"{places.HOME}/invitation", code=made.invitation)
    return framed(
        visitor,
        "console/told_once.html",
        title=visitor.say("Invitación", "Invitation"),
        back=HERE,
        secret=f"{context.settings.public_url.rstrip('/')}{path}",
        words=visitor.say(
            f"Entrega este enlace a {made.email} por un medio de confianza. Sirve tres días y una sola vez; con él elige su contraseña.",
            f"Hand this link to {made.email} by a way you trust. It is good for three days and once; with it they choose their password.",
        ),
    )
