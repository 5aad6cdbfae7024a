"""What a dunning case keeps from its first moment, read from SQL: short and idempotent, so it runs as a local activity."""

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.ports.store import Store
from models.policies.policy import Facts, Policy
from models.records import CardAttempt


@dataclass(frozen=True, slots=True)
class Debtor:
    """Whose case opens."""

    tenant: str
    subscription: str
    plan: str
    invoice: str = ""
    card: str = ""  # fingerprint of the card that the provider tried by itself


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
        policy = await self._store.policy(tenant, plan, debtor.subscription)
        if debtor.card:
            # The renewal that failed was an attempt too.
            renewal = CardAttempt(tenant, f"{debtor.invoice}/renewal", debtor.card, debtor.invoice, datetime.now(UTC))
            await self._store.may_attempt(renewal, policy.retry.budget)
        return Pinned(
            policy,
            await self._store.facts(tenant, debtor.subscription, datetime.now(UTC)),
            await self._store.experiment(tenant, plan),
        )
