"""Signing up: what a customer gives, checked field by field, and entered before anything is charged."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from fastapi import APIRouter, Response
from pydantic import Field

from activities.failures import Missing
from activities.ports.register import Subscriber, Taken
from api.access import needs
from api.deps import Caller, Context, Ctx, Orderer
from api.problems import FieldError, Problem, answers, declined, invalid, unavailable
from api.views import Body, SubscriptionView
from models import people
from models.access.permissions import Permission
from models.cfdi import fiscal
from models.cfdi.fiscal import Receiver
from models.messages import SubscriptionStart
from models.money import Money
from models.people import FieldInvalid
from models.records import Customer, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
T = TypeVar("T")


class FiscalData(Body):
    """What a tax invoice (CFDI) in the customer's name needs, as on their constancia de situación fiscal."""

    tax_id: str = Field(max_length=32, description="RFC", examples=["XIA190128J61"])
    legal_name: str = Field(max_length=300, examples=["XENON INDUSTRIAL ARTICLES"])
    tax_regime: str = Field(max_length=8, description="SAT c_RegimenFiscal", examples=["601"])
    postal_code: str = Field(max_length=8, examples=["76343"])
    cfdi_use: str = Field(
        default="", max_length=8, description="SAT c_UsoCFDI; left out: G03, else S01", examples=["G03"]
    )

    def receiver(self) -> Receiver:
        """As it is printed on the invoice. Raises FieldInvalid, naming the field."""
        return fiscal.receiver(
            rfc=self.tax_id,
            name=self.legal_name,
            regime=self.tax_regime,
            postal_code=self.postal_code,
            use=self.cfdi_use,
        )


class NewCustomer(Body):
    """Who pays."""

    customer_reference: str = Field(
        max_length=128,
        description="your own id of the customer: letters, digits, - and _; shown to operators, so no personal data",
        examples=["user-1042"],
    )
    name: str = Field(min_length=1, max_length=200, examples=["Ana López"])
    email: str = Field(max_length=320, examples=["ana@example.mx"])
    phone: str = Field(
        max_length=32, description="for WhatsApp; ten digits alone are Mexican", examples=["+52 55 1234 5678"]
    )
    language: Language = Field(default=Language.ES)
    fiscal: FiscalData | None = Field(
        default=None, description="left out: the charge is invoiced to público en general"
    )


class Applicant(NewCustomer):
    """Who subscribes, and to what."""

    plan: str = Field(max_length=64, examples=["pro"])
    pet: str = Field(
        default="",
        max_length=64,
        description="whom it is for, where a customer may have several: the id of one of their pets",
        examples=["pet_8Kq2nR4xYw1Z"],
    )
    instalments: int = Field(
        default=0, ge=0, le=12, description="pay the yearly price in so many monthly parts; 0: at once", examples=[12]
    )

    def lacking(self, plan: Plan) -> list[FieldError]:  # noqa: ARG002 - what is given elsewhere is missed by others
        """What this plan needs and the application does not give."""
        return []


class Signup(Applicant):
    """An applicant with a card, or without one where the plan's trial needs none."""

    payment_method: str = Field(
        default="",
        pattern=r"^$|^pm_[A-Za-z0-9_]+$",
        max_length=128,
        description="made by Stripe.js in the customer's browser, so that card numbers never come here; may be left out where the"
        " plan's trial needs no card",
        examples=["pm_card_visa"],
    )

    def lacking(self, plan: Plan) -> list[FieldError]:
        """The card, where the plan does not begin without one."""
        if self.payment_method or plan.trial.end is not None:
            return []
        return [FieldError(field="payment_method", message="this plan begins with a card: give one (pm_…)")]


@router.post(
    "",
    status_code=201,
    summary="Sign up",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(409, 422, 503)
    | {
        201: {"description": "the subscription runs: `trialing`, or `active` with its first charge paid"},
        202: {"description": "accepted, still being opened; look again at `Location`", "model": SubscriptionView},
        402: {
            "description": "the bank refused the card; `detail` says what may help, `decline` holds the code",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        },
    },
)
async def sign_up(
    application: Signup, response: Response, context: Ctx, tenant: Caller, by: Orderer
) -> SubscriptionView:
    """Enter the customer, start the subscription's process and wait up to ten seconds for its first answer.

    Safe to repeat after a lost answer: the same customer and plan go on with the same subscription, and are charged once. With an
    `Idempotency-Key` the repeat gets the first answer, also when we had died before it was noted; without one, 409 with the
    subscription's id once it runs. After a refused card the customer may simply sign up again with another one.
    """
    plan, customer = await checked(application, context, tenant)
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    entered = await enter(context, customer, plan, by.update_id, application.pet, application.instalments)
    if entered.record.checkout_session:
        raise taken("customer_reference", "has an open checkout page: finish it there", entered.record.id)
    opening = await context.door.start_subscription(
        start_of(context, tenant, entered, plan, payment_method=application.payment_method)
    )
    response.headers["Location"] = f"{router.prefix}/{entered.record.id}"
    if opening is None:
        response.status_code = 202
        response.headers["Retry-After"] = "2"
    elif opening.status is Status.INCOMPLETE:  # its process waits for a page that was opened at this very moment
        raise taken("customer_reference", "has an open checkout page: finish it there", entered.record.id)
    elif opening.status is Status.CANCELED:
        raise declined(opening.refusal, entered.record.id)
    return SubscriptionView.of(await context.store.subscriber(tenant.id, entered.record.id) or entered)


