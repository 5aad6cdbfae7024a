"""What the business promises of its tickets: how soon somebody answers, in which hours, and what follows. As `PUT /v1/tickets/settings`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api import ticket_settings as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, chosen, written, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.ticket_views import SettingsBody
from models.access.permissions import Permission

HERE = f"{places.HOME}/settings/tickets"
router = APIRouter(prefix=HERE, route_class=ConsoleRoute, include_in_schema=False)
NUMBERS = (
    "normal_minutes",
    "high_minutes",
    "urgent_minutes",
    "opens",
    "closes",
    "remind",
    "raise_hours",
    "close_days",
)
SWITCHES = ("ends_with_case", "from_messages")
_WEEKDAYS = (
    ("Lunes", "Monday"),
    ("Martes", "Tuesday"),
    ("Miércoles", "Wednesday"),
    ("Jueves", "Thursday"),
    ("Viernes", "Friday"),
    ("Sábado", "Saturday"),
    ("Domingo", "Sunday"),
)


@router.get("", dependencies=[needs(Permission.READ)])
async def terms(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """As they are; a form for those who may change them."""
    return await _page(context, visitor)


@router.post("", dependencies=[needs(Permission.POLICIES)])
async def save(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """For tickets opened from now on; those under way keep theirs."""
    form, days = await written(request), await chosen(request, "days")
    try:
        told = {name: form.get(name, "") for name in NUMBERS} | {name: name in form for name in SWITCHES}
        order = SettingsBody.model_validate(told | {"days": days})
        await api.set_terms(order, context, visitor.tenant, visitor.by())
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language), days=days)
    words = visitor.say(
        "Guardado, para los tickets que se abran desde ahora.", "Saved, for tickets opened from now on."
    )
    return done(context, HERE, words)


async def _page(
    context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING, days: list[str] | None = None
) -> HTMLResponse:
    held = (await api.terms(context, visitor.tenant)).model_dump()
    switches = {name: name in wrong.given if wrong.fields else held[name] for name in SWITCHES}
    return framed(
        visitor,
        "console/ticket_terms.html",
        title=visitor.say("Plazos de los tickets", "Terms of tickets"),
        status=wrong.status,
        held={**held, **wrong.given, **switches},
        stands=held,
        wrong=wrong,
        weekdays=[(str(day), visitor.say(*words)) for day, words in enumerate(_WEEKDAYS)],
        days=[str(day) for day in held["days"]] if days is None else days,
    )
