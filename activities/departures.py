"""What a step of a subscription or a case means for its customer's data: a deletion begins, or one under way must look at them."""

import hashlib
from datetime import UTC, datetime

from activities.failures import Refused
from activities.ports.deletions import Deletions
from activities.ports.processes import Processes
from activities.ports.store import Store
from models.collecting.cases import Outcome
from models.messages import BY_ITSELF, DeletionStart
from models.periods import REAL_DAY, Calendar
from models.policies.policy import Retention
from models.records import CaseRecord, SubscriptionRecord
from models.safekeeping.deletions import ALIVE, Cause, Deletion, first_day
from models.subscribing.subscriptions import Status

_LEFT = (Outcome.EXHAUSTED, Outcome.WRITTEN_OFF)


class Departures:
    """Asked after each step; asked twice it does nothing more."""

    def __init__(
        self, store: Store, deletions: Deletions, processes: Processes, *, day_seconds: float = REAL_DAY
    ) -> None:
        self._store = store
        self._deletions = deletions
        self._processes = processes
        self._day_seconds = day_seconds

    async def of_subscription(self, before: SubscriptionRecord | None, record: SubscriptionRecord) -> None:
        """One that ends begins the deletion that its policy knows; one that lives (again) speaks against one under way."""
        if record.status is Status.CANCELED:
            terms = await self._terms(record)
            if terms is not None:
                await self._begin(record, terms)
        elif record.status in ALIVE and (before is None or before.status is not record.status):
            await self._tell(record)

    async def of_case(self, case: CaseRecord) -> None:
        """A ladder that asks for the deletion begins it; money speaks against it."""
        paid = case.outcome is not None and case.outcome.settled
        if not paid and (case.deletion_asked_at is None or case.outcome is not None):
            return
        record = await self._store.subscription(case.tenant, case.subscription)
        if record is None:
            return
        if paid:
            await self._tell(record)
        else:
            await self._begin(record, await self._terms(record) or Retention(), Cause.UNPAID)

    async def _begin(self, record: SubscriptionRecord, terms: Retention, cause: Cause | None = None) -> None:
        if (await self._deletions.customer_standing(record.tenant, record.customer)).returned:
            return  # another subscription of theirs lives
        if cause is None:
            cases = await self._store.cases(record.tenant, record.id)
            cause = Cause.UNPAID if any(case.outcome in _LEFT for case in cases) else Cause.CANCELED
        calendar = Calendar(self._day_seconds, (await self._store.tenant(record.tenant)).zone)
        now = datetime.now(UTC)
        deletion = Deletion(
            tenant=record.tenant,
            id=named(record.tenant, record.id),
            customer=record.customer,
            subscription=record.id,
            cause=cause,
            requested_at=now,
            requested_by=BY_ITSELF.actor,
            reason="the policy says so",
            day=first_day(cause, terms, calendar, now),
        )
        await self._processes.begin_deletion(DeletionStart(deletion, terms, calendar))

    async def _tell(self, record: SubscriptionRecord) -> None:
        known = await self._deletions.deletion_of(record.tenant, record.customer)
        if known is not None and not known.state.over:
            await self._processes.report_customer(record.tenant, record.customer)

    async def _terms(self, record: SubscriptionRecord) -> Retention | None:
        try:
            return (await self._store.policy(record.tenant, record.plan, record.id)).deletion
        except Refused:
            return None  # a policy that cannot be read shows itself where a case opens; nobody's data go by it


def named(tenant: str, subscription: str) -> str:
    """The id of the deletion that the end of a subscription begins: the same however often it is told."""
    return "del_" + hashlib.sha256(f"{tenant}/{subscription}".encode()).hexdigest()[:20]
