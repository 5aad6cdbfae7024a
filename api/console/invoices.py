"""Invoices and their CFDI: found by RFC, folio fiscal, amount or state; one with all its versions, its files, and what can be ordered."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from activities.ports.clinic import Cursor
from api.access import needs
from api.console import places
from api.console.forms import NOTHING, Wrong
from api.console.frame import fragment, framed
from api.console.invoice_offers import offered
from api.console.ordering import allowed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import ID, Context, Ctx
from api.documents import bounds, view_of
from api.markup import address
from api.problems import Problem
from api.subscriptions import read_cursor, written_cursor
from models.access.permissions import Permission
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.money import of_pesos
from models.people import FieldInvalid
from models.records import Customer
from models.watching.overview import DocumentFilter

HERE = f"{places.HOME}/invoices"
router = APIRouter(
    prefix=HERE, route_class=ConsoleRoute, include_in_schema=False, dependencies=[needs(Permission.READ)]
)
PAGE = 50
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_RFC = re.compile(r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}")
_IDS = r"[\x20-\x7e]{1,200}"
Text = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the list, as it was written, and what of it cannot be used."""

    q: str = ""
    state: str = ""
    kind: str = ""
    month: str = ""
    amount: str = ""
    cursor: str = ""

    @property
    def query(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("q", "state", "kind", "month", "amount")}


def _asked(
    q: Text = "",
    state: Text = "",
    kind: Text = "",
    month: Text = "",
    amount: Text = "",
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> Asked:
    return Asked(q.strip(), state, kind, month.strip(), amount.strip(), cursor)


Asking = Annotated[Asked, Depends(_asked)]


@router.get("")
async def invoices(context: Ctx, visitor: Visiting, asked: Asking) -> HTMLResponse:
    """The newest first."""
    title = visitor.say("Facturas y CFDI", "Invoices and CFDI")
    try:
        facts = await _listed(context, visitor, asked)
    except FieldInvalid as fault:
        facts = _facts(asked) | {
            "documents": (),
            "names": {},
            "more": "",
            "first": "",
            "wrong": {fault.field: str(fault)},
        }
        return framed(visitor, "console/invoices.html", title=title, status=422, **facts)
    return framed(visitor, "console/invoices.html", title=title, **facts)


@router.get("/list")
async def listed(request: Request, context: Ctx, visitor: Visiting, asked: Asking) -> Response:
    """The list alone."""
    return fragment(request, visitor, "console/invoices_list.html", **await _listed(context, visitor, asked))


@router.get("/{source}")
async def invoice(source: str, context: Ctx, visitor: Visiting) -> HTMLResponse:
    """All that was made for one charge, refund or month."""
    return await invoice_page(context, visitor, source)


async def invoice_page(
    context: Context,
    visitor: Visitor,
    source: str,
    *,
    order: str = "",
    wrong: Wrong = NOTHING,
) -> HTMLResponse:
    """The page of one source's documents; `order` is the one that was sent and cannot be given, and `wrong` says why."""
    versions = await versions_of(context, visitor, source)
    newest = versions[-1]
    customer = await _customer(context, newest)
    others = await context.store.documents_of_subscription(newest.tenant, newest.subscription)
    return framed(
        visitor,
        "console/invoice.html",
        title=visitor.say("Factura", "Invoice"),
        status=wrong.status,
        versions=[(each, view_of(context, each)) for each in reversed(versions)],
        newest=newest,
        customer=customer,
        offers=allowed(visitor, offered(versions, others)),
        order=order,
        wrong=wrong,
    )


async def versions_of(context: Context, visitor: Visitor, source: str) -> list[TaxDocument]:
    """Every version, the oldest first. Raises Problem, 404."""
    found = await context.store.documents_of(visitor.tenant.id, source) if re.fullmatch(ID, source) else ()
    if not found:
        raise Problem(404, f"there is no tax document of '{source}'", kind="missing")
    return sorted(found, key=lambda each: (each.created_at, each.version))


async def _customer(context: Context, document: TaxDocument) -> Customer | None:
    found = await context.store.subscriber(document.tenant, document.subscription) if document.subscription else None
    return found.customer if found else None


async def _listed(context: Context, visitor: Visitor, asked: Asked) -> dict[str, Any]:
    tenant, wanted = visitor.tenant.id, await _wanted(context, visitor, asked)
    after = read_cursor(asked.cursor, _IDS) if asked.cursor else None
    found = await context.store.document_page(tenant, wanted, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    last = Cursor(shown[-1].issued_at, shown[-1].key) if shown else None
    more = written_cursor(last) if last and len(found) > PAGE else ""
    return _facts(asked) | {
        "documents": shown,
        "names": await context.store.names(tenant, {each.subscription for each in shown if each.subscription}),
        "more": address(HERE, **asked.query, cursor=more) if more else "",
        "first": address(HERE, **asked.query) if asked.cursor else "",
    }


def _facts(asked: Asked) -> dict[str, Any]:
    return {
        "query": asked,
        "poll": address(f"{HERE}/list", **asked.query, cursor=asked.cursor),
        "states": list(DocumentState),
        "kinds": list(DocumentKind),
        "wrong": {},
    }


async def _wanted(context: Context, visitor: Visitor, asked: Asked) -> DocumentFilter:
    """Raises FieldInvalid, in the reader's words."""
    said, text = visitor.say, asked.q.upper()
    uuid, rfc = bool(_UUID.fullmatch(text)), bool(_RFC.fullmatch(text))
    if asked.q and not (uuid or rfc):
        raise FieldInvalid(
            "q", said("Escribe un RFC o un folio fiscal (UUID) completos.", "Write a whole RFC or folio fiscal (UUID).")
        )
    since = until = None
    if asked.month:
        try:
            since, until, _ = await bounds(context, visitor.tenant, asked.month)
        except FieldInvalid:
            raise FieldInvalid("month", said("Escríbelo como 2026-11.", "Write it like 2026-11.")) from None
    total = None
    if asked.amount:
        plain = asked.amount.replace(",", "").removeprefix("$")
        try:
            total = of_pesos(plain if "." in plain else f"{plain}.00").centavos
        except ValueError:
            raise FieldInvalid("amount", said("Escríbelo como 1234.50.", "Write it like 1234.50.")) from None
    return DocumentFilter(
        uuid=text if uuid else "",
        rfc=text if rfc else "",
        state=DocumentState(asked.state) if asked.state in set(DocumentState) else None,
        kind=DocumentKind(asked.kind) if asked.kind in set(DocumentKind) else None,
        total=total,
        since=since,
        until=until,
    )
