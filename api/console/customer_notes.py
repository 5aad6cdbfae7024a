"""What people write of a customer at the console: each form calls the function of the API's own route, with the API's own body."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.access import needs
from api.console import places
from api.console.customers import shown
from api.console.fault_words import fault_said
from api.console.frame import done
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.crm import activities, contacts, opportunities, tasks
from api.crm.whole import found, living
from api.deps import Context, Ctx
from api.problems import Problem
from models.access.permissions import Permission
from models.crm.opportunities import Stage
from models.people import FieldInvalid
from models.records import Customer

router = APIRouter(prefix=f"{places.HOME}/customers/{{customer}}", route_class=ConsoleRoute, include_in_schema=False)
_LONGEST = 4_000  # characters of a field
Act = Callable[[Customer, dict[str, str]], Awaitable[object]]


@router.post("/activities", dependencies=[needs(Permission.ENTER)])
async def activity(customer: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """A call, an e-mail, a meeting or a note, as of now."""

    async def act(known: Customer, form: dict[str, str]) -> object:
        note = activities.ActivityNote.model_validate(
            {
                "kind": form.get("kind", ""),
                "text": " ".join(form.get("text", "").split()),
                "direction": form.get("direction") or "out",
                "minutes": form.get("minutes") or 0,
            }
        )
        return await activities.note(note, Response(), known, context, visitor.by())

    return await _carried_out(customer, request, context, visitor, act, visitor.say("Anotado", "Noted"))


@router.post("/contacts", dependencies=[needs(Permission.ENTER)])
async def contact(customer: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """A person of theirs."""

    async def act(known: Customer, form: dict[str, str]) -> object:
        order = contacts.ContactOrder.model_validate(
            {
                "name": form.get("name", ""),
                "role": form.get("role", "other"),
                "email": form.get("email", ""),
                "phone": form.get("phone", ""),
                "main": bool(form.get("main")),
            }
        )
        return await contacts.enter(order, Response(), known, context, visitor.by())

    return await _carried_out(
        customer, request, context, visitor, act, visitor.say("Contacto guardado", "Contact saved")
    )


@router.post("/opportunities", dependencies=[needs(Permission.ENTER)])
async def opportunity(customer: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Something that they may buy; the amount is written in pesos."""

    async def act(known: Customer, form: dict[str, str]) -> object:
        order = opportunities.OpportunityOrder.model_validate(
            {
                "name": form.get("deal", ""),
                "amount": _centavos(form.get("amount", "")),
                "probability": form.get("probability", ""),
                "closes": form.get("closes", ""),
                "stage": form.get("stage") or Stage.LEAD,
            }
        )
        return await opportunities.enter(order, Response(), known, context, visitor.by())

    return await _carried_out(
        customer, request, context, visitor, act, visitor.say("Oportunidad guardada", "Opportunity saved")
    )


@router.post("/opportunities/{opportunity}", dependencies=[needs(Permission.ENTER)])
async def decided(customer: str, opportunity: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Won, lost, or at another stage."""

    async def act(known: Customer, form: dict[str, str]) -> object:
        change = opportunities.OpportunityChange.model_validate({"stage": form.get("stage", "")})
        return await opportunities.change(opportunity, change, known, context, visitor.by())

    return await _carried_out(customer, request, context, visitor, act, visitor.say("Listo", "Done"))


@router.post("/tasks", dependencies=[needs(Permission.ENTER)])
async def task(customer: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Something to be done, by the end of a day on the business's clock."""

    async def act(known: Customer, form: dict[str, str]) -> object:
        due = datetime.combine(_day(form.get("due", "")), time(18), ZoneInfo(visitor.tenant.zone))
        order = tasks.TaskOrder(
            text=" ".join(form.get("task", "").split()), due_at=due, assignee=form.get("assignee", "")
        )
        return await tasks.enter(order, Response(), known, context, visitor.by())

    return await _carried_out(customer, request, context, visitor, act, visitor.say("Tarea guardada", "Task saved"))


@router.post("/tasks/{task}", dependencies=[needs(Permission.ENTER)])
async def ended(customer: str, task: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """It is done."""

    async def act(known: Customer, form: dict[str, str]) -> object:  # noqa: ARG001
        return await tasks.change(task, tasks.TaskChange(done=True), known, context, visitor.by())

    return await _carried_out(customer, request, context, visitor, act, visitor.say("Hecho", "Done"))


_FIELDS = {"name": "deal", "due_at": "due"}  # where a field of the API has another name in the form


async def _carried_out(
    customer: str, request: Request, context: Context, visitor: Visitor, act: Act, words: str
) -> Response:
    known = await living(await found(context.store, visitor.tenant.id, customer))
    form = {name: value[:_LONGEST] for name, value in (await request.form()).items() if isinstance(value, str)}
    try:
        await act(known, form)
    except ValidationError as wrong:
        names = {str(fault["loc"][0]) for fault in wrong.errors() if fault["loc"]}
        said = visitor.say("Revisa este dato", "Check this field")
        return await _again(context, visitor, known, form, dict.fromkeys(names, said))
    except FieldInvalid as fault:
        return await _again(context, visitor, known, form, {fault.field: visitor.say("Revisa este dato", str(fault))})
    except Problem as problem:
        if problem.status_code != 422:
            raise
        return await _again(
            context,
            visitor,
            known,
            form,
            {each.field: fault_said(each.field, each.message, visitor.language) for each in problem.errors},
        )
    return done(context, places.customer(known.id), words)


async def _again(
    context: Context, visitor: Visitor, known: Customer, form: dict[str, str], faults: dict[str, str]
) -> Response:
    told = {
        **faults,
        **{_FIELDS[name]: why for name, why in faults.items() if name in _FIELDS and _FIELDS[name] in form},
    }
    return await shown(context, visitor, known.id, given=form, faults=told)


def _centavos(pesos: str) -> int:
    """`45,000` or `45000.50` in centavos. Raises FieldInvalid (`amount`)."""
    whole, _, part = pesos.strip().replace(",", "").removeprefix("$").partition(".")
    if not re.fullmatch(r"[0-9]{1,11}", whole) or not re.fullmatch(r"[0-9]{0,2}", part):
        raise FieldInvalid("amount", "write the amount in pesos, e.g. 45,000")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def _day(text: str) -> date:
    """Raises FieldInvalid (`due_at`)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid("due_at", "choose a day") from None
