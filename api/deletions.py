"""Deleting a customer's data: begun, looked at, kept after all, confirmed by the product, and certified."""

import json
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from activities.exporting import Exporting
from activities.ports.register import Subscriber
from api.access import needs
from api.billing import owing_by
from api.deps import ID, Caller, Context, Ctx, Mine, Orderer
from api.orders import ANSWERS, AnswerView, Order, Signed
from api.problems import Problem, answers
from api.views import Body, View
from models.access.permissions import Permission
from models.commands import DeletionCommand
from models.messages import Command, ConfirmDeletion, DeletionStart
from models.policies.policy import Retention
from models.records import Tenant
from models.safekeeping.deletions import Cause, Deletion, State, Warned, first_day
from models.subscribing.subscriptions import Status

router = APIRouter(tags=["deletions"])
_LOOK, _ORDER, _PRODUCT, _OWNER = (
    [needs(each)] for each in (Permission.READ, Permission.ORDER, Permission.DELETIONS, Permission.ERASE)
)
Id = Annotated[str, Path(pattern=ID, description="`id` of the deletion", examples=["del_6c1f0a9be27d4410ab12"])]
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "a zip", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "a PDF", "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


class WarnedView(View):
    """A warning: its message, when it was begun, when it arrived or failed."""

    message: str
    at: datetime
    arrived_at: datetime | None
    failed_at: datetime | None

    @classmethod
    def of(cls, warned: Warned) -> "WarnedView":
        return cls(message=warned.key, at=warned.at, arrived_at=warned.arrived, failed_at=warned.failed)


class DeletionView(View):
    """Where a deletion stands."""

    id: str = Field(examples=["del_6c1f0a9be27d4410ab12"])
    customer: str
    subscription: str
    """Their newest, by which they are written to."""
    cause: Cause
    state: State
    requested_at: datetime
    requested_by: str
    reason: str
    day: datetime
    """The earliest instant at which your product is asked to delete."""
    cancellable: bool
    warnings: list[WarnedView]
    hindrance: str
    """Why it cannot go on although its time has come; looked at again every day."""
    asked_at: datetime | None
    reminders: int
    confirmed_at: datetime | None
    confirmed_by: str
    deleted: list[str]
    erased_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    closed_for: str
    certificate: str
    """The SHA-256 of the certificate, once there is one."""
    export_asked_at: datetime | None
    export_url: str

    @classmethod
    def of(cls, deletion: Deletion) -> "DeletionView":
        return cls(
            id=deletion.id,
            customer=deletion.customer,
            subscription=deletion.subscription,
            cause=deletion.cause,
            state=deletion.state,
            requested_at=deletion.requested_at,
            requested_by=deletion.requested_by,
            reason=deletion.reason,
            day=deletion.day,
            cancellable=deletion.state.cancellable,
            warnings=[WarnedView.of(each) for each in deletion.warnings],
            hindrance=deletion.hindrance,
            asked_at=deletion.asked_at,
            reminders=deletion.reminders,
            confirmed_at=deletion.confirmed_at,
            confirmed_by=deletion.confirmed_by,
            deleted=list(deletion.deleted),
            erased_at=deletion.erased_at,
            closed_at=deletion.closed_at,
            closed_by=deletion.closed_by,
            closed_for=deletion.closed_for,
            certificate=deletion.certificate,
            export_asked_at=deletion.export_asked_at,
            export_url=deletion.export_url,
        )


class DeletionOrder(Order):
    """Whose data are to go, by your id of the customer or by ours of a subscription of theirs."""

    customer_reference: str | None = Field(default=None, pattern=ID, examples=["user-1042"])
    subscription: str | None = Field(default=None, pattern=ID)


class Confirmation(Signed):
    """What your product has deleted, in words for the certificate: kinds of data, no names."""

    deleted: list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]] = Field(
        min_length=1, max_length=50, examples=[["invoices and reports", "uploaded files", "user accounts"]]
    )
    reference: str = Field(default="", max_length=200, description="your own, e.g. of the job that did it")


class ExportOffer(Body):
    """Where the customer finds what your product holds of them."""

    url: str = Field(max_length=2000, pattern=r"^https://[!-~]+$", examples=["https://app.example.mx/export/7f3a.zip"])


@router.post(
    "/v1/deletions",
    status_code=201,
    summary="Begin to delete a customer's data",
    dependencies=_OWNER,
    responses=answers(404, 409, 422, 503),
)
async def begin(order: DeletionOrder, context: Ctx, tenant: Caller, by: Orderer) -> DeletionView:
    """Because the customer asks for it. They are warned first and may keep their data until the day; one that is under way is answered."""
    found = await owing_by(context, tenant, order.customer_reference, order.subscription)
    return DeletionView.of(await begun(context, tenant, found, Command(*by.sign(order.actor, order.reason))))


