"""Tax documents (CFDI): those of a subscription, with links to their files, and the orders that support gives about one."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from activities.archive import month_archive
from api.access import needs
from api.deps import ID, By, Caller, Context, Ctx, Orderer
from api.overrides import AnswerView, Order
from api.problems import Problem, answers, unavailable
from api.signup import FiscalData
from api.views import MoneyView, View
from models import fiscal
from models.cancellation import Motive, last_day, wrong_claim, wrong_request, wrong_substitution
from models.documents import DocumentKind, DocumentState, TaxDocument
from models.fiscal import Receiver
from models.global_invoice import month_named
from models.links import Purpose, link
from models.messages import CancellationStart, ClaimStart, Command, SubstitutionStart
from models.people import FieldInvalid
from models.permissions import Permission
from models.postal_zones import zone_of
from models.records import Tenant
from workflows.interface import DocumentCommand

router = APIRouter(prefix="/v1/documents", tags=["documents"])

ANSWERS = answers(404, 409, 422, 503)
_CANCELLING = frozenset(
    {DocumentState.CANCEL_REQUESTED, DocumentState.IN_PROCESS, DocumentState.CANCELLED, DocumentState.REFUSED}
)
CORRECTABLE = frozenset({DocumentState.REJECTED, DocumentState.WAITING_DATA})


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


class CorrectionOrder(Order):
    """The customer's tax data as they should have been. They are kept for every invoice to come."""

    fiscal: FiscalData


class CancellationOrder(Order):
    """Why a CFDI is taken back, in the SAT's terms."""

    motive: Motive = Field(
        description="SAT c_Motivo: 01 another document takes its place, 02 error, 03 the sale did not take place, "
        "04 it is told in a global invoice",
        examples=["03"],
    )
    substitute: str = Field(
        default="",
        max_length=36,
        pattern=r"^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$",
        description="with motive 01 the folio fiscal (UUID) of the document that takes its place, stamped before with relation 04",
    )


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
    return [_view(context, document) for document in found]


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
        return [_view(context, one)] if one else []
    if not (rfc or month):
        raise FieldInvalid("month", "say what to look for: uuid, rfc or month")
    now = datetime.now(UTC)
    since, until = (await _bounds(context, tenant, month))[:2] if month else (now - timedelta(days=366), now)
    found = await context.store.documents_between(tenant.id, since, until)
    wanted = rfc.strip().upper()
    fitting = [each for each in found if not wanted or each.receiver_rfc == wanted]
    return [_view(context, each) for each in fitting[-1_000:]]


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
    since, until, zone = await _bounds(context, tenant, month)
    archive, _ = await month_archive(context.store, tenant.id, since, until, zone)
    name = f'attachment; filename="cfdi-{tenant.id}-{month}.zip"'
    return StreamingResponse(_sent(archive), media_type="application/zip", headers={"Content-Disposition": name})


