"""The search box: whatever somebody has in hand (an id, a folio fiscal, an e-mail, an RFC, a name) leads to its page.

Each kind of thing has a finder here, asked in this order. One find that is certain is gone to at once; several are listed.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from activities.ports.crm import Wanted
from api.access import needs
from api.console import places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import ID, Context, Ctx
from models.access.permissions import Permission
from models.records import AccountKind

router = APIRouter(prefix=f"{places.HOME}/search", route_class=ConsoleRoute, include_in_schema=False)
LONGEST = 100
MOST = 20  # customers shown for one question


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: where it is, what it is, and what tells it from the others. `certain`: this and nothing else was meant."""

    path: str
    kind: str
    name: str
    more: str = ""
    certain: bool = False


Finder = Callable[[Context, Visitor, str], Awaitable[Sequence[Hit]]]


async def subscriptions(context: Context, visitor: Visitor, asked: str) -> Sequence[Hit]:
    """By our id (a bill's, too), or by the customer's reference at the business."""
    found = await context.store.subscriber(visitor.tenant.id, asked)
    found = found or await context.store.subscriber_by_reference(visitor.tenant.id, asked)
    if found is None:
        return ()
    if found.record.kind is AccountKind.BILL:
        kind = visitor.say("Cuenta", "Bill")
        return [Hit(places.bill(found.record.id), kind, found.customer.name, certain=True)]
    kind = visitor.say("Suscripción", "Subscription")
    return [Hit(places.subscription(found.record.id), kind, found.customer.name, found.record.plan, certain=True)]


async def customers(context: Context, visitor: Visitor, asked: str) -> Sequence[Hit]:
    """By words of a name, an e-mail, an RFC or a phone, or our id."""
    found = await context.store.listed_customers(visitor.tenant.id, Wanted(asked), limit=MOST)
    kind = visitor.say("Cliente", "Customer")
    return [Hit(places.customer(each.customer.id), kind, each.customer.name, each.customer.reference) for each in found]


async def tickets(context: Context, visitor: Visitor, asked: str) -> Sequence[Hit]:
    """By its id."""
    found = await context.store.listed_ticket(visitor.tenant.id, asked) if asked.startswith("tk_") else None
    return [Hit(places.ticket(found.ticket.id), "Ticket", found.name, found.ticket.id, certain=True)] if found else ()


async def cases(context: Context, visitor: Visitor, asked: str) -> Sequence[Hit]:
    """By the invoice that is unpaid."""
    found = await context.store.case_of(visitor.tenant.id, asked) if re.fullmatch(ID, asked) else None
    if found is None:
        return ()
    return [
        Hit(places.case(found.invoice), visitor.say("Caso de cobranza", "Collection case"), found.invoice, certain=True)
    ]


async def documents(context: Context, visitor: Visitor, asked: str) -> Sequence[Hit]:
    """A CFDI by its folio fiscal, or by the charge, refund or month that it documents."""
    tenant = visitor.tenant.id
    found = await context.store.document_by_uuid(tenant, asked)
    if found is None and re.fullmatch(ID, asked):
        found = next(reversed(await context.store.documents_of(tenant, asked)), None)
    if found is None:
        return ()
    kind, more = visitor.say("Factura", "Invoice"), found.uuid or found.receiver_rfc
    return [Hit(places.invoice(found.source), kind, str(found.total), more, certain=True)]


FINDERS: tuple[Finder, ...] = (cases, documents, subscriptions, customers, tickets)


@router.get("", dependencies=[needs(Permission.READ)])
async def search(
    context: Ctx, visitor: Visiting, q: Annotated[str, Query(max_length=LONGEST, description="what is looked for")] = ""
) -> Response:
    """On to what was found, or a list of what it may be."""
    asked = " ".join(q.split())
    hits = [hit for finder in FINDERS for hit in await finder(context, visitor, asked)] if asked else []
    certain = [hit for hit in hits if hit.certain]
    if len(certain) == 1:
        return RedirectResponse(certain[0].path, 303)
    title = visitor.say("Búsqueda", "Search")
    return framed(visitor, "console/search.html", title=title, searched=asked, hits=hits)
