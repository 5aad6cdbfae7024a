"""What needs a person: the list, one entry with what to do about it, and saying that somebody looks at it."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from api import attention as api
from api.access import needs
from api.console import places
from api.console.frame import done, fragment, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.problems import Problem
from models.access.permissions import Permission
from models.watching.attention import Attention

router = APIRouter(prefix=f"{places.HOME}/attention", route_class=ConsoleRoute, include_in_schema=False)
_READ = [needs(Permission.READ)]
MOST = 200
Resolved = Annotated[bool, Query(description="also what is no longer so")]
Id = Annotated[str, Path(pattern=r"^at_[0-9a-f]{16}$")]


@router.get("", dependencies=_READ)
async def findings(context: Ctx, visitor: Visiting, resolved: Resolved = False) -> HTMLResponse:
    """Everything that is wrong now, the newest first."""
    found = await _listed(context, visitor, resolved)
    title = visitor.say("Pendientes", "Needs attention")
    return framed(visitor, "console/attention.html", title=title, found=found, resolved=resolved)


@router.get("/list", dependencies=_READ)
async def listed(request: Request, context: Ctx, visitor: Visiting, resolved: Resolved = False) -> Response:
    """The list alone."""
    found = await _listed(context, visitor, resolved)
    return fragment(request, visitor, "console/attention_list.html", found=found, resolved=resolved)


@router.get("/{finding}", dependencies=_READ)
async def finding(finding: Id, context: Ctx, visitor: Visiting) -> HTMLResponse:
    """One of them: since when, what it is about, what to do."""
    found = await context.store.finding(visitor.tenant.id, finding)
    if found is None:
        raise Problem(404, "there is no such finding", kind="missing")
    by = await context.store.user(visitor.tenant.id, found.acknowledged_by) if found.acknowledged_by else None
    name = visitor.say("Pendiente", "Needs attention")
    return framed(visitor, "console/finding.html", title=name, each=found, by=by.email if by else found.acknowledged_by)


@router.post("/{finding}/acknowledge", dependencies=[needs(Permission.ORDER)])
async def acknowledge(
    finding: Id, context: Ctx, visitor: Visiting, note: Annotated[str, Form(max_length=2_000)] = ""
) -> Response:
    """As `POST /v1/attention/{finding}/acknowledge`."""
    order = api.Acknowledgement(note=note)
    await api.acknowledge(order, finding, context, visitor.tenant, visitor.who)
    words = visitor.say("Anotado: los demás ven que lo tienes.", "Noted: the others see that you have it.")
    return done(context, places.finding(finding), words)


async def _listed(context: Context, visitor: Visitor, resolved: bool) -> list[Attention]:
    return list(await context.store.findings(visitor.tenant.id, resolved=resolved, limit=MOST))