@router.post(
    "/{source}/correct_receiver",
    summary="Correct the customer's tax data",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def correct_receiver(source: str, order: CorrectionOrder, context: Ctx, by: Orderer) -> AnswerView:
    """For a document that the PAC refused or that waits for data: the data are kept, and a new version is made of them."""
    receiver, tenant, said = _receiver(order.fiscal), by.who.tenant, Command(*by.sign(order.actor, order.reason))
    document = (await _versions(context, tenant, source))[-1]
    if document.kind is DocumentKind.GLOBAL:
        raise Problem(409, "a global invoice names nobody: there is nothing to correct, use retry", kind="refused")
    if document.state not in CORRECTABLE:
        raise Problem(409, f"nothing to correct: the document is {document.state}", kind="refused")
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    customer = await context.store.customer_of(tenant.id, document.subscription)
    await context.store.save_receiver(tenant.id, customer.id, receiver)
    return await _ordered(context, by, source, DocumentCommand.CORRECT_RECEIVER, said)


@router.post(
    "/{source}/retry",
    summary="Try again what was refused",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def retry(source: str, order: Order, context: Ctx, by: Orderer) -> AnswerView:
    """Once stamps were bought, a certificate renewed or an address corrected: the same bytes again."""
    said = Command(*by.sign(order.actor, order.reason))
    await _versions(context, by.who.tenant, source)
    return await _ordered(context, by, source, DocumentCommand.RETRY, said)


@router.post(
    "/{source}/claim",
    status_code=202,
    summary="Invoice a sale by name after all",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def claim(source: str, order: CorrectionOrder, context: Ctx, tenant: Caller) -> AnswerView:
    """For a sale made without RFC. Where the month's global invoice tells it, a credit note takes it out of that one first."""
    receiver = _receiver(order.fiscal)
    document = (await _versions(context, tenant, source))[-1]
    others = await context.store.documents_of_subscription(tenant.id, document.subscription)
    wrong = wrong_claim(document, others)
    if wrong:
        raise Problem(409, wrong, kind="refused")
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    customer = await context.store.customer_of(tenant.id, document.subscription)
    await context.store.save_receiver(tenant.id, customer.id, receiver)
    said = Command(order.actor, order.reason)
    await context.door.start_claim(
        ClaimStart(tenant.id, document.subscription, document.key, said, context.calendar(tenant))
    )
    return AnswerView(status=document.state, next_action="make the invoice by name", next_action_at=None)


@router.post(
    "/{source}/substitute",
    status_code=202,
    summary="Correct the receiver of a stamped CFDI",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def substitute(source: str, order: CorrectionOrder, context: Ctx, tenant: Caller) -> AnswerView:
    """The corrected document first (relation 04 to the old one), then the old one is cancelled with motive 01."""
    receiver = _receiver(order.fiscal)
    versions = await _versions(context, tenant, source)
    document = next((d for d in reversed(versions) if d.uuid), versions[-1])
    others = await context.store.documents_of_subscription(tenant.id, document.subscription)
    wrong = wrong_substitution(document, others)
    if wrong:
        raise Problem(409, wrong, kind="refused")
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    customer = await context.store.customer_of(tenant.id, document.subscription)
    await context.store.save_receiver(tenant.id, customer.id, receiver)
    said = Command(order.actor, order.reason)
    calendar = context.calendar(tenant)
    await context.door.start_substitution(
        SubstitutionStart(tenant.id, document.subscription, document.key, said, calendar)
    )
    return AnswerView(status=document.state, next_action="make the substitute", next_action_at=None)


@router.post(
    "/{source}/cancel",
    status_code=202,
    summary="Take a CFDI back",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def cancel(source: str, order: CancellationOrder, context: Ctx, by: Orderer) -> AnswerView:
    """Ask the SAT to cancel the stamped version. It answers in minutes, or in days where the receiver must agree: look again."""
    tenant, said = by.who.tenant, Command(*by.sign(order.actor, order.reason))
    versions = await _versions(context, tenant, source)
    document = next((d for d in reversed(versions) if d.uuid), versions[-1])
    wrong = wrong_request(document.state, document.uuid, order.motive, order.substitute)
    if wrong is not None and wrong[0] == "substitute":
        raise FieldInvalid(*wrong)
    if wrong is not None:
        raise Problem(409, wrong[1], kind="refused")
    issuer = await context.store.issuer_of(tenant.id)
    if issuer and datetime.now(zone_of(issuer.postal_code)).date() > (last := last_day(document.issued_at, issuer)):
        why = (
            f"it could be cancelled until {last:%Y-%m-%d} (CFF art. 29-A); later only with a fine, in the SAT's portal"
        )
        raise Problem(409, why, kind="refused")
    await context.door.start_cancellation(
        CancellationStart(
            tenant=tenant.id,
            subscription=document.subscription,
            document=document.key,
            motive=order.motive,
            order=said,
            calendar=context.calendar(tenant),
            substitute=order.substitute,
        )
    )
    return AnswerView(status=document.state, next_action="request the cancellation", next_action_at=None)


async def _bounds(context: Context, tenant: Tenant, month: str) -> tuple[datetime, datetime, ZoneInfo]:
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


def _receiver(given: FiscalData) -> Receiver:
    try:
        return fiscal.receiver(
            rfc=given.tax_id,
            name=given.legal_name,
            regime=given.tax_regime,
            postal_code=given.postal_code,
            use=given.cfdi_use,
        )
    except FieldInvalid as fault:
        raise FieldInvalid(f"fiscal.{fault.field}", str(fault)) from None


async def _versions(context: Context, tenant: Tenant, source: str) -> Sequence[TaxDocument]:
    found = await context.store.documents_of(tenant.id, source) if re.fullmatch(ID, source) else ()
    if not found:
        raise Problem(404, f"there is no tax document of '{source}'", kind="missing")
    return found


async def _ordered(context: Context, by: By, source: str, command: DocumentCommand, said: Command) -> AnswerView:
    door, tenant = context.door, by.who.tenant.id
    return AnswerView.of(await door.command_document(tenant, source, command, said, update_id=by.update_id))


def _view(context: Context, document: TaxDocument) -> DocumentView:
    settings = context.settings

    def where(purpose: Purpose) -> str:
        key = settings.link_key.get_secret_value()
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
