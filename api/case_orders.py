"""Orders that support gives about an unpaid invoice. Each is validated by the case's process, answered, and kept in the audit."""

from enum import StrEnum

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from activities.ports.register import Subscriber
from api.access import needs
from api.deps import By, Context, Ctx, Orderer, Owing
from api.orders import ANSWERS, AnswerView, Order
from api.problems import Problem
from api.views import Body
from models.commands import CaseCommand
from models.invoices import Instalment
from models.messages import AdoptPolicy, AgreeInstalments, Command, Days, ExternalPayment, Pause, Promise, SkipToStep
from models.permissions import Permission
from models.policy_page import parse

router = APIRouter(prefix="/v1/subscriptions/{subscription}/overrides", tags=["overrides"])


class CaseOrder(Order):
    """An order about an unpaid invoice."""

    invoice: str = Field(
        default="", max_length=64, description="which one; left out: the oldest unpaid", examples=["in_1Pgc6tB7WZ01"]
    )


class GraceOrder(CaseOrder):
    """More days of service before suspension."""

    days: float = Field(gt=0, le=60, examples=[3])


class PauseOrder(CaseOrder):
    """The ladder stands still."""

    days: float = Field(default=0, ge=0, le=60, description="0: until it is resumed", examples=[5])
    disputed: bool = Field(default=False, description="the customer says they do not owe it")


class PromiseOrder(CaseOrder):
    """The customer says when they will pay."""

    until: AwareDatetime = Field(examples=["2026-12-01T18:00:00Z"])
    centavos: int = Field(default=0, ge=0, le=10**12, description="how much; 0: all that is owed")


class PartOrder(Body):
    """One instalment."""

    centavos: int = Field(gt=0, le=10**12, examples=[24_950])
    due: AwareDatetime = Field(description="when it is charged", examples=["2026-12-01T18:00:00Z"])


class InstalmentsOrder(CaseOrder):
    """A payment plan: together the parts are what is owed."""

    parts: list[PartOrder] = Field(min_length=2, max_length=12, description="the earliest first")


class PolicyOrder(CaseOrder):
    """A version of a policy that the tenant has written."""

    policy: str = Field(min_length=1, max_length=64, examples=["standard-21d"])
    version: int = Field(ge=1, le=10**9, examples=[2])


class StepOrder(CaseOrder):
    """A step of the policy, counted from 1; it is taken now and later ones keep their distance."""

    step: int = Field(ge=1, le=100, examples=[6])


class Method(StrEnum):
    """How money came outside the payments provider."""

    SPEI = "spei"
    CASH = "cash"


class PaymentOrder(CaseOrder):
    """A payment that came outside the payments provider."""

    method: Method
    reference: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"\S",
        description="the bank's tracking key, or the receipt's number",
        examples=["2026112140014BMOV0000123456"],
    )


@router.post(
    "/extend_grace", summary="Give more days of grace", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def extend_grace(order: GraceOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Every step still to come moves back by so many days."""
    said = Days(*by.sign(order.actor, order.reason), order.days)
    return await _to_case(context, by, found, order, CaseCommand.EXTEND_GRACE, said)


@router.post("/retry_now", summary="Charge the card now", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def retry_now(order: CaseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """One attempt, now, with the customer's default card. A decline is an answer, not an error."""
    return await _to_case(
        context, by, found, order, CaseCommand.RETRY_NOW, Command(*by.sign(order.actor, order.reason))
    )


@router.post(
    "/skip_to_step", summary="Go to a step of the policy", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def skip_to_step(order: StepOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Only forward: a step that was taken is not taken again."""
    said = SkipToStep(*by.sign(order.actor, order.reason), order.step)
    return await _to_case(context, by, found, order, CaseCommand.SKIP_TO_STEP, said)


@router.post(
    "/pause_dunning", summary="Stop collecting for now", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def pause_dunning(order: PauseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The ladder stands still, for some days or until it is resumed; a payment still ends it."""
    said = Pause(*by.sign(order.actor, order.reason), order.days, order.disputed)
    return await _to_case(context, by, found, order, CaseCommand.PAUSE, said)


@router.post(
    "/promise_to_pay", summary="Take a promise to pay", dependencies=[needs(Permission.ORDER)], responses=ANSWERS
)
async def promise_to_pay(order: PromiseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The ladder stands still until then and goes on by itself; how often and how far away, the policy says."""
    said = Promise(*by.sign(order.actor, order.reason), order.until, order.centavos)
    return await _to_case(context, by, found, order, CaseCommand.PROMISE, said)


@router.post(
    "/move_to_policy",
    summary="Let a running case go on by another policy",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def move_to_policy(order: PolicyOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """What the new policy takes away is announced by its own notice first. See what would change with the policy's preview."""
    policy = parse(await context.store.policy_page(by.who.tenant.id, order.policy, order.version))
    said = AdoptPolicy(*by.sign(order.actor, order.reason), policy)
    return await _to_case(context, by, found, order, CaseCommand.ADOPT_POLICY, said)


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
    parts = tuple(Instalment(part.centavos, part.due) for part in order.parts)
    said = AgreeInstalments(*by.sign(order.actor, order.reason), parts)
    return await _to_case(context, by, found, order, CaseCommand.INSTALMENTS, said)


@router.post("/resume_dunning", summary="Go on collecting", dependencies=[needs(Permission.ORDER)], responses=ANSWERS)
async def resume_dunning(order: CaseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """Each step comes as far ahead as it was when the pause began."""
    return await _to_case(context, by, found, order, CaseCommand.RESUME, Command(*by.sign(order.actor, order.reason)))


@router.post(
    "/record_external_payment",
    summary="Record a payment by SPEI or cash",
    dependencies=[needs(Permission.MONEY)],
    responses=ANSWERS,
)
async def record_external_payment(order: PaymentOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The invoice counts as paid: service comes back and a tax invoice is made, as for any payment."""
    said = ExternalPayment(*by.sign(order.actor, order.reason), order.method, order.reference)
    return await _to_case(context, by, found, order, CaseCommand.RECORD_PAYMENT, said)


@router.post("/write_off", summary="Give the debt up", dependencies=[needs(Permission.MONEY)], responses=ANSWERS)
async def write_off(order: CaseOrder, found: Owing, context: Ctx, by: Orderer) -> AnswerView:
    """The invoice becomes uncollectible and its case ends; service comes back."""
    return await _to_case(
        context, by, found, order, CaseCommand.WRITE_OFF, Command(*by.sign(order.actor, order.reason))
    )


async def _to_case(
    context: Context, by: By, found: Subscriber, order: CaseOrder, command: CaseCommand, said: Command
) -> AnswerView:
    tenant = by.who.tenant.id
    cases = await context.store.cases(tenant, found.record.id)
    wanted = [case for case in cases if order.invoice in ("", case.invoice)]
    if not wanted:
        why = f"invoice '{order.invoice}' is" if order.invoice else "no invoice of this subscription is"
        raise Problem(409, f"{why} in dunning: there is nothing to change", kind="refused")
    still_open = [case for case in wanted if case.outcome is None]
    if not still_open:
        last = wanted[-1]
        raise Problem(
            409,
            f"the case of invoice {last.invoice} is over ({last.outcome}): nothing is left to change",
            kind="refused",
        )
    return AnswerView.of(
        await context.door.command_case(tenant, still_open[0].invoice, command, said, update_id=by.update_id)
    )
