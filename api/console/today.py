"""The console's first page: how the business stands today."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.access import needs
from api.console import places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting
from models.permissions import Permission

router = APIRouter(prefix=places.HOME, route_class=ConsoleRoute, include_in_schema=False)


@router.get("", dependencies=[needs(Permission.READ)])
async def today(visitor: Visiting) -> HTMLResponse:
    """Money, what is at risk, what needs a person, what comes next."""
    return framed(visitor, "console/today.html", title=visitor.say("Hoy", "Today"))
