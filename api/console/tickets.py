"""Tickets at the console: the list by the clock, one with its thread and the reply, and what may be ordered."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import ValidationError

from activities.ports.processes import CommandRefused
from activities.ports.tickets import Listed, TicketFilter
from api import tickets as api
from api.access import needs
from api.console import places, ticket_words
from api.console.frame import done, fragment, framed
from api.console.route import ConsoleRoute
from api.console.telling import Teller
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.markup import address
from api.orders import Order
from api.problems import Problem
from api.ticket_views import (
    LONGEST,
    AssignOrder,
    NewTicket,
    NoteOrder,
    PriorityOrder,
    ReplyBody,
    read_place,
    written_place,
)
from models.access.permissions import Permission, Role
from models.refusals import reason, said
from models.tickets.ticket import Priority, TicketState, Topic

router = APIRouter(prefix=f"{places.HOME}/tickets", route_class=ConsoleRoute, include_in_schema=False)
PAGE = 50
_READ, _ORDER = [needs(Permission.READ)], [needs(Permission.ORDER)]
_ALL = "all"
Text = Annotated[str, Form(max_length=2 * LONGEST)]
Short = Annotated[str, Form(max_length=500)]


@router.get("", dependencies=_READ)
async def tickets(context: Ctx, visitor: Visiting) -> Response:
    """Who waits for an answer first, whoever waits longest before all."""
    return framed(visitor, "console/tickets.html", title="Tickets", **await _list(context, visitor))


@router.get("/list", dependencies=_READ)
async def listed(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """The list alone."""
    return fragment(request, visitor, "console/tickets_list.html", **await _list(context, visitor))


@router.get("/new", dependencies=_ORDER)
async def form(
    visitor: Visiting, customer: Annotated[str, Query(max_length=64, description="their reference")] = ""
) -> Response:
    """For a customer who called."""
    return _new(visitor, {"customer": customer}, {})


@router.post("/new", dependencies=_ORDER)
async def opened(
    context: Ctx,
    visitor: Visiting,
    customer: Short = "",
    text: Text = "",
    topic: Short = Topic.OTHER,
    priority: Short = Priority.NORMAL,
) -> Response:
    """As `POST /v1/tickets`."""
    given = {"customer": customer.strip(), "text": text, "topic": topic, "priority": priority}
    asked = {"customer_reference": given["customer"] or None, "text": text, "topic": topic, "priority": priority}
    try:
        found = await api.open_ticket(context, visitor.tenant, visitor.by(), NewTicket.model_validate(asked))
    except ValidationError as wrong:
        fields = {str(error["loc"][0]) for error in wrong.errors()}
        return _new(visitor, given, {field: _why(visitor, field) for field in fields}, status=422)
    except Problem as problem:
        if problem.status_code not in (404, 422):
            raise
        why = _why(visitor, "customer_reference")
        return _new(visitor, given, {"customer_reference": why}, status=problem.status_code)
    return done(context, places.ticket(found.ticket.id), visitor.say("Ticket abierto", "Ticket opened"))


@router.get("/{ticket}", dependencies=_READ)
async def one(ticket: api.Id, context: Ctx, visitor: Visiting) -> Response:
    """All that was said and done, and the reply."""
    return await _page(context, visitor, ticket)


@router.get("/{ticket}/thread", dependencies=_READ)
async def thread(ticket: api.Id, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """What of it changes."""
    return fragment(request, visitor, "console/ticket_thread.html", **await _facts(context, visitor, ticket))


@router.post("/{ticket}/reply", dependencies=_ORDER)
async def reply(
    ticket: api.Id,
    context: Ctx,
    visitor: Visiting,
    text: Text = "",
    channel: Short = "",
    seen: Short = "0",
) -> Response:
    """As `POST /v1/tickets/{ticket}/reply`; where somebody has answered meanwhile, the text is shown again."""
    try:
        read = {"text": text, "channel": channel or None, "replies_seen": seen}
        order = ReplyBody.model_validate(read)
        await api.reply(ticket, order, context, visitor.tenant, visitor.by())
    except ValidationError:
        return await _page(context, visitor, ticket, status=422, reply=text, reply_why=_why(visitor, "text"))
    except CommandRefused as refusal:
        why = f"{visitor.say('No se envió', 'It was not sent')}: {said(reason(refusal), visitor.language)}"
        return await _page(context, visitor, ticket, status=409, reply=text, reply_why=why)
    return done(context, places.ticket(ticket), visitor.say("Respuesta enviada", "Reply sent"))


@router.post("/{ticket}/note", dependencies=_ORDER)
async def note(ticket: api.Id, context: Ctx, visitor: Visiting, text: Text = "", spoken: Short = "") -> Response:
    """As `POST /v1/tickets/{ticket}/note`."""
    try:
        order = NoteOrder(text=text, spoken=bool(spoken))
    except ValidationError:
        return await _page(context, visitor, ticket, status=422, note=text, note_why=_why(visitor, "text"))
    await api.note(ticket, order, context, visitor.tenant, visitor.by())
    return done(context, places.ticket(ticket), visitor.say("Nota guardada", "Note kept"))


@router.post("/{ticket}/assign", dependencies=_ORDER)
async def assign(ticket: api.Id, context: Ctx, visitor: Visiting, assignee: Short = "") -> Response:
    """As `POST /v1/tickets/{ticket}/assign`."""
    order = AssignOrder(assignee=assignee, reason=visitor.say("desde la consola", "from the console"))
    await api.assign(ticket, order, context, visitor.tenant, visitor.by())
    return done(context, places.ticket(ticket), visitor.say("Asignado", "Assigned"))


@router.post("/{ticket}/priority", dependencies=_ORDER)
async def priority(
    ticket: api.Id,
    context: Ctx,
    visitor: Visiting,
    priority: Short = "",
    reason: Short = "",
) -> Response:
    """As `POST /v1/tickets/{ticket}/priority`."""
    try:
        order = PriorityOrder.model_validate({"priority": priority, "reason": reason})
    except ValidationError:
        return await _page(context, visitor, ticket, status=422, order_why=_why(visitor, "reason"))
    await api.priority(ticket, order, context, visitor.tenant, visitor.by())
    return done(context, places.ticket(ticket), visitor.say("Prioridad cambiada", "Priority changed"))


@router.post("/{ticket}/state", dependencies=_ORDER)
async def state(ticket: api.Id, context: Ctx, visitor: Visiting, to: Short = "", reason: Short = "") -> Response:
    """As `POST /v1/tickets/{ticket}/resolve`, `…/reopen` and `…/close`: the button says which."""
    verbs = {"resolve": api.resolve, "reopen": api.reopen, "close": api.close}
    if to not in verbs:
        raise Problem(404, f"there is no order '{to}'", kind="missing")
    try:
        order = Order(reason=reason)
    except ValidationError:
        return await _page(context, visitor, ticket, status=422, order_why=_why(visitor, "reason"))
    await verbs[to](ticket, order, context, visitor.tenant, visitor.by())
    return done(context, places.ticket(ticket), visitor.say("Listo", "Done"))


async def waiting(context: Context, visitor: Visitor) -> dict[str, Any]:
    """Today's panel: whose first response is due soonest."""
    found = await context.store.tickets(
        visitor.tenant.id, TicketFilter(open_only=True), visitor.now, by_clock=True, limit=6
    )
    return {"found": found[:5], "more": len(found) > 5, "clock": lambda each: ticket_words.clock(each, visitor)}


