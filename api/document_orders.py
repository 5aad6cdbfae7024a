"""Orders that support gives about one tax document (CFDI). What may not be done is told at the door, and then nothing has changed."""

import re
from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from activities.claiming import left_of
from activities.failures import Refused
from api.access import needs
from api.deps import ID, By, Context, Ctx, Orderer
from api.orders import ANSWERS, AnswerView, Order
from api.problems import Problem, unavailable
from api.signup import FiscalData
from models.access.permissions import Permission
from models.cfdi.cancellation import DocumentWhy, Motive, last_day, wrong_claim, wrong_request, wrong_substitution
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import Receiver
from models.cfdi.postal_zones import zone_of
from models.commands import DocumentCommand
from models.messages import CancellationStart, ClaimStart, Command, SubstitutionStart
from models.people import FieldInvalid
from models.refusals import reason

router = APIRouter(prefix="/v1/documents/{source}", tags=["documents"])

CORRECTABLE = frozenset({DocumentState.REJECTED, DocumentState.WAITING_DATA})


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


@router.post(
    "/correct_receiver",
    summary="Correct the customer's tax data",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def correct_receiver(source: str, order: CorrectionOrder, context: Ctx, by: Orderer) -> AnswerView:
    """For a document that the PAC refused or that waits for data: the data are kept, and a new version is made of them."""
    receiver, said = _receiver(order.fiscal), Command(*by.sign(order.actor, order.reason))
    document = (await _versions(context, by, source))[-1]
    if document.kind is DocumentKind.GLOBAL:
        raise Problem(409, DocumentWhy.NAMES_NOBODY(), kind="refused")
    if document.state not in CORRECTABLE:
        raise Problem(409, DocumentWhy.NOTHING_TO_CORRECT(state=document.state), kind="refused")
    await _keep(context, document, receiver)
    return await _ordered(context, by, source, DocumentCommand.CORRECT_RECEIVER, said)


@router.post(
    "/retry",
    summary="Try again what was refused",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def retry(source: str, order: Order, context: Ctx, by: Orderer) -> AnswerView:
    """Once stamps were bought, a certificate renewed or an address corrected: the same bytes again."""
    said = Command(*by.sign(order.actor, order.reason))
    await _versions(context, by, source)
    return await _ordered(context, by, source, DocumentCommand.RETRY, said)


@router.post(
    "/claim",
    status_code=202,
    summary="Invoice a sale by name after all",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def claim(source: str, order: CorrectionOrder, context: Ctx, by: Orderer) -> AnswerView:
    """For a sale made without RFC. Where the month's global invoice tells it, a credit note takes it out of that one first."""
    receiver, said = _receiver(order.fiscal), Command(*by.sign(order.actor, order.reason))
    document = (await _versions(context, by, source))[-1]
    if why := wrong_claim(document):
        raise Problem(409, why, kind="refused")
    try:
        await left_of(context.store, document)
    except Refused as refusal:
        raise Problem(409, reason(refusal), kind="refused") from None
    await _keep(context, document, receiver)
    start = ClaimStart(document.tenant, document.subscription, document.key, said, context.calendar(by.who.tenant))
    await context.door.start_claim(start, order_id=by.update_id)
    return AnswerView(status=document.state, next_action="make the invoice by name", next_action_at=None)


@router.post(
    "/substitute",
    status_code=202,
    summary="Correct the receiver of a stamped CFDI",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def substitute(source: str, order: CorrectionOrder, context: Ctx, by: Orderer) -> AnswerView:
    """The corrected document first (relation 04 to the old one), then the old one is cancelled with motive 01."""
    receiver, said = _receiver(order.fiscal), Command(*by.sign(order.actor, order.reason))
    document = _stamped(await _versions(context, by, source))
    others = await context.store.documents_of_subscription(document.tenant, document.subscription)
    if why := wrong_substitution(document, others):
        raise Problem(409, why, kind="refused")
    if document.kind is DocumentKind.PAYMENT and receiver.rfc != document.receiver_rfc:
        raise FieldInvalid("fiscal.tax_id", DocumentWhy.OF_ITS_INVOICE())
    await _keep(context, document, receiver)
    start = SubstitutionStart(
        document.tenant, document.subscription, document.key, said, context.calendar(by.who.tenant)
    )
    await context.door.start_substitution(start, order_id=by.update_id)
    return AnswerView(status=document.state, next_action="make the substitute", next_action_at=None)


@router.post(
    "/cancel",
    status_code=202,
    summary="Take a CFDI back",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def cancel(source: str, order: CancellationOrder, context: Ctx, by: Orderer) -> AnswerView:
    """Ask the SAT to cancel the stamped version. It answers in minutes, or in days where the receiver must agree: look again."""
    tenant, said = by.who.tenant, Command(*by.sign(order.actor, order.reason))
    document = _stamped(await _versions(context, by, source))
    wrong = wrong_request(document.state, document.uuid, order.motive, order.substitute)
    if wrong is not None and wrong[0] == "substitute":
        raise FieldInvalid(*wrong)
    if wrong is not None:
        raise Problem(409, wrong[1], kind="refused")
    issuer = await context.store.issuer_of(tenant.id)
    if issuer and datetime.now(zone_of(issuer.postal_code)).date() > (last := last_day(document.issued_at, issuer)):
        raise Problem(409, DocumentWhy.TOO_LATE(last=f"{last:%Y-%m-%d}"), kind="refused")
    start = CancellationStart(
        tenant=tenant.id,
        subscription=document.subscription,
        document=document.key,
        motive=order.motive,
        order=said,
        calendar=context.calendar(tenant),
        substitute=order.substitute,
    )
    await context.door.start_cancellation(start, order_id=by.update_id)
    return AnswerView(status=document.state, next_action="request the cancellation", next_action_at=None)


def _receiver(given: FiscalData) -> Receiver:
    try:
        return given.receiver()
    except FieldInvalid as fault:
        raise FieldInvalid(f"fiscal.{fault.field}", reason(fault)) from None


async def _versions(context: Context, by: By, source: str) -> Sequence[TaxDocument]:
    tenant = by.who.tenant.id
    found = await context.store.documents_of(tenant, source) if re.fullmatch(ID, source) else ()
    if not found:
        raise Problem(404, f"there is no tax document of '{source}'", kind="missing")
    return found


def _stamped(versions: Sequence[TaxDocument]) -> TaxDocument:
    """The newest stamped version; where none was stamped, the newest, of which it is told that nothing can be taken back."""
    return next((each for each in reversed(versions) if each.uuid), versions[-1])


async def _keep(context: Context, document: TaxDocument, receiver: Receiver) -> None:
    """Keep the customer's tax data, for this document and every invoice to come; not where the order itself could not be given."""
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    customer = await context.store.customer_of(document.tenant, document.subscription)
    await context.store.save_receiver(document.tenant, customer.id, receiver)


async def _ordered(context: Context, by: By, source: str, command: DocumentCommand, said: Command) -> AnswerView:
    door, tenant = context.door, by.who.tenant.id
    return AnswerView.of(await door.command_document(tenant, source, command, said, update_id=by.update_id))
