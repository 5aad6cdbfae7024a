"""The catalogue: all that is sold, and putting another in its place."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from activities.cataloguing import Cataloguing, Proposal
from activities.failures import Refused
from api.access import needs
from api.catalog_views import ItemView, OfferView
from api.deps import Caller, Ctx, Orderer
from api.problems import FieldError, Problem, answers, invalid
from api.views import Body, View
from models.access.permissions import Permission
from models.selling.catalog import Catalog, Verb
from models.selling.catalog_export import page_of
from models.selling.catalog_file import CatalogInvalid, read
from models.selling.catalog_page import CatalogPage
from models.selling.plans import Interval

router = APIRouter(prefix="/v1/catalog", tags=["catalog"])


class CatalogView(View):
    """What is sold."""

    revision: int = Field(examples=[3])
    """How often the catalogue was changed. An unchanged one needs to be fetched no further."""
    plans: list[OfferView]
    """Plans and packages, in their order; one by the month and by the year is there twice."""
    items: list[ItemView]
    page: dict[str, Any]
    """The same as `PUT /v1/catalog` takes it."""

    @classmethod
    def of(cls, catalog: Catalog) -> "CatalogView":
        sold = catalog.sold
        monthly = {plan.family: plan for plan in sold.plans if plan.interval is Interval.MONTH}
        return cls(
            revision=catalog.revision,
            plans=[
                OfferView.beside(plan, monthly.get(plan.family) if plan.interval is Interval.YEAR else None)
                for plan in sold.plans
            ],
            items=[ItemView.of(item) for item in sold.items],
            page=page_of(catalog),
        )


_EXAMPLE = {
    "limits": {"users": {"es": "usuarios", "en": "users"}},
    "plans": [
        {
            "code": "pro",
            "name": "PRO",
            "prices": {"month": "149.00", "year": "1200.00"},
            "trial": {"days": 7, "card": True},
            "limits": {"users": 5},
        }
    ],
}


class CatalogOrder(Body):
    """A catalogue that is to be sold from now on."""

    catalog: CatalogPage = Field(examples=[_EXAMPLE])
    revision: int | None = Field(
        default=None,
        ge=0,
        description="the one that was looked at; another meanwhile is refused with 409",
        examples=[None],
    )
    dry_run: bool = Field(default=False, description="only say what would change")
    actor: str = Field(
        default="", max_length=100, pattern=r"^$|\S", description="as in every order", examples=["ana@soporte"]
    )
    reason: str = Field(default="asked through the API", min_length=1, max_length=500)


class ChangeView(View):
    """What becomes of one offer."""

    verb: Verb
    kind: str = Field(examples=["plan"])
    code: str = Field(examples=["pro"])
    fields: list[str] = Field(examples=[["price: $149.00 MXN → $199.00 MXN"]])


class ProposalView(View):
    """What a catalogue changes, and whether that was done."""

    revision: int
    """The catalogue's, after what was done."""
    applied: bool
    changes: list[ChangeView]
    at_provider: int
    """How many products and prices the payments provider has to hear of."""

    @classmethod
    def of(cls, proposal: Proposal, revision: int, *, applied: bool) -> "ProposalView":
        return cls(
            revision=revision,
            applied=applied,
            changes=[
                ChangeView(verb=each.verb, kind=each.offer.kind, code=each.offer.code, fields=each.told())
                for each in proposal.changes
            ],
            at_provider=len(proposal.fresh) + len(proposal.unfinished),
        )


@router.get("", summary="What is sold", dependencies=[needs(Permission.READ)], responses=answers(503))
async def catalog(context: Ctx, tenant: Caller) -> CatalogView:
    """Plans, packages, services and products. What is archived is not among them, though subscriptions to it go on."""
    return CatalogView.of(await context.store.catalog(tenant.id))


@router.put(
    "",
    summary="Sell this from now on",
    dependencies=[needs(Permission.CATALOG)],
    responses=answers(409, 422, 502, 503),
)
async def apply(order: CatalogOrder, context: Ctx, by: Orderer) -> ProposalView:
    """Put a whole catalogue in place of the present one. What it does not have is archived, never deleted; a changed price is a
    new price for those who subscribe from now on. Safe to repeat: an equal catalogue changes nothing.
    """
    tenant = by.who.tenant
    actor, reason = by.sign(order.actor, order.reason)
    cataloguing = Cataloguing(context.store, context.payments)
    try:
        proposal = await cataloguing.propose(tenant.id, read(order.catalog, tenant.id))
    except CatalogInvalid as told:
        raise invalid([FieldError(field=f"catalog.{f.field}", message=f.message) for f in told.faults]) from None
    if order.revision not in (None, proposal.revision):
        raise _changed("it was changed since you looked at it; look again")
    done = not (order.dry_run or proposal.empty)
    if done:
        try:
            await cataloguing.apply(proposal, actor=actor, reason=reason, at=datetime.now(UTC))
        except Refused as refusal:
            if refusal.code != "catalog_changed":
                raise
            raise _changed(str(refusal)) from None
    revision = (await context.store.catalog(tenant.id)).revision if done else proposal.revision
    return ProposalView.of(proposal, revision, applied=done)


def _changed(why: str) -> Problem:
    return Problem(409, f"revision: {why}", kind="catalog_changed", errors=[FieldError(field="revision", message=why)])