async def checked(application: Applicant, context: Context, tenant: Tenant) -> tuple[Plan, Customer]:
    """The plan and the customer of an application. Raises a Problem that names every wrong field at once."""
    errors: list[FieldError] = []
    try:
        plan = await context.store.plan(tenant.id, application.plan)
    except Missing:
        plan = None
        errors.append(FieldError(field="plan", message="there is no such plan; GET /v1/plans lists them"))
    if plan is not None and plan.archived:
        errors.append(FieldError(field="plan", message="is no longer sold; GET /v1/plans lists those that are"))
    if plan is not None:
        errors += application.lacking(plan)
    if plan is not None and application.instalments not in (0, *plan.instalments):
        sold = ", ".join(map(str, plan.instalments))
        why = f"this plan is paid at once, or in {sold} parts" if sold else "this plan is not sold in instalments"
        errors.append(FieldError(field="instalments", message=why))
    if application.pet:
        known = await context.store.customer_by_reference(tenant.id, application.customer_reference)
        theirs = await context.store.pets(tenant.id, known.id) if known else ()
        if application.pet not in [pet.id for pet in theirs]:
            errors.append(FieldError(field="pet", message="is none of this customer's; GET …/pets lists theirs"))
    customer = customer_of(application, tenant, errors)
    if errors or plan is None or customer is None:
        raise invalid(errors)
    return plan, customer


def customer_of(application: NewCustomer, tenant: Tenant, errors: list[FieldError]) -> Customer | None:
    """The customer that somebody has written down; what is wrong with them is added to `errors`."""

    def field(check: Callable[[], T]) -> T | None:
        try:
            return check()
        except FieldInvalid as fault:
            inside = application.fiscal is not None and fault.field in FiscalData.model_fields
            errors.append(FieldError(field=f"fiscal.{fault.field}" if inside else fault.field, message=str(fault)))
            return None

    reference = field(lambda: people.reference(application.customer_reference))
    email = field(lambda: people.email(application.email))
    phone = field(lambda: people.phone(application.phone))
    receiver = field(application.fiscal.receiver) if application.fiscal is not None else None
    name = " ".join(application.name.split())
    if not name:
        errors.append(FieldError(field="name", message="write the customer's name"))
    if errors or reference is None or email is None or phone is None:
        return None
    return Customer(
        tenant=tenant.id,
        id=f"c_{secrets.token_urlsafe(9)}",
        reference=reference,
        name=name,
        email=email,
        phone=phone,
        language=application.language,
        receiver=receiver,
    )


async def enter(
    context: Context, customer: Customer, plan: Plan, order: str = "", pet: str = "", instalments: int = 0
) -> Subscriber:
    """Write the customer and the subscription's first row; one that this very order has entered before is that one.

    Raises a Problem (409) that names the field in use.
    """
    now = datetime.now(UTC)
    name = f"s_{order[:24] or secrets.token_urlsafe(9)}"
    if order:
        # The order names its subscription, so that a repeat finds what was entered though nobody noted the answer.
        before = await context.store.subscriber(customer.tenant, name)
        if before is not None:
            return before
    record = SubscriptionRecord(
        tenant=customer.tenant,
        id=name,
        customer=customer.id,
        plan=plan.code,
        status=Status.INCOMPLETE,
        created_at=now,
        updated_at=now,
        amount_due=Money(0, plan.price.currency),
        price=plan.price,
        pet=pet,
        instalments=instalments,
        card_required=plan.trial.end is None,
    )
    try:
        return await context.store.sign_up(customer, record)
    except Taken as conflict:
        raise taken(conflict.field, str(conflict), conflict.subscription) from None


def taken(field: str, why: str, subscription: str) -> Problem:
    """The answer to a signup whose e-mail or reference is in use."""
    more = {"subscription": subscription} if subscription else {}
    errors = [FieldError(field=field, message=why)]
    return Problem(409, f"{field}: {why}", kind="taken", errors=errors, more=more)


def start_of(
    context: Context,
    tenant: Tenant,
    subscriber: Subscriber,
    plan: Plan,
    *,
    payment_method: str = "",
    checkout: str = "",
) -> SubscriptionStart:
    """The order that starts a subscription's process."""
    return SubscriptionStart(
        tenant=tenant.id,
        subscription=subscriber.record.id,
        reference=subscriber.customer.reference,
        plan=plan.code,
        price=plan.price,
        calendar=context.calendar(tenant),
        payment_method=payment_method,
        checkout=checkout,
    )