async def _list(context: Context, visitor: Visitor) -> dict[str, Any]:
    asked = dict(parse_qsl(visitor.query))
    state = asked.get("state", "")
    which = TicketFilter(
        state=TicketState(state) if state in set(TicketState) else None,
        open_only=state not in {_ALL, *TicketState},
        priority=Priority(asked["priority"]) if asked.get("priority") in set(Priority) else None,
        topic=Topic(asked["topic"]) if asked.get("topic") in set(Topic) else None,
        assignee=visitor.who.id if asked.get("mine") else "",
    )
    after = read_place(asked["after"]) if asked.get("after") else None
    found = list(
        await context.store.tickets(
            visitor.tenant.id, which, visitor.now, by_clock=which.open_only, after=after, limit=PAGE + 1
        )
    )
    more, found = len(found) > PAGE, found[:PAGE]
    kept = {name: value for name, value in asked.items() if name in ("state", "priority", "topic", "mine") and value}
    place = written_place(found[-1].ticket, by_clock=which.open_only) if more else ""
    tell = Teller(visitor.language, visitor.calendar, visitor.now)
    return {
        "found": found,
        "which": which,
        "mine": bool(which.assignee),
        "state": state,
        "more": address(f"{places.HOME}/tickets", **kept, after=place) if more else "",
        "live_at": address(f"{places.HOME}/tickets/list", **kept, after=asked.get("after", "")),
        "states": [(each, tell.word(each)) for each in TicketState] + [(_ALL, visitor.say("Todos", "All"))],
        "priorities": [(each, tell.word(each)) for each in Priority],
        "topics": [(each, tell.word(each)) for each in Topic],
        "people": await _people(context, visitor),
        "clock": lambda each: ticket_words.clock(each, visitor),
    }


