"""Bills of what is sold once: those that stand so, newest first; one with its lines, its payment, its CFDI, and what can be ordered."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from activities.ports.clinic import Cursor
from api import bills as api
from api.access import needs
from api.console import case_words, places
from api.console.bill_offers import offered
from api.console.forms import NOTHING, Wrong
from api.console.frame import fragment, framed
from api.console.ordering import allowed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.markup import address
from api.subscriptions import read_cursor, written_cursor
from models.access.permissions import Permission
from models.billing.bills import BillStatus
from models.money import Money

HERE = f"{places.HOME}/bills"
router = APIRouter(
    prefix=HERE, route_class=ConsoleRoute, include_in_schema=False, dependencies=[needs(Permission.READ)]
)
PAGE, MOST = 50, 60  # bills of a list; lines of a story


def _facts(status: str = "", cursor: Annotated[str, Query(max_length=300)] = "") -> dict[str, str]:
    return {"status": status if status in set(BillStatus) else "", "cursor": cursor}


Asking = Annotated[dict[str, str], Depends(_facts)]


@router.get("")
async def bills(context: Ctx, visitor: Visiting, asked: Asking) -> HTMLResponse:
    """The newest first."""
    title = visitor.say("Cuentas", "Bills")
    return framed(visitor, "console/bills.html", title=title, **await _listed(context, visitor, asked))


@router.get("/list")
async def listed(request: Request, context: Ctx, visitor: Visiting, asked: Asking) -> Response:
    """The list alone."""
    return fragment(request, visitor, "console/bills_list.html", **await _listed(context, visitor, asked))


@router.get("/{bill}")
async def bill(bill: str, context: Ctx, visitor: Visiting) -> HTMLResponse:
    """All that is known of it."""
    return await bill_page(context, visitor, bill)


async def bill_page(
    context: Context, visitor: Visitor, bill: str, *, order: str = "", wrong: Wrong = NOTHING
) -> HTMLResponse:
    """A bill's page; `order` is the one that was sent and cannot be given, and `wrong` says why."""
    store, tenant = context.store, visitor.tenant.id
    found = await api.bill_of(context, visitor.tenant, bill)
    customer = await store.customer(tenant, found.customer)
    payments = await store.payments(tenant, found.id)
    return framed(
        visitor,
        "console/bill.html",
        title=found.title or visitor.say("Cuenta", "Bill"),
        status=wrong.status,
        bill=found,
        view=await api.view(context, found, customer),
        customer=customer,
        account=await store.subscriber(tenant, found.id),
        case=await store.case_of(tenant, found.invoice) if found.invoice else None,
        payments=payments,
        documents=await store.documents_of_subscription(tenant, found.id),
        notices=await store.notices(tenant, found.id),
        story=list(await store.audit_trail(tenant, found.id))[::-1][:MOST],
        offers=allowed(visitor, offered(found, payments)),
        amount=lambda centavos: Money(centavos, found.currency),
        words=case_words,
        order=order,
        wrong=wrong,
    )


async def _listed(context: Context, visitor: Visitor, asked: dict[str, str]) -> dict[str, Any]:
    tenant, wanted = visitor.tenant.id, asked["status"]
    after = read_cursor(asked["cursor"]) if asked["cursor"] else None
    status = BillStatus(wanted) if wanted else None
    found = await context.store.bills(tenant, status=status, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    more = written_cursor(Cursor(shown[-1].created_at, shown[-1].id)) if len(found) > PAGE else ""
    return {
        "bills": shown,
        "names": await context.store.names(tenant, {each.id for each in shown}),
        "wanted": wanted,
        "states": list(BillStatus),
        "poll": address(f"{HERE}/list", **asked),
        "more": address(HERE, status=wanted, cursor=more) if more else "",
        "first": address(HERE, status=wanted) if asked["cursor"] else "",
    }
