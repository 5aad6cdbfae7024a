"""What a request may use, and in whose name it comes."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry

from activities.ports import Payments, Processes
from activities.reads import Register, Subscriber
from api.handover import Handover
from api.problems import Problem
from api.request_log import name_caller
from models.messages import Answer, CancellationStart, Command, Opening, ReconciliationStart, SubscriptionStart
from models.periods import Calendar
from models.principals import Principal
from models.records import Tenant
from models.settings import Settings
from workflows.interface import CaseCommand, DocumentCommand, SubscriptionCommand


class Door(Processes, Protocol):
    """The running processes as the API reaches them. Implemented by `workflows.interface.Interface`."""

    async def ready(self) -> bool: ...

    async def start_subscription(self, start: SubscriptionStart) -> Opening | None: ...

    async def command_subscription(
        self, tenant: str, subscription: str, command: SubscriptionCommand, order: Command
    ) -> Answer: ...

    async def command_case(self, tenant: str, invoice: str, command: CaseCommand, order: Command) -> Answer: ...

    async def command_document(self, tenant: str, source: str, command: DocumentCommand, order: Command) -> Answer: ...

    async def start_cancellation(self, start: CancellationStart) -> None: ...

    async def reconcile(self, start: ReconciliationStart) -> str: ...


ID = r"^[A-Za-z0-9_-]{1,64}$"  # ids of ours and references of tenants


@dataclass(frozen=True, slots=True)
class Context:
    """The ports, as the composition root handed them over."""

    settings: Settings
    store: Register
    payments: Payments
    door: Door
    handover: Handover
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)  # of this app's own requests

    def calendar(self, tenant: Tenant) -> Calendar:
        """The length of a day and the tenant's time zone."""
        return Calendar(self.settings.day_seconds, tenant.zone)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(_context)]

bearer = HTTPBearer(auto_error=False, description="The tenant's API key: `pk_live_…`, printed once when it was made.")


async def principal_of(context: Context, credential: str) -> Principal | None:
    """Who holds this API key or access token; None when nobody does any more."""
    found = await context.store.key_holder(credential, datetime.now(UTC))
    return Principal(found[0], found[1].id, found[1].name, scopes=found[1].scopes) if found else None


async def _principal(
    context: Ctx, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Principal:
    found = await principal_of(context, credentials.credentials) if credentials else None
    if found is None:
        why = "this API key is unknown or revoked" if credentials else "send your API key: Authorization: Bearer pk_…"
        raise Problem(401, why, kind="unauthorized", headers={"WWW-Authenticate": "Bearer"})
    name_caller(found.tenant.id, found.id)
    return found


# The authenticated caller: a person with a role, or an API key with scopes.
Who = Annotated[Principal, Depends(_principal)]


async def _tenant(who: Who) -> Tenant:
    return who.tenant


# In whose name the request comes: the one tenant whose data it may touch.
Caller = Annotated[Tenant, Depends(_tenant)]


async def _mine(context: Ctx, tenant: Caller, subscription: str) -> Subscriber:
    found = await context.store.subscriber(tenant.id, subscription) if re.fullmatch(ID, subscription) else None
    if found is None:
        raise Problem(404, f"there is no subscription '{subscription}'", kind="missing")
    return found


# The subscription named in the path, if it is the caller's: another tenant's is as absent as one that never was.
Mine = Annotated[Subscriber, Depends(_mine)]
