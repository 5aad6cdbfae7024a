"""What a request may use, and in whose name it comes."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry

from activities.ports.payments import Payments
from activities.ports.processes import Processes
from activities.ports.register import Register, Subscriber
from api import cookies
from api.entitlement_cache import EntitlementCache
from api.handover import Handover
from api.once import Once
from api.passwords import Passwords
from api.problems import FieldError, Problem, invalid
from api.request_log import name_caller
from api.tokens import Tokens
from models.access.principals import Principal
from models.access.provisioning import Provision, Provisioned
from models.billing.bill_news import BillState
from models.collecting.cases import Case
from models.commands import (
    BillCommand,
    CaseCommand,
    DeletionCommand,
    DocumentCommand,
    SubscriptionCommand,
    TicketCommand,
)
from models.messages import (
    Answer,
    BillStart,
    CancellationStart,
    ClaimStart,
    Command,
    DeletionStart,
    ReconciliationStart,
    SubstitutionStart,
)
from models.periods import Calendar
from models.records import AccountKind, Tenant
from models.safekeeping.deletions import Deletion
from models.settings import Settings
from models.subscribing.subscriptions import Subscription
from models.tickets.messages import TicketStart
from models.tickets.ticket import Ticket


class Door(Processes, Protocol):
    """The running processes as the API reaches them. Implemented by `workflows.interface.Interface`."""

    async def ready(self) -> bool: ...

    async def command_subscription(
        self, tenant: str, subscription: str, command: SubscriptionCommand, order: Command, *, update_id: str = ""
    ) -> Answer: ...

    async def start_bill(self, start: BillStart, *, again: bool = False) -> BillState | None: ...

    async def void_draft(self, start: BillStart, *, update_id: str = "") -> Answer: ...

    async def command_bill(
        self, tenant: str, bill: str, command: BillCommand, order: Command, *, update_id: str = ""
    ) -> Answer: ...

    async def command_case(
        self, tenant: str, invoice: str, command: CaseCommand, order: Command, *, update_id: str = ""
    ) -> Answer: ...

    async def command_document(
        self, tenant: str, source: str, command: DocumentCommand, order: Command, *, update_id: str = ""
    ) -> Answer: ...

    async def start_cancellation(self, start: CancellationStart, *, order_id: str = "") -> None: ...

    async def start_claim(self, start: ClaimStart, *, order_id: str = "") -> None: ...

    async def start_substitution(self, start: SubstitutionStart, *, order_id: str = "") -> None: ...

    async def start_deletion(self, start: DeletionStart) -> Deletion: ...

    async def command_deletion(
        self, tenant: str, customer: str, command: DeletionCommand, order: Command, *, update_id: str = ""
    ) -> Answer: ...

    async def start_ticket(self, start: TicketStart) -> Ticket: ...

    async def command_ticket(
        self, tenant: str, ticket: str, command: TicketCommand, order: Command, *, update_id: str = ""
    ) -> Answer: ...

    async def reopen_ticket(self, start: TicketStart, order: Command, *, update_id: str = "") -> Answer: ...

    async def provision(self, order: Provision) -> Provisioned | None: ...

    async def reconcile(self, start: ReconciliationStart) -> str: ...

    def page_of_case(self, tenant: str, invoice: str) -> str: ...

    def page_of_subscription(self, tenant: str, subscription: str) -> str: ...

    async def case_state(self, tenant: str, invoice: str) -> Case | None: ...

    async def subscription_state(self, tenant: str, subscription: str) -> Subscription | None: ...


ID = r"^[A-Za-z0-9_-]{1,64}$"  # ids of ours and references of tenants


@dataclass(frozen=True, slots=True)
class Context:
    """The ports, as the composition root handed them over."""

    settings: Settings
    store: Register
    payments: Payments
    door: Door
    handover: Handover
    tokens: Tokens
    passwords: Passwords = field(default_factory=Passwords)
    entitlements: EntitlementCache = field(default_factory=EntitlementCache)
    once: Once = field(default_factory=Once)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)  # of this app's own requests

    def calendar(self, tenant: Tenant) -> Calendar:
        """The length of a day and the tenant's time zone."""
        return Calendar(self.settings.day_seconds, tenant.zone)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(_context)]

bearer = HTTPBearer(
    auto_error=False,
    description="An API key of the tenant (`pk_live_…`), or the access token of a person who logged in.",
)
_cookie = APIKeyCookie(
    name="__Host-perdura_access",
    auto_error=False,
    description="The session of a browser, put there by `POST /v1/sessions`.",
)