@router.get("/v1/deletions", summary="Deletions", dependencies=_LOOK, responses=answers(422, 503))
async def listed(
    context: Ctx,
    tenant: Caller,
    state: Annotated[State | None, Query(description="only those that stand there")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[DeletionView]:
    """Newest first."""
    return [DeletionView.of(each) for each in await context.store.deletions(tenant.id, state=state, limit=limit)]


@router.get("/v1/deletions/{deletion}", summary="One deletion", dependencies=_LOOK, responses=answers(404, 422, 503))
async def shown(deletion: Id, context: Ctx, tenant: Caller) -> DeletionView:
    """Where it stands."""
    return DeletionView.of(await _found(context, tenant, deletion))


@router.post("/v1/deletions/{deletion}/cancel", summary="Keep the data", dependencies=_ORDER, responses=ANSWERS)
async def cancel(deletion: Id, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """Until your product has been asked to delete. A customer who was warned is told that their data stay."""
    command = Command(*by.sign(order.actor, order.reason))
    return await _obeyed(context, tenant, deletion, DeletionCommand.CANCEL, command, by.update_id)


@router.post("/v1/deletions/{deletion}/warn", summary="Warn once more", dependencies=_ORDER, responses=ANSWERS)
async def warn(deletion: Id, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """After the contact data were corrected, where no warning arrived."""
    command = Command(*by.sign(order.actor, order.reason))
    return await _obeyed(context, tenant, deletion, DeletionCommand.WARN_AGAIN, command, by.update_id)


@router.post(
    "/v1/deletions/{deletion}/confirm", summary="Your product has deleted", dependencies=_PRODUCT, responses=ANSWERS
)
async def confirm(deletion: Id, told: Confirmation, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """The answer to `customer.data_deletion_requested`: what was deleted. Ours is erased then, and both are certified."""
    actor, reason = by.sign(told.actor, told.reference)
    command = ConfirmDeletion(actor, reason, tuple(told.deleted))
    return await _obeyed(context, tenant, deletion, DeletionCommand.CONFIRM, command, by.update_id)


@router.put(
    "/v1/deletions/{deletion}/export",
    summary="Give what your product holds",
    dependencies=_PRODUCT,
    responses=answers(404, 409, 422, 503),
)
async def give_export(deletion: Id, offer: ExportOffer, context: Ctx, tenant: Caller) -> DeletionView:
    """The answer to `customer.export_requested`: an address of yours that the customer's page links to."""
    held = await _found(context, tenant, deletion)
    if held.state.over:
        raise Problem(409, f"it is {held.state}: nobody looks for an export there any more", kind="over")
    await context.store.offer_export(tenant.id, deletion, offer.url, datetime.now(UTC))
    return DeletionView.of(await _found(context, tenant, deletion))


@router.get(
    "/v1/deletions/{deletion}/certificate",
    summary="The certificate, as JSON",
    dependencies=_LOOK,
    responses=answers(404, 422, 503),
)
async def certificate(deletion: Id, context: Ctx, tenant: Caller) -> dict[str, Any]:
    """What was certified, and under `sha256` the digest of its JSON with keys in order and nothing between (`,`, `:`), in UTF-8."""
    held = await context.store.certificate(tenant.id, deletion)
    if held is None:
        raise _uncertified(deletion)
    return {**json.loads(held.json), "sha256": held.digest}


@router.get(
    "/v1/deletions/{deletion}/certificate.pdf",
    summary="The certificate, printed",
    dependencies=_LOOK,
    response_class=Response,
    responses=answers(404, 422, 503) | PDF,
)
async def paper(deletion: Id, context: Ctx, tenant: Caller) -> Response:
    """In your look."""
    held = await context.store.certificate(tenant.id, deletion)
    if held is None:
        raise _uncertified(deletion)
    return file(held.paper, "application/pdf", f"{deletion}.pdf")


@router.get(
    "/v1/subscriptions/{subscription}/export",
    summary="All that is held of its customer",
    dependencies=_OWNER,
    response_class=Response,
    responses=answers(404, 503) | ZIP,
)
async def export(found: Mine, context: Ctx) -> Response:
    """A zip of JSON and CSV, and of their CFDI as XML and PDF."""
    customer = found.customer
    content = await Exporting(context.store).bundle(customer.tenant, customer.id)
    return file(content, "application/zip", f"{customer.id}.zip")


async def begun(context: Context, tenant: Tenant, found: Subscriber, order: Command) -> Deletion:
    """Begin the deletion that a customer asked for. Raises Problem: 409 while a subscription of theirs is alive."""
    for record in await context.store.subscriptions_of(tenant.id, found.customer.id):
        if record.status is not Status.CANCELED:
            why = f"subscription {record.id} is {record.status}: cancel it first, and begin once it has ended"
            raise Problem(409, why, kind="not_yet")
    policy = await context.store.policy(tenant.id, found.record.plan, found.record.id)
    terms, calendar, now = policy.deletion or Retention(), context.calendar(tenant), datetime.now(UTC)
    deletion = Deletion(
        tenant=tenant.id,
        id=f"del_{secrets.token_hex(10)}",
        customer=found.customer.id,
        subscription=found.record.id,
        cause=Cause.ASKED,
        requested_at=now,
        requested_by=order.actor,
        reason=order.reason,
        day=first_day(Cause.ASKED, terms, calendar, now),
    )
    return await context.door.start_deletion(DeletionStart(deletion, terms, calendar))


def file(content: bytes, media_type: str, name: str) -> Response:
    """A download that no cache keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


def _uncertified(deletion: str) -> Problem:
    return Problem(404, f"there is no certificate of '{deletion}'", kind="missing")


async def _found(context: Context, tenant: Tenant, deletion: str) -> Deletion:
    found = await context.store.deletion(tenant.id, deletion)
    if found is None:
        raise Problem(404, f"there is no deletion '{deletion}'", kind="missing")
    return found


async def _obeyed(
    context: Context, tenant: Tenant, deletion: str, command: DeletionCommand, order: Command, update_id: str
) -> AnswerView:
    held = await _found(context, tenant, deletion)
    newest = await context.store.deletion_of(tenant.id, held.customer)
    if held.state.over or newest is None or newest.id != held.id:
        raise Problem(409, f"it is {held.state}: nothing is left to change", kind="over")
    answer = await context.door.command_deletion(tenant.id, held.customer, command, order, update_id=update_id)
    return AnswerView.of(answer)