async def _facts(context: Context, visitor: Visitor, ticket: str) -> dict[str, Any]:
    found = await api.one(context, visitor.tenant, ticket)
    people = await _people(context, visitor)
    tell = Teller(visitor.language, visitor.calendar, visitor.now)
    names = {"perdura": "Perdura", "customer": found.name or visitor.say("Cliente", "Customer"), **people}
    return {
        "found": found,
        "ticket": found.ticket,
        "entries": await context.store.thread(visitor.tenant.id, ticket),
        "names": names,
        "clock": lambda each: ticket_words.clock(each, visitor),
        "said": lambda entry: ticket_words.said(entry, visitor),
        "detailed": lambda entry: ticket_words.detailed(entry, visitor, people, tell),
    }


async def _page(context: Context, visitor: Visitor, ticket: str, *, status: int = 200, **written: str) -> Response:
    facts = await _facts(context, visitor, ticket)
    tell = Teller(visitor.language, visitor.calendar, visitor.now)
    empty = {"reply": "", "reply_why": "", "note": "", "note_why": "", "order_why": ""}
    return framed(
        visitor,
        "console/ticket.html",
        title=_title(facts["found"], visitor),
        status=status,
        priorities=[(each, tell.word(each)) for each in Priority],
        staff=list((await _people(context, visitor, answering=True)).items()),
        longest=LONGEST,
        **{**empty, **written},
        **facts,
    )


def _title(found: Listed, visitor: Visitor) -> str:
    tell = Teller(visitor.language, visitor.calendar, visitor.now)
    return f"{found.name or found.reference} · {tell.word(found.ticket.topic)}"


async def _people(context: Context, visitor: Visitor, *, answering: bool = False) -> Mapping[str, str]:
    """The business's people by id; `answering`: those who may answer."""
    users = await context.store.users(visitor.tenant.id)
    wanted = [user for user in users if not answering or (user.active and user.role is not Role.VIEWER)]
    return {user.id: user.email for user in wanted}


def _new(visitor: Visitor, given: dict[str, str], faults: dict[str, str], *, status: int = 200) -> Response:
    tell = Teller(visitor.language, visitor.calendar, visitor.now)
    return framed(
        visitor,
        "console/ticket_new.html",
        title=visitor.say("Abrir un ticket", "Open a ticket"),
        status=status,
        given={"customer": "", "text": "", "topic": Topic.OTHER, "priority": Priority.NORMAL, **given},
        faults=faults,
        priorities=[(each, tell.word(each)) for each in Priority],
        topics=[(each, tell.word(each)) for each in Topic],
        longest=LONGEST,
    )


def _why(visitor: Visitor, field: str) -> str:
    return {
        "text": visitor.say(f"Escribe de 1 a {LONGEST} caracteres", f"Write 1 to {LONGEST} characters"),
        "reason": visitor.say("Di por qué: queda en la auditoría", "Say why: it goes into the audit"),
        "customer_reference": visitor.say("No hay un cliente con esa clave", "There is no customer with this id"),
    }.get(field, visitor.say("Elige una opción de la lista", "Choose one of the list"))
