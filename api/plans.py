"""What can be subscribed to."""

from fastapi import APIRouter

from api.access import needs
from api.deps import Caller, Ctx
from api.problems import answers
from api.views import PlanView
from models.access.permissions import Permission

router = APIRouter(prefix="/v1/plans", tags=["plans"], dependencies=[needs(Permission.READ)])


@router.get("", summary="The tenant's plans", responses=answers(503))
async def plans(context: Ctx, tenant: Caller) -> list[PlanView]:
    """Every plan and package that is sold, in the catalogue's order. Prices include VAT."""
    return [PlanView.of(plan) for plan in await context.store.plans(tenant.id)]
