"""What a plan costs at the payments provider."""

from activities.ports.payments import Payments
from activities.ports.store import Store
from models.selling.plans import Plan


async def provider_price(store: Store, payments: Payments, plan: Plan) -> str:
    """The provider's price of a plan, made and noted where there was none."""
    if plan.provider_price:
        return plan.provider_price
    price = await payments.ensure_price(plan)
    await store.save_price(plan.tenant, plan.code, price)
    return price