async def principal_of(context: Context, credential: str) -> Principal | None:
    """Who holds this API key or access token; None when nobody does any more."""
    now = datetime.now(UTC)
    if credential.startswith("pk_"):
        holder = await context.store.key_holder(credential, now)
        return Principal(holder[0], holder[1].id, holder[1].name, scopes=holder[1].scopes) if holder else None
    claims = context.tokens.read(credential)
    # The token alone would do until it runs out; the look-up makes a lost role, a closed account and a log-out count at once.
    found = await context.store.session_user(claims.tenant, claims.session, now) if claims else None
    if claims is None or found is None or found[1].id != claims.user:
        return None
    return Principal(found[0], found[1].id, role=found[1].role, session=claims.session)


async def recognised(request: Request, context: Context) -> Principal | None:
    """Who asks, by header or cookie; None without credentials. Looked up once for a request.

    Raises:
        Problem: 401, the credentials are not good (any more); 403, a cookie came from another site's page.
        Unavailable: SQL does not answer.
    """
    state = request.scope.setdefault("state", {})
    if "principal" not in state:
        try:
            state["principal"] = await _looked_up(request, context)
        except Problem as problem:
            state["principal"] = problem
    found = state["principal"]
    if isinstance(found, Problem):
        raise found
    return found if isinstance(found, Principal) else None


async def _looked_up(request: Request, context: Context) -> Principal | None:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        credential = cookies.access_token(request, context.settings)
    if not credential.strip():
        return None
    found = await principal_of(context, credential.strip())
    if found is None:
        raise _unauthorised("this API key or session is unknown, or over")
    return found


def _unauthorised(why: str) -> Problem:
    return Problem(401, why, kind="unauthorized", headers={"WWW-Authenticate": "Bearer"})


async def _principal(
    request: Request,
    context: Ctx,
    _header: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],  # both for the API's description
    _browser: Annotated[str | None, Depends(_cookie)],
) -> Principal:
    found = await recognised(request, context)
    if found is None:
        raise _unauthorised("send your API key: Authorization: Bearer pk_…, or log in")
    name_caller(found.tenant.id, found.id)
    return found


# The authenticated caller: a person with a role, or an API key with scopes.
Who = Annotated[Principal, Depends(_principal)]


async def _tenant(who: Who) -> Tenant:
    return who.tenant


# In whose name the request comes: the one tenant whose data it may touch.
Caller = Annotated[Tenant, Depends(_tenant)]


async def _owing(context: Ctx, tenant: Caller, subscription: str) -> Subscriber:
    found = await context.store.subscriber(tenant.id, subscription) if re.fullmatch(ID, subscription) else None
    if found is None:
        raise Problem(404, f"there is no subscription '{subscription}'", kind="missing")
    return found


# What is named in the path and may owe, a subscription or a bill, if it is the caller's.
Owing = Annotated[Subscriber, Depends(_owing)]


def subscribed(found: Subscriber) -> Subscriber:
    """What is a subscription. Raises Problem, 404, where it is a bill."""
    if found.record.kind is not AccountKind.SUBSCRIPTION:
        raise Problem(404, f"'{found.record.id}' is a bill: see /v1/bills/{found.record.id}", kind="missing")
    return found


async def _mine(found: Owing) -> Subscriber:
    return subscribed(found)


@dataclass(frozen=True, slots=True)
class By:
    """In whose name an order is given, and the id under which it is carried out once. `request`: under which its repeats are known."""

    who: Principal
    update_id: str = ""
    request: str = ""

    def sign(self, claimed: str, reason: str) -> tuple[str, str]:
        """Actor and reason as the audit keeps them.

        Raises:
            Problem: 422, a person names somebody else.
        """
        if self.who.role and claimed:
            why = "leave it out: the order is yours, and the audit says so"
            raise invalid([FieldError(field="actor", message=why)])
        return self.who.signature(claimed), reason


async def _by(request: Request, who: Who) -> By:
    state = request.scope["state"]
    return By(who, str(state.get("update_id", "")), str(state.get("request_key", "")))


# Who gives an order. `update_id` and `request` come from the request's `Idempotency-Key`, and are empty without one.
Orderer = Annotated[By, Depends(_by)]


# The subscription named in the path, if it is the caller's: another tenant's is as absent as one that never was.
Mine = Annotated[Subscriber, Depends(_mine)]
