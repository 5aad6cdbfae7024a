"""One's own account: who am I, and another password. As `/v1/me`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api import accounts as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, written, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from models.access import passwords
from models.access.permissions import Permission

HERE = f"{places.HOME}/settings/me"
router = APIRouter(
    prefix=HERE, route_class=ConsoleRoute, include_in_schema=False, dependencies=[needs(Permission.ACCOUNT)]
)


@router.get("")
async def me(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """The person behind the session."""
    return await _page(context, visitor)


@router.post("/password")
async def change_password(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Ends every other session of theirs."""
    form = await written(request)
    try:
        order = api.PasswordOrder.model_validate({"old": form.get("old", ""), "new": form.get("new", "")})
        await api.change_password(order, context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    words = visitor.say(
        "Tu contraseña cambió; tus otras sesiones se cerraron.",
        "Your password is another one; your other sessions ended.",
    )
    return done(context, HERE, words)


async def _page(context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING) -> HTMLResponse:
    user = (await api.me(context, visitor.who)).user
    title = visitor.say("Mi cuenta", "My account")
    return framed(
        visitor,
        "console/me.html",
        title=title,
        status=wrong.status,
        user=user,
        shortest=passwords.SHORTEST,
        wrong=wrong,
    )
