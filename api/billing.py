"""Billing as a product's own backend asks for it: a hosted checkout, and how a customer of theirs stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from activities.ports.payments import Checkout
from activities.ports.register import Subscriber
from activities.provider_prices import provider_price
from api.access import needs
from api.deps import ID, Caller, Context, Ctx, Orderer, subscribed
from api.problems import FieldError, Problem, answers, invalid, unavailable
from api.signup import Applicant, checked, enter, start_of, taken
from api.views import Body, SubscriptionView, View
from models.access.permissions import Permission
from models.commands import SubscriptionCommand
from models.messages import Command
from models.records import Customer, Tenant
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status

router = APIRouter(tags=["billing"])


class CheckoutOrder(Applicant):
    """An applicant who gives their card on the provider's page."""

    success_url: str = Field(max_length=2000, pattern=r"^https?://\S+$", examples=["https://app.example.mx/gracias"])
    cancel_url: str = Field(max_length=2000, pattern=r"^https?://\S+$", examples=["https://app.example.mx/planes"])


class CheckoutView(View):
    """A hosted page where the customer gives a card and the subscription starts."""

    subscription: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    url: str = Field(examples=["https://checkout.stripe.com/c/pay/cs_test_a1"])
    expires_at: datetime


@router.post(
    "/billing/checkout",
    status_code=201,
    summary="Open a checkout page",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 502, 503)
    | {200: {"description": "the page opened earlier, still good", "model": CheckoutView}},
)
async def checkout(order: CheckoutOrder, response: Response, context: Ctx, tenant: Caller) -> CheckoutView:
    """Enter the customer and open a page of the payments provider. Asked again, it answers with the page that is still open."""
    opened, fresh = await open_page(order, context, tenant)
    if not fresh:
        response.status_code = 200
    return opened


async def open_page(
    order: CheckoutOrder, context: Context, tenant: Tenant, order_id: str = ""
) -> tuple[CheckoutView, bool]:
    """The page for an order, and whether it was opened just now. `order_id` names the order, as in `signup.enter`.

    Raises a Problem: 422 or 409 that names the fields, 503.
    """
    plan, customer = await checked(order, context, tenant)
    if order.instalments:
        why = "a plan in instalments begins with a card at POST /v1/subscriptions"
        raise invalid([FieldError(field="instalments", message=why)])
    return await the_page(
        context, Wanted(tenant, customer, plan, order.success_url, order.cancel_url, order.pet, order_id)
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to have a checkout page for what, where it leads when it is done or left, and what names the order."""

    tenant: Tenant
    customer: Customer
    plan: Plan
    success_url: str
    cancel_url: str
    pet: str = ""
    order_id: str = ""


async def the_page(context: Context, wanted: Wanted) -> tuple[CheckoutView, bool]:
    """The one open page of this customer for this plan, and whether it was made just now.

    Raises a Problem: 409, they have a subscription already, or it is not known yet what became of their page; 503, the engine is away.
    """
    if not await context.door.ready():
        raise unavailable("the engine (Temporal) cannot be reached")
    entered = await enter(context, wanted.customer, wanted.plan, wanted.order_id, pet=wanted.pet)
    subscription, fresh = entered.record.id, not entered.record.checkout_session
    if entered.record.checkout_session:
        page = await context.payments.look_up_checkout(entered.record.checkout_session)
        if page.status != "open":
            raise taken(
                "customer_reference", f"its checkout page is {page.status}: look again in a moment", subscription
            )
    else:
        page = await _make(context, wanted, entered)
    # Told every time: the first call may have been cut off after the page was made, and one subscription has one process.
    opening = await context.door.start_subscription(
        start_of(context, wanted.tenant, entered, wanted.plan, checkout=page.id)
    )
    if opening is not None and opening.status is not Status.INCOMPLETE:
        # At this very moment they signed up with a card: a page left open would be a second subscription.
        await context.payments.close_checkout(page.id)
        raise taken("customer_reference", "has a subscription already", subscription)
    return CheckoutView(subscription=subscription, url=page.url, expires_at=page.expires_at), fresh


async def _make(context: Context, wanted: Wanted, entered: Subscriber) -> Checkout:
    store, payments, subscription = context.store, context.payments, entered.record.id
    tenant, plan = wanted.tenant, wanted.plan
    price = await provider_price(store, payments, plan)
    customer = await payments.ensure_customer(entered.customer, "")
    await store.save_provider_customer(tenant.id, entered.customer.id, customer)
    page = await payments.open_checkout(
        customer=customer,
        price=price,
        trial=plan.trial,
        tenant=tenant.id,
        subscription=subscription,
        success_url=wanted.success_url,
        cancel_url=wanted.cancel_url,
        key=f"{subscription}/checkout",
    )
    await store.save_checkout(tenant.id, subscription, page.id)
    return page


@router.get(
    "/v1/billing/subscription",
    summary="How a customer stands",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 422, 503),
)
async def subscription_of(
    context: Ctx,
    tenant: Caller,
    customer_reference: Annotated[str | None, Query(pattern=ID, description="your own id of the customer")] = None,
    subscription: Annotated[str | None, Query(pattern=ID)] = None,
) -> SubscriptionView:
    """By your customer's id or by ours. Of several subscriptions of one customer, the living one, else the newest."""
    return SubscriptionView.of(await found_by(context, tenant, customer_reference, subscription))


class RefreshOrder(Body):
    """Whose subscription is to be read anew, by your id or by ours."""

    customer_reference: str | None = Field(default=None, pattern=ID, examples=["user-1042"])
    subscription: str | None = Field(default=None, pattern=ID)
    actor: str = Field(
        default="", max_length=100, pattern=r"^$|\S", description="as in every order", examples=["ana@soporte"]
    )
    reason: str = Field(default="asked through the API", min_length=1, max_length=500)


@router.post(
    "/v1/billing/subscription/refresh",
    summary="Read it anew from the provider",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 409, 422, 503),
)
async def refresh(order: RefreshOrder, context: Ctx, by: Orderer) -> SubscriptionView:
    """Have the process look at the payments provider now, when a webhook may be late, and answer with what it found."""
    tenant, said = by.who.tenant, Command(*by.sign(order.actor, order.reason))
    found = await found_by(context, tenant, order.customer_reference, order.subscription)
    await context.door.command_subscription(
        tenant.id, found.record.id, SubscriptionCommand.REFRESH, said, update_id=by.update_id
    )
    return SubscriptionView.of(await context.store.subscriber(tenant.id, found.record.id) or found)


async def found_by(context: Context, tenant: Tenant, reference: str | None, subscription: str | None) -> Subscriber:
    """A subscription, by a customer's id of the tenant's or by its own. Raises Problem: 404, or 422 where not one of them is given."""
    return subscribed(await owing_by(context, tenant, reference, subscription))


async def owing_by(context: Context, tenant: Tenant, reference: str | None, account: str | None) -> Subscriber:
    """As `found_by`, or a bill by its own id: where it is the customer who is meant."""
    if bool(reference) == bool(account):
        why = "give either customer_reference or subscription"
        raise invalid([FieldError(field="customer_reference", message=why)])
    if reference:
        found = await context.store.subscriber_by_reference(tenant.id, reference)
    else:
        found = await context.store.subscriber(tenant.id, account or "")
    if found is None:
        raise Problem(404, "there is no such subscription", kind="missing")
    return found
