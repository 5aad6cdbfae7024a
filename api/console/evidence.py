"""Rounds of evidence: what was made, making one, and its file."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import HTMLResponse

from api import evidence as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from models.access.permissions import Permission

router = APIRouter(prefix=f"{places.HOME}/evidence", route_class=ConsoleRoute, include_in_schema=False)
_READ = [needs(Permission.READ)]
HERE = f"{places.HOME}/evidence"


@router.get("", dependencies=_READ)
async def rounds(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """The rounds, newest first, and the form for the next."""
    return await _page(context, visitor)


@router.post("", dependencies=[needs(Permission.ORDER)])
async def make(
    context: Ctx,
    visitor: Visiting,
    round: Annotated[str, Form(max_length=100)] = "",
    since: Annotated[str, Form(alias="from", max_length=20)] = "",
    until: Annotated[str, Form(alias="to", max_length=20)] = "",
) -> Response:
    """As `POST /v1/evidence`."""
    asked = {"round": round.strip(), "from": since.strip(), "to": until.strip()}
    try:
        wish = api.RoundOrder.model_validate({name: value for name, value in asked.items() if value})
        made = await api.made(context, visitor.by(), wish)
    except FAULTS as error:
        return await _page(context, visitor, asked=asked, wrong=wrong(error, {}, visitor.language))
    return done(context, HERE, visitor.say(f"La ronda {made.name} está lista.", f"Round {made.name} is ready."))


@router.get("/{round}", dependencies=_READ)
async def download(round: Annotated[str, Path()], context: Ctx, visitor: Visiting) -> Response:
    """As `GET /v1/evidence/{round}`."""
    return await api.download(round, context, visitor.tenant)


async def _page(
    context: Context, visitor: Visitor, *, asked: dict[str, str] | None = None, wrong: Wrong = NOTHING
) -> HTMLResponse:
    year, week, _ = visitor.calendar.local(visitor.now).isocalendar()
    usual = {"round": f"{year}-w{week:02d}", "from": "", "to": ""}
    return framed(
        visitor,
        "console/evidence.html",
        title=visitor.say("Evidencia", "Evidence"),
        status=wrong.status,
        rounds=await context.store.rounds(visitor.tenant.id),
        asked=asked or usual,
        wrong=wrong.fields,
    )
