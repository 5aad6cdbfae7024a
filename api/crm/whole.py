"""A customer with all that is known of them, as the API tells it and the console draws it: read once, judged at one instant."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from activities.failures import Missing
from activities.ports.register import Register
from api.deps import ID, Caller, Ctx, Orderer
from api.problems import Problem
from api.refusals import ApiWhy
from models.crm.activities import Activity
from models.crm.advice import Recommendation, recommendations
from models.crm.contacts import Person
from models.crm.opportunities import Opportunity
from models.crm.outlook import Expected, Paying, Quarter, next_invoice, paying, quarter
from models.crm.profile import Profile
from models.crm.scores import Score, churn_risk, default_risk, health
from models.crm.standing import Standing
from models.crm.tasks import Task
from models.records import AuditEntry, Customer, Tenant

SHOWN = 20  # interactions on the first page


@dataclass(frozen=True, slots=True)
class Whole:
    """One customer. `activities` are the newest ones; `at` is when this was judged (UTC)."""

    customer: Customer
    profile: Profile
    standing: Standing
    contacts: tuple[Person, ...]
    activities: tuple[Activity, ...]
    tasks: tuple[Task, ...]
    zone: str
    at: datetime

    @property
    def opportunities(self) -> tuple[Opportunity, ...]:
        """With their names, the open ones first."""
        return self.standing.opportunities

    @property
    def health(self) -> Score:
        return health(self.standing, self.at)

    @property
    def default_risk(self) -> Score:
        return default_risk(self.standing, self.at)

    @property
    def churn_risk(self) -> Score:
        return churn_risk(self.standing, self.at)

    @property
    def recommendations(self) -> tuple[Recommendation, ...]:
        return recommendations(self.standing, self.at)

    @property
    def next_invoice(self) -> Expected | None:
        return next_invoice(self.standing, self.at)

    @property
    def quarter(self) -> Quarter:
        return quarter(self.standing, self.at, self.zone)

    @property
    def paying(self) -> Paying:
        return paying(self.standing.sales)


async def whole(store: Register, tenant: Tenant, customer: str, now: datetime) -> Whole:
    """Raises Missing."""
    listed = await store.customer_profile(tenant.id, customer)
    standing = await store.standing(tenant.id, customer)
    deals = await store.opportunities_of(tenant.id, [customer])
    return Whole(
        customer=listed.customer,
        profile=listed.profile,
        standing=replace(standing, opportunities=tuple(deals.get(customer, ()))),
        contacts=tuple(await store.contacts(tenant.id, customer)),
        activities=tuple(await store.activities_of(tenant.id, customer, limit=SHOWN + 1)),
        tasks=tuple(await store.tasks_of(tenant.id, customer)),
        zone=tenant.zone,
        at=now,
    )


async def found(store: Register, tenant: str, name: str) -> Customer:
    """By our id (`c_…`), or by the tenant's own reference. Raises a Problem (404)."""
    if re.fullmatch(ID, name):
        try:
            return await store.customer(tenant, name)
        except Missing:
            known = await store.customer_by_reference(tenant, name)
            if known is not None:
                return known
    raise Problem(404, f"there is no customer '{name}'", kind="missing")


async def _customer(context: Ctx, tenant: Caller, customer: str) -> Customer:
    return await found(context.store, tenant.id, customer)


# The customer named in the path, if they are the caller's: another tenant's is as absent as one that never was.
Named = Annotated[Customer, Depends(_customer)]


async def living(customer: Named) -> Customer:
    """The customer, unless their personal data were erased. Raises Problem, 409, where they were."""
    if not customer.email:
        raise Problem(409, ApiWhy.ERASED(), kind="erased")
    return customer


# The same, of whom something may still be written.
Living = Annotated[Customer, Depends(living)]


def entry(by: Orderer, thing: str, action: str) -> AuditEntry:
    """A line of the tenant's own story: it says what was changed by its id, and nothing of what is in it."""
    now = datetime.now(UTC)
    actor, _ = by.sign("", "")
    return AuditEntry(
        by.who.tenant.id, "", f"{thing}/{by.update_id or now.timestamp()}", now, actor, action, detail=thing
    )
