"""Customers at the console: the list, found as one types; and one of them as a whole, with everything that may be written of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response

from activities.ports.crm import Mark, Wanted
from api.access import needs
from api.console import crm_words, places
from api.console.coming import coming
from api.console.frame import fragment, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.crm import cursors
from api.crm.whole import SHOWN, found, whole
from api.deps import Context, Ctx
from api.markup import address
from models.access.permissions import Permission
from models.crm.activities import BY_PEOPLE, Direction
from models.crm.contacts import ContactRole
from models.crm.opportunities import Stage
from models.crm.profile import Sort
from models.crm.scores import Level
from models.crm.standing import State
from models.money import Money
from models.tickets.ticket import TicketState

router = APIRouter(prefix=f"{places.HOME}/customers", route_class=ConsoleRoute, include_in_schema=False)
PAGE, HISTORY = 25, 50


class Written(dict[str, str]):
    """What stands in a form's fields; one that was left out is empty."""

    def __missing__(self, name: str) -> str:
        return ""


@router.get("", dependencies=[needs(Permission.READ)])
async def customers(
    request: Request,
    context: Ctx,
    visitor: Visiting,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    risk: Annotated[str, Query(max_length=20)] = "",
    sort: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """What cannot be narrowed by is passed over. A script of the page asks for the rows alone."""
    wanted = Wanted(
        q.strip(),
        State(state) if state in set(State) else None,
        Level(risk) if risk in set(Level) else None,
        Sort(sort) if sort in set(Sort) else Sort.VALUE,
    )
    facts = await _rows(context, visitor, wanted, cursor)
    if request.headers.get("hx-request"):
        return fragment(request, visitor, "console/customers_list.html", **facts)
    words = {kind: [(each, crm_words.STATES[kind][each][visitor.english]) for each in kind] for kind in (State, Level)}
    return framed(
        visitor,
        "console/customers.html",
        title=visitor.say("Clientes", "Customers"),
        states=words[State],
        risks=words[Level],
        sorts=[(each, crm_words.SORTS[each].in_(visitor.language)) for each in Sort],
        **facts,
    )


@router.get("/{customer}", dependencies=[needs(Permission.READ)])
async def one(customer: str, context: Ctx, visitor: Visiting) -> Response:
    """All that is known of a customer, by our id or the business's own reference."""
    return await shown(context, visitor, customer)


async def shown(
    context: Context,
    visitor: Visitor,
    customer: str,
    *,
    given: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    """A customer's page; with what somebody wrote into a form and what is wrong with it, where it has to be shown again."""
    known = await found(context.store, visitor.tenant.id, customer)
    told = await whole(context.store, visitor.tenant, known.id, visitor.now)
    return framed(
        visitor,
        "console/customer.html",
        title=known.name or known.reference,
        status=422 if faults else 200,
        told=told,
        coming=await coming(context, visitor, await context.store.subscriptions_of(visitor.tenant.id, known.id)),
        shown=SHOWN,
        given=Written(given or {}),
        faults=Written(faults or {}),
        kinds=_choices(visitor, BY_PEOPLE),
        roles=_choices(visitor, ContactRole),
        stages=_choices(visitor, Stage),
        directions=[
            (Direction.OUT, visitor.say("Nosotros", "We did")),
            (Direction.IN, visitor.say("El cliente", "The customer")),
        ],
        soon=(visitor.calendar.local(visitor.now) + timedelta(days=7)).date().isoformat(),
        amount=lambda centavos: Money(centavos, told.standing.currency),
        **_words(visitor),
    )


@router.get("/{customer}/history", dependencies=[needs(Permission.READ)])
async def history(
    customer: str, context: Ctx, visitor: Visiting, cursor: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    """Everything that happened, page by page."""
    known = await found(context.store, visitor.tenant.id, customer)
    after = cursors.read(cursor, instant=True) if cursor else None
    told = list(await context.store.activities_of(visitor.tenant.id, known.id, after=after, limit=HISTORY + 1))
    more, told = len(told) > HISTORY, told[:HISTORY]
    last = cursors.written(Mark(told[-1].at, told[-1].id)) if more else ""
    return framed(
        visitor,
        "console/customer_history.html",
        title=visitor.say("Historial", "History"),
        customer=known,
        activities=told,
        onward=address(visitor.path, cursor=last) if last else "",
        **_words(visitor),
    )


async def _rows(context: Context, visitor: Visitor, wanted: Wanted, cursor: str) -> dict[str, Any]:
    by_instant = wanted.sort in (Sort.NEXT_INVOICE, Sort.LAST_ACTIVITY)
    after = cursors.read(cursor, instant=by_instant) if cursor else None
    store, tenant = context.store, visitor.tenant.id
    listed = list(await store.listed_customers(tenant, wanted, after=after, limit=PAGE + 1))
    more, listed = len(listed) > PAGE, listed[:PAGE]
    ids = [each.customer.id for each in listed]
    asked = {**dict(parse_qsl(visitor.query)), "cursor": cursors.written(listed[-1].mark(wanted.sort))} if more else {}
    return {
        "listed": listed,
        "latest": await store.latest_activities(tenant, ids),
        "deals": {
            customer: [deal for deal in deals if deal.open]
            for customer, deals in (await store.opportunities_of(tenant, ids)).items()
        },
        "wanted": wanted,
        "onward": address(visitor.path, **asked) if more else "",
        "whole": Money,
        **_words(visitor),
    }


def _words(visitor: Visitor) -> dict[str, Any]:
    return {
        "said": lambda activity: crm_words.activity_said(activity, visitor.language),
        "ticket_state": TicketState,
        "advised": lambda advice: crm_words.advice_said(advice, visitor.language),
    }


def _choices(visitor: Visitor, kinds: Any) -> list[tuple[str, str]]:
    known = crm_words.STATES[type(next(iter(kinds)))]
    return [(each.value, known[each][visitor.english]) for each in kinds]
