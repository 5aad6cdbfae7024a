"""What a dunning case keeps from its first moment, read from SQL: short and idempotent, so it runs as a local activity."""

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.ports import Store
from models.policy import Facts, Policy


@dataclass(frozen=True, slots=True)
class Debtor:
    """Whose case opens."""

    tenant: str
    subscription: str
    plan: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """The policy, what is known of the customer, and the experiment that the case takes part in."""

    policy: Policy
    facts: Facts
    experiment: str = ""


class Policies:
    """Which policy a case runs by."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @activity.defn
    async def pin_policy(self, debtor: Debtor) -> Pinned:
        tenant, plan = debtor.tenant, debtor.plan
        return Pinned(
            await self._store.policy(tenant, plan, debtor.subscription),
            await self._store.facts(tenant, debtor.subscription, datetime.now(UTC)),
            await self._store.experiment(tenant, plan),
        )
