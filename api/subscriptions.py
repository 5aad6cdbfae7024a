"""Looking at subscriptions: one, many, what a customer may use, and the way to their card."""

import base64
import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from activities.ports.clinic import Cursor
from activities.ports.register import Subscriber
from api.access import needs
from api.deps import ID, Caller, Context, Ctx, Mine
from api.problems import FieldError, Problem, answers, invalid
from api.refusals import ApiWhy
from api.views import Body, MoneyView, SubscriptionView, View
from models.access.permissions import Permission
from models.records import Tenant
from models.speaking.links import Purpose, link
from models.subscribing.entitlements import Access, entitlement
from models.subscribing.subscriptions import Status

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])

LINKS = {Status.PAST_DUE: Purpose.CARD, Status.SUSPENDED: Purpose.PAY}


class Page(View):
    """Some subscriptions, newest first."""

    data: list[SubscriptionView]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


@router.get(
    "",
    summary="Subscriptions, newest first",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def subscriptions(
    context: Ctx,
    tenant: Caller,
    status: Annotated[Status | None, Query(description="only those that stand so")] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:
    """A page holds up to `limit` subscriptions. New signups do not shift later pages."""
    after = read_cursor(cursor) if cursor else None
    found = list(await context.store.subscribers(tenant.id, status=status, after=after, limit=limit + 1))
    more, found = len(found) > limit, found[:limit]
    last = found[-1].record if found else None
    return Page(
        data=[SubscriptionView.of(subscriber) for subscriber in found],
        next_cursor=written_cursor(Cursor(last.created_at, last.id)) if more and last else None,
    )


@router.get(
    "/{subscription}", summary="One subscription", dependencies=[needs(Permission.READ)], responses=answers(404, 503)
)
async def one(found: Mine) -> SubscriptionView:
    """As its process last recorded it."""
    return SubscriptionView.of(found)


class EntitlementView(View):
    """What the customer may use now. A product polls it and shows `banner`, with `link` behind its button."""

    subscription: str
    access: Access
    status: Status
    banner: str = Field(examples=["Servicio suspendido: paga aquí para reactivarlo."])
    link: str = Field(examples=["https://cobranza.example.mx/go/cGF5OmFjbWU6c18x.Q2h"])
    amount_due: MoneyView
    grace_until: datetime | None


@router.get(
    "/{subscription}/entitlement",
    summary="What the customer may use",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 503),
)
async def entitled(context: Ctx, tenant: Caller, found: Mine) -> EntitlementView:
    """`full`, `grace` (all of it, with a warning) or `blocked` (only the way to pay). One row is read: poll it freely."""
    return entitlement_view(context, tenant, found)


def entitlement_view(context: Context, tenant: Tenant, found: Subscriber) -> EntitlementView:
    """What follows from how a subscription stands."""
    record, settings = found.record, context.settings
    where = ""
    if record.status in LINKS and record.amount_due.centavos:
        key = settings.link_secret
        where = link(settings.public_url, key, LINKS[record.status], tenant.id, record.id)
    answer = entitlement(
        record.status,
        found.customer.language,
        context.calendar(tenant),
        grace_until=record.grace_until,
        degraded=record.degraded,
        link=where,
    )
    return EntitlementView(
        subscription=record.id,
        access=answer.access,
        status=record.status,
        banner=answer.banner,
        link=answer.link,
        amount_due=MoneyView.of(record.amount_due),
        grace_until=record.grace_until,
    )


class PortalRequest(Body):
    """Where the customer comes back to."""

    return_url: str = Field(
        default="", max_length=2000, pattern=r"^$|^https?://\S+$", examples=["https://app.example.mx"]
    )


class PortalView(View):
    """A page of the payments provider, good for minutes."""

    url: str = Field(examples=["https://billing.stripe.com/p/session/test_YWNjdF8x"])


@router.post(
    "/{subscription}/portal",
    summary="A fresh Customer Portal link",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 502, 503),
)
async def portal(found: Mine, context: Ctx, wish: PortalRequest | None = None) -> PortalView:
    """Where the customer changes their card. Ask for it when they press the button: it does not keep."""
    if not found.customer.provider_id:
        raise Problem(409, ApiWhy.NO_ACCOUNT_YET())
    back = (wish.return_url if wish else "") or context.settings.public_url
    return PortalView(url=await context.payments.portal(found.customer.provider_id, back))


def written_cursor(cursor: Cursor) -> str:
    """Where a page ended, as text."""
    return base64.urlsafe_b64encode(f"{cursor.created_at.isoformat()}|{cursor.id}".encode()).decode()


def read_cursor(text: str, ids: str = ID) -> Cursor:
    """A page's cursor; `ids` is what ids of such a list look like. Raises a Problem (422)."""
    try:
        at, _, name = base64.urlsafe_b64decode(text).decode().partition("|")
        instant = datetime.fromisoformat(at)
        cursor = Cursor(instant.astimezone(UTC), name) if instant.tzinfo and re.fullmatch(ids, name) else None
    except (ValueError, OverflowError):
        cursor = None
    if cursor is None:
        raise invalid([FieldError(field="cursor", message="use the `next_cursor` of the page before, as it is")])
    return cursor
