"""Erasing a customer's personal data on their request."""

from datetime import UTC, date, datetime

from fastapi import APIRouter
from pydantic import Field

from activities.erasing import Erasing
from activities.failures import Refused
from api.access import needs
from api.deps import Ctx, Orderer, Owing
from api.orders import Order
from api.problems import Problem, answers
from api.views import View
from models.access.permissions import Permission
from models.safekeeping.erasure import Erasure

router = APIRouter(prefix="/v1/subscriptions/{subscription}", tags=["subscriptions"])


class KeptView(View):
    """A tax invoice whose XML the law keeps: its folio fiscal, the last day, and why."""

    document: str = Field(examples=["ch_3Pgc6tB7WZ01/income/v1"])
    uuid: str
    until: date = Field(examples=["2032-04-30"])
    why: str


class ErasedView(View):
    """What was erased, and what had to stay."""

    customer: str
    erased_at: datetime
    kept: list[KeptView]


@router.post(
    "/erase",
    summary="Erase the customer's personal data",
    responses=answers(404, 409, 422, 503),
    dependencies=[needs(Permission.ERASE)],
)
async def erase(found: Owing, context: Ctx, order: Order, by: Orderer) -> ErasedView:
    """For good: name, e-mail, phone, tax data, the texts of messages and events, here and at the payments provider.

    Amounts, ids, the ledger and the audit stay; of tax invoices the XML, for as long as the law wants it. Refused while a
    subscription or a dunning case of theirs is open or a tax invoice is under way. The e-mail may sign up again afterwards.
    """
    customer = found.customer
    erasure = Erasure(customer.tenant, customer.id, datetime.now(UTC), *by.sign(order.actor, order.reason))
    try:
        told = await Erasing(context.store, context.payments).erase(erasure)
    except Refused as refusal:
        raise Problem(409, str(refusal), kind="not_yet") from None
    return ErasedView(
        customer=customer.id,
        erased_at=told.erasure.at,
        kept=[KeptView(document=k.document, uuid=k.uuid, until=k.until, why=k.why) for k in told.kept],
    )
