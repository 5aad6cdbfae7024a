"""Orders that support gives about an unpaid invoice. Each is validated by the case's process, answered, and kept in the audit."""

from collections.abc import Mapping

from fastapi import APIRouter

from activities.ports.register import Subscriber
from api.access import needs
from api.case_wishes import Escalated, Grace, InParts, OtherPolicy, PaidOutside, Promised, Standstill, ToStep, Wish
from api.deps import By, Context, Ctx, Orderer, Owing
from api.orders import ANSWERS, AnswerView, Order
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.permissions import Permission
from models.commands import CaseCommand
from models.records import CaseRecord

router = APIRouter(prefix="/v1/subscriptions/{subscription}/overrides", tags=["overrides"])


class CaseOrder(Wish, Order):
    """An order about an unpaid invoice."""


class GraceOrder(Grace, CaseOrder):
    """More days of service before suspension."""


class PauseOrder(Standstill, CaseOrder):
    """The ladder stands still."""


class PromiseOrder(Promised, CaseOrder):
    """The customer says when they will pay."""


class InstalmentsOrder(InParts, CaseOrder):
    """A payment plan: together the parts are what is owed."""


class PolicyOrder(OtherPolicy, CaseOrder):
    """A version of a policy that the tenant has written."""


class StepOrder(ToStep, CaseOrder):
    """A step of the policy, counted from 1; it is taken now and later ones keep their distance."""


class EscalateOrder(Escalated, CaseOrder):
    """A person looks at it: the case's ticket is opened, or becomes more urgent."""


class PaymentOrder(PaidOutside, CaseOrder):
    """A payment that came outside the payments provider."""


# What each order to a case is written as; a page's form is read by the same models.
ORDERS: Mapping[CaseCommand, type[CaseOrder]] = {
    CaseCommand.EXTEND_GRACE: GraceOrder,
    CaseCommand.RETRY_NOW: CaseOrder,
    CaseCommand.SKIP_TO_STEP: StepOrder,
    CaseCommand.PAUSE: PauseOrder,
    CaseCommand.PROMISE: PromiseOrder,
    CaseCommand.ADOPT_POLICY: PolicyOrder,
    CaseCommand.RESUME: CaseOrder,
    CaseCommand.RECORD_PAYMENT: PaymentOrder,
    CaseCommand.WRITE_OFF: CaseOrder,
    CaseCommand.INSTALMENTS: InstalmentsOrder,
    CaseCommand.ESCALATE: EscalateOrder,
}


@router.post(
    "/extend_grace", summary="Give more days of grace", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def extend_grace(order: GraceOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Every step still to come moves back by so many days."""
    return await give(context, by, found, order, CaseCommand.EXTEND_GRACE)


@router.post("/retry_now", summary="Charge the card now", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def retry_now(order: CaseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """One attempt, now, with the customer's default card. A decline is an answer, not an error."""
    return await give(context, by, found, order, CaseCommand.RETRY_NOW)


@router.post(
    "/skip_to_step", summary="Go to a step of the policy", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def skip_to_step(order: StepOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Only forward: a step that was taken is not taken again."""
    return await give(context, by, found, order, CaseCommand.SKIP_TO_STEP)


@router.post(
    "/pause_dunning", summary="Stop collecting for now", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def pause_dunning(order: PauseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The ladder stands still, for some days or until it is resumed; a payment still ends it."""
    return await give(context, by, found, order, CaseCommand.PAUSE)


@router.post(
    "/promise_to_pay", summary="Take a promise to pay", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def promise_to_pay(order: PromiseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The ladder stands still until then and goes on by itself; how often and how far away, the policy says."""
    return await give(context, by, found, order, CaseCommand.PROMISE)


@router.post(
    "/move_to_policy",
    summary="Let a running case go on by another policy",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def move_to_policy(order: PolicyOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """What the new policy takes away is announced by its own notice first. See what would change with the policy's preview."""
    return await give(context, by, found, order, CaseCommand.ADOPT_POLICY)


@router.post(
    "/agree_instalments",
    summary="Let the customer pay in parts",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def agree_instalments(order: InstalmentsOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The invoice is voided and replaced by one for each part, charged by itself on its day; each lives like any invoice.

    Its case ends as replaced and service comes back; a part that is not paid on its day has a case of its own.
    """
    return await give(context, by, found, order, CaseCommand.INSTALMENTS)


@router.post("/escalate", summary="Have a person look at it", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def escalate(order: EscalateOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Opens the case's ticket; where there is one, it becomes more urgent."""
    return await give(context, by, found, order, CaseCommand.ESCALATE)


@router.post("/resume_dunning", summary="Go on collecting", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def resume_dunning(order: CaseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Each step comes as far ahead as it was when the pause began."""
    return await give(context, by, found, order, CaseCommand.RESUME)


@router.post(
    "/record_external_payment",
    summary="Record a payment by SPEI or cash",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def record_external_payment(order: PaymentOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The invoice counts as paid: service comes back and a tax invoice is made, as for any payment."""
    return await give(context, by, found, order, CaseCommand.RECORD_PAYMENT)


@router.post("/write_off", summary="Give the debt up", dependencies=[needs(Permission.MONEY)], responses=ANSWERS)
async def write_off(order: CaseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The invoice becomes uncollectible and its case ends; service comes back."""
    return await give(context, by, found, order, CaseCommand.WRITE_OFF)


async def give(context: Context, by: By, found: Subscriber, order: CaseOrder, command: CaseCommand) -> AnswerView:
    """Give the order to the case it is about, and wait for its answer. Raises what the door raises, and Problem as `open_case`."""
    tenant = by.who.tenant.id
    said = await order.said(by.sign(order.actor, order.reason), context.store, tenant)
    invoice = await _meant(context, by, found, order.invoice)
    return AnswerView.of(await context.door.command_case(tenant, invoice, command, said, update_id=by.update_id))


async def _meant(context: Context, by: By, found: Subscriber, invoice: str) -> str:
    """The invoice of an order; of a repeat, that of its first try. Raises as `open_case`.

    Else an order whose answer was lost would be carried out a second time, on the next debt, once the oldest is settled by it.
    """
    tenant = by.who.tenant.id
    if by.request and (known := await context.store.request_about(tenant, by.request)):
        return known
    case = await open_case(context, found, invoice)
    return await context.store.bind_request(tenant, by.request, case.invoice) if by.request else case.invoice


async def open_case(context: Context, found: Subscriber, invoice: str) -> CaseRecord:
    """The running case of an invoice; without one named, of the oldest.

    Raises:
        Problem: 409, there is none.
    """
    cases = await context.store.cases(found.record.tenant, found.record.id)
    wanted = [case for case in cases if invoice in ("", case.invoice)]
    if not wanted:
        raise Problem(409, ApiWhy.NO_CASE(invoice=invoice) if invoice else ApiWhy.NO_CASES(), kind="refused")
    still_open = [case for case in wanted if case.outcome is None]
    if not still_open:
        last = wanted[-1]
        raise Problem(409, ApiWhy.CASE_ENDED(invoice=last.invoice, outcome=last.outcome), kind="refused")
    return still_open[0]
