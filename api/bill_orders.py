"""What people may order of a bill. Each order needs an actor and a reason and leaves an audit row."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from pydantic import Field

from activities.failures import Refused
from api.access import needs
from api.bill_views import BillView
from api.bills import MyBill, still_issuing, view
from api.case_wishes import Method
from api.deps import Caller, Context, Ctx, Orderer
from api.orders import ANSWERS, AnswerView, Order
from api.problems import Problem, answers
from api.views import Body, View
from models.access.permissions import Permission
from models.billing.bills import Bill, BillStatus, BillTerms, InvoiceWish
from models.commands import BillCommand
from models.messages import BillStart, Command, ExternalPayment
from models.records import AuditEntry, Payment, Tenant
from models.refusals import OrderWhy

router = APIRouter(prefix="/v1/bills", tags=["bills"])


class CounterPayment(Order):
    """A payment at the counter, or by transfer to an account of the business."""

    method: Method
    reference: str = Field(
        min_length=1, max_length=100, pattern=r"\S", description="the receipt's number, or the bank's tracking key"
    )


class BillTermsBody(Body):
    """How bills are made where they say nothing else."""

    days_until_due: int = Field(default=7, ge=1, le=90)
    cfdi: InvoiceWish = InvoiceWish.ON_REQUEST


@router.post("/{bill}/void", summary="Take a bill back", dependencies=[needs(Permission.MONEY)], responses=ANSWERS)
async def void(found: MyBill, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """One that was not paid. What packages gave on it is theirs again; of one that was never issued its customer is not told."""
    said = Command(*by.sign(order.actor, order.reason))
    if found.status is BillStatus.DRAFT:
        start = await _start(found, context, tenant, void=said)
        return AnswerView.of(await context.door.void_draft(start, update_id=by.update_id))
    return AnswerView.of(
        await context.door.command_bill(found.tenant, found.id, BillCommand.VOID, said, update_id=by.update_id)
    )


@router.post(
    "/{bill}/issue",
    summary="Issue a bill that was drawn up and left",
    dependencies=[needs(Permission.ENTER)],
    responses=ANSWERS
    | {202: {"description": "accepted, still being issued; look again at `Location`", "model": BillView}},
)
async def issue(found: MyBill, order: Order, response: Response, context: Ctx, tenant: Caller, by: Orderer) -> BillView:
    """One whose order met an outage: after a day it is no longer issued by itself, for it may have been billed anew."""
    if found.status is not BillStatus.DRAFT:
        raise Problem(409, OrderWhy.BILL_ISSUED(), kind="refused")
    actor, reason = by.sign(order.actor, order.reason)
    key = f"{found.id}/issue"
    await context.store.audit(
        AuditEntry(found.tenant, found.id, key, datetime.now(UTC), actor, "issue ordered", reason)
    )
    await context.door.start_bill(await _start(found, context, tenant), again=True)
    now = await context.store.bill(found.tenant, found.id) or found
    if now.status is BillStatus.DRAFT:
        still_issuing(response, now)
    return await view(context, now)


async def _start(bill: Bill, context: Context, tenant: Tenant, *, void: Command | None = None) -> BillStart:
    """How the process of a bill that was never issued begins, where none runs. `void`: to take it back."""
    customer = await context.store.customer(bill.tenant, bill.customer)
    return BillStart.of(bill, customer.reference, context.calendar(tenant), void=void)


@router.post(
    "/{bill}/record_payment",
    summary="Record a payment at the counter",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def record_payment(found: MyBill, order: CounterPayment, context: Ctx, by: Orderer) -> AnswerView:
    """All of it, in cash or by transfer: the bill is paid, and nobody is reminded any more."""
    said = ExternalPayment(*by.sign(order.actor, order.reason), order.method, order.reference)
    return AnswerView.of(
        await context.door.command_bill(
            found.tenant, found.id, BillCommand.RECORD_PAYMENT, said, update_id=by.update_id
        )
    )


@router.post("/{bill}/write_off", summary="Give a bill up", dependencies=[needs(Permission.MONEY)], responses=ANSWERS)
async def write_off(found: MyBill, order: Order, context: Ctx, by: Orderer) -> AnswerView:
    """Nobody is asked for it any more; paid after all, it is in the books as recovered."""
    said = Command(*by.sign(order.actor, order.reason))
    return AnswerView.of(
        await context.door.command_bill(found.tenant, found.id, BillCommand.WRITE_OFF, said, update_id=by.update_id)
    )


def refundable(payments: Sequence[Payment]) -> list[Payment]:
    """Those that can go back the way they came: by card, voucher or transfer, not at the counter."""
    return [each for each in payments if each.charge.startswith("ch_")]


class RefundedView(View):
    """Money on its way back."""

    refund: str = Field(examples=["re_3Pgc6tB7WZ01"])
    status: str = Field(examples=["succeeded"])


@router.post(
    "/{bill}/refund",
    status_code=202,
    summary="Give the money of a paid bill back",
    dependencies=[needs(Permission.MONEY)],
    responses=answers(404, 409, 422, 502, 503),
)
async def refund(found: MyBill, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> RefundedView:
    """What was paid by card, voucher or transfer goes back the way it came, and its credit note (CFDI de egreso) follows by itself.

    Cash is given back at the counter, and its CFDI taken back by `POST /v1/documents/…/cancel`.
    """
    actor, reason = by.sign(order.actor, order.reason)
    paid = refundable(await context.store.payments(tenant.id, found.id))
    if found.status is not BillStatus.PAID or not paid:
        raise Problem(409, OrderWhy.BILL_NOTHING_BACK(), kind="refused")
    entry = AuditEntry(
        tenant.id,
        found.id,
        f"{found.id}/refund/{paid[0].charge}",
        datetime.now(UTC),
        actor,
        "refund ordered",
        reason,
        str(paid[0].amount),
    )
    await context.store.audit(entry)
    try:
        made = await context.payments.give_back(paid[0].charge, f"{found.id}/refund")
    except Refused as refusal:
        raise Problem(409, str(refusal), kind="refused") from None
    await context.door.report_refund(tenant.id, found.id, made.id, context.calendar(tenant))
    return RefundedView(refund=made.id, status=made.status)


@router.put(
    "/terms",
    summary="Say how bills are made where they say nothing else",
    dependencies=[needs(Permission.CATALOG)],
    responses=answers(422, 503),
)
async def set_terms(wanted: BillTermsBody, context: Ctx, tenant: Caller, by: Orderer) -> BillTermsBody:
    """For bills from now on."""
    now = datetime.now(UTC)
    actor, _ = by.sign("", "")
    await context.store.save_bill_terms(tenant.id, BillTerms(wanted.days_until_due, wanted.cfdi))
    told = f"{wanted.days_until_due} days, invoiced {wanted.cfdi}"
    key = f"bill-terms/{by.update_id or now.timestamp()}"
    await context.store.audit(AuditEntry(tenant.id, "", key, now, actor, "bill terms set", detail=told))
    return wanted


@router.post(
    "/{bill}/refresh",
    summary="Have the process write its row anew",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def refresh(found: MyBill, order: Order, context: Ctx, by: Orderer) -> BillView:
    """After books were lost, or when a row looks old."""
    said = Command(*by.sign(order.actor, order.reason))
    await context.door.command_bill(found.tenant, found.id, BillCommand.REFRESH, said, update_id=by.update_id)
    return await view(context, await context.store.bill(found.tenant, found.id) or found)
