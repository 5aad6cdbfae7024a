"""Tax documents (CFDI): those of a subscription, of a month or of a receiver, with links to their files."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from activities.archive import month_archive
from api.access import needs
from api.deps import ID, Caller, Context, Ctx
from api.problems import Problem, answers
from api.views import MoneyView, View
from models.access.permissions import Permission
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.global_invoice import month_named
from models.cfdi.postal_zones import zone_of
from models.people import FieldInvalid
from models.records import Tenant
from models.speaking.links import Purpose, link

router = APIRouter(prefix="/v1/documents", tags=["documents"])

_CANCELLING = frozenset(
    {DocumentState.CANCEL_REQUESTED, DocumentState.IN_PROCESS, DocumentState.CANCELLED, DocumentState.REFUSED}
)


class DocumentView(View):
    """One version of a tax document. Links are signed: whoever has one may open it."""

    key: str = Field(examples=["ch_3Pgc6rB7WZ01/income/v1"])
    kind: DocumentKind
    version: int
    state: DocumentState
    total: MoneyView
    receiver_rfc: str = Field(examples=["XIA190128J61"])
    uuid: str = Field(examples=["5e2a9f0c-6f0e-4a73-9a35-1f4d6b1f9b11"])
    """Folio fiscal; empty until it is stamped."""
    issued_at: datetime
    stamped_at: datetime | None
    delivered_at: datetime | None
    refusal: str = ""
    """Why a PAC refused it, and the field that is wrong."""
    pdf_url: str
    xml_url: str
    acknowledgement_url: str = ""
    """The SAT's answer to a cancellation, once there is one."""


@router.get(
    "",
    summary="Tax documents of a subscription, newest first",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 422, 503),
)
async def documents(
    context: Ctx, tenant: Caller, subscription: Annotated[str, Query(pattern=ID)]
) -> list[DocumentView]:
    """Every version; files of those that are stamped."""
    if await context.store.subscription(tenant.id, subscription) is None:
        raise Problem(404, f"there is no subscription '{subscription}'", kind="missing")
    found = await context.store.documents_of_subscription(tenant.id, subscription)
    return [view_of(context, document) for document in found]


@router.get(
    "/search",
    summary="Find tax documents by folio fiscal, RFC or month",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def search(
    context: Ctx,
    tenant: Caller,
    uuid: Annotated[
        str, Query(max_length=36, pattern=r"^[0-9A-Fa-f-]*$", description="folio fiscal; it decides alone")
    ] = "",
    rfc: Annotated[str, Query(max_length=13, description="of the receiver; in the month, else in the last year")] = "",
    month: Annotated[str, Query(max_length=7, description="2026-11, on the issuer's clock")] = "",
) -> list[DocumentView]:
    """Every version that fits, oldest first; the newest 1,000 where there are more."""
    if uuid:
        one = await context.store.document_by_uuid(tenant.id, uuid)
        return [view_of(context, one)] if one else []
    if not (rfc or month):
        raise FieldInvalid("month", "say what to look for: uuid, rfc or month")
    now = datetime.now(UTC)
    since, until = (await bounds(context, tenant, month))[:2] if month else (now - timedelta(days=366), now)
    found = await context.store.documents_between(tenant.id, since, until, rfc=rfc.strip())
    return [view_of(context, each) for each in found[-1_000:]]


@router.get(
    "/export",
    summary="A month's tax documents for the accountant",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503) | {200: {"content": {"application/zip": {}}, "description": "the zip"}},
    response_class=StreamingResponse,
)
async def export(
    context: Ctx, tenant: Caller, month: Annotated[str, Query(max_length=7, examples=["2026-11"])]
) -> StreamingResponse:
    """A zip with every stamped document dated in the month on the issuer's clock (XML, PDF, acknowledgement) and a list in CSV."""
    since, until, zone = await bounds(context, tenant, month)
    archive, _ = await month_archive(context.store, tenant.id, since, until, zone)
    name = f'attachment; filename="cfdi-{tenant.id}-{month}.zip"'
    return StreamingResponse(_sent(archive), media_type="application/zip", headers={"Content-Disposition": name})


async def bounds(context: Context, tenant: Tenant, month: str) -> tuple[datetime, datetime, ZoneInfo]:
    """First and last instant of a month on the issuer's clock, and that clock."""
    issuer = await context.store.issuer_of(tenant.id)
    zone = zone_of(issuer.postal_code) if issuer else ZoneInfo(tenant.zone)
    try:
        return *month_named(month).bounds(zone), zone
    except ValueError as fault:
        raise FieldInvalid("month", str(fault)) from None


def _sent(archive: IO[bytes]) -> Iterator[bytes]:
    with archive:
        while block := archive.read(65_536):
            yield block


def view_of(context: Context, document: TaxDocument) -> DocumentView:
    """A document as it is told, with links to its files."""
    settings = context.settings

    def where(purpose: Purpose) -> str:
        key = settings.link_secret
        return link(settings.public_url, key, purpose, document.tenant, document.key) if document.uuid else ""

    return DocumentView(
        key=document.key,
        kind=document.kind,
        version=document.version,
        state=document.state,
        total=MoneyView.of(document.total),
        receiver_rfc=document.receiver_rfc,
        uuid=document.uuid,
        issued_at=document.issued_at,
        stamped_at=document.stamped_at,
        delivered_at=document.delivered_at,
        refusal=f"{document.field}: {document.message}".strip(": "),
        pdf_url=where(Purpose.PDF),
        xml_url=where(Purpose.XML),
        acknowledgement_url=where(Purpose.ACKNOWLEDGEMENT) if document.state in _CANCELLING else "",
    )
