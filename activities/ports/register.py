"""What the API asks of the record beyond what activities need: signing up, listing, telling a story, and letting people in."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from activities.failures import Refused
from activities.ports.alerting import AlertBook
from activities.ports.attended import Attended
from activities.ports.catalogs import Catalogs
from activities.ports.clinic import Clinic, Cursor
from activities.ports.crm import Relations
from activities.ports.deletions import Deletions
from activities.ports.documents import Documents
from activities.ports.figures import Figures
from activities.ports.issuers import Issuers
from activities.ports.legal import LegalTexts
from activities.ports.measures import Measures
from activities.ports.open_cases import OpenCases
from activities.ports.outgoing import Endpoints
from activities.ports.overview import Overview
from activities.ports.people import People
from activities.ports.plan_changes import ChangesOfMind
from activities.ports.reviews import Reviews
from activities.ports.rounds import Rounds
from activities.ports.signups import Signups
from activities.ports.store import Store
from activities.ports.tickets import Tickets
from activities.ports.usages import Usages
from models.access.onboarding import Step
from models.analytics.funnel import Trial
from models.analytics.recovery import Collected
from models.cfdi.certificates import StoredCsd
from models.cfdi.fiscal import Issuer, Receiver
from models.cfdi.pac_accounts import PacName, StoredAccount
from models.collecting.running_cases import RunningCase
from models.look.brand import Brand
from models.policies.dry_run import ComingRenewal
from models.records import (
    Assignment,
    AuditEntry,
    Customer,
    InboxEvent,
    NoticeRecord,
    Payment,
    PolicyVersion,
    SubscriptionRecord,
    Tenant,
)
from models.safekeeping.erasure import Erased, Erasure
from models.selling.plans import Plan
from models.speaking.replies import Reply
from models.subscribing.subscriptions import Status
from models.watching.decisions import Decision


class Taken(Refused):
    """A value that must be unique is in use. `field` names it; `subscription` is the living subscription that holds it, if one does."""

    def __init__(self, field: str, message: str, subscription: str = "") -> None:
        super().__init__(message, "taken")
        self.field = field
        self.subscription = subscription


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription and who pays for it."""

    record: SubscriptionRecord
    customer: Customer


class Register(
    Clinic,
    Catalogs,
    Usages,
    ChangesOfMind,
    Signups,
    Store,
    Documents,
    Issuers,
    People,
    Attended,
    Figures,
    Endpoints,
    Deletions,
    LegalTexts,
    Overview,
    Measures,
    OpenCases,
    AlertBook,
    Tickets,
    Rounds,
    Reviews,
    Relations,
    Protocol,
):
    """The whole record, as the API and the command line use it. Scoped by tenant, but for what finds the tenant, and `receive`."""

    async def create_tenant(self, tenant: Tenant) -> None:
        """Raises Taken when the id is in use."""
        ...

    async def save_brand(self, brand: Brand, logo: bytes | None = None) -> None:
        """In the place of the tenant's brand. `logo`: the bytes of `brand.logo` where it is another one; a brand without takes it away.

        Raises Missing: there is no such tenant.
        """
        ...

    async def add_policy(self, tenant: str, page: str, actor: str) -> PolicyVersion:
        """Keep a version of a dunning policy (YAML). The same page again is no news.

        Raises PolicyInvalid, Missing (no such tenant), Refused (this version reads otherwise).
        """
        ...

    async def policy_page(self, tenant: str, name: str, version: int) -> str:
        """The YAML of one version, as it was written. Raises Missing."""
        ...

    async def policies(self, tenant: str) -> Sequence[PolicyVersion]: ...

    async def assign_policy(self, assignment: Assignment, actor: str) -> None:
        """Have the cases of a plan begin with a policy from now on; running cases keep theirs. Raises Missing."""
        ...

    async def assignments(self, tenant: str) -> Sequence[Assignment]: ...

    async def issue_key(self, tenant: str, name: str = "api") -> str:
        """A new API key with every scope. It is told this once; only its hash is kept."""
        ...

    async def save_plan(self, plan: Plan) -> None:
        """Add or change a plan. A changed price, currency or interval forgets the provider's price, which cannot be changed."""
        ...

    async def sign_up(self, customer: Customer, record: SubscriptionRecord) -> Subscriber:
        """Enter a customer and the first row of a subscription together, or neither.

        A customer known by reference is used again when no subscription of theirs is alive; one known by e-mail alone is not. A
        signup that was entered but never got to the provider is answered with the same subscription, so that a repeated request
        cannot charge twice.

        Raises:
            Taken: naming `email` or `customer_reference`.
            Missing: there is no such plan or tenant.
        """
        ...

    async def replies(
        self, tenant: str, *, settled: bool = False, limit: int = 100, customer: str = ""
    ) -> Sequence[Reply]:
        """What customers wrote that nobody has settled, oldest first; with `settled` all of it, newest first. `customer`: theirs alone."""
        ...

    async def save_issuer(self, tenant: str, issuer: Issuer) -> None: ...

    async def save_exchange_rate(self, tenant: str, currency: str, day: date, millionths: int) -> None:
        """Pesos for one unit, in millionths, as published for a day; entered again it is corrected."""
        ...

    async def save_certificate(self, csd: StoredCsd) -> None: ...

    async def save_pac_account(self, account: StoredAccount) -> None:
        """Put it in the place of the account of that rank, and of the tenant's account at that PAC."""
        ...

    async def remove_pac_account(self, tenant: str, name: PacName) -> None: ...

    async def check_erasure(self, tenant: str, customer: str) -> None:
        """Raises Missing, or Refused with the reason why the customer cannot be erased yet and what to do about it."""
        ...

    async def erase_customer(self, erasure: Erasure) -> Erased:
        """Erase what is personal, for good, and keep the books; doing it twice changes nothing more.

        Raises:
            Missing: there is no such customer. Refused: a subscription of theirs has begun meanwhile.
        """
        ...

    async def save_checkout(self, tenant: str, subscription: str, session: str) -> None: ...

    async def save_receiver(self, tenant: str, customer: str, receiver: Receiver) -> None:
        """The customer's tax data, for every invoice made from now on. Raises Missing."""
        ...

    async def subscriber(self, tenant: str, subscription: str) -> Subscriber | None: ...

    async def subscriber_by_reference(self, tenant: str, reference: str) -> Subscriber | None:
        """The customer's living subscription, else the newest one."""
        ...

    async def subscriber_by_email(self, tenant: str, email: str) -> Subscriber | None:
        """The living subscription of the customer with this (checked) address, else their newest one, else a bill of theirs."""
        ...

    async def subscribers(
        self, tenant: str, *, status: Status | None = None, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[Subscriber]:
        """Newest first, after a cursor."""
        ...

    async def payments(self, tenant: str, subscription: str) -> Sequence[Payment]: ...

    async def notices(self, tenant: str, subscription: str) -> Sequence[NoticeRecord]: ...

    async def audit_trail(self, tenant: str, subscription: str) -> Sequence[AuditEntry]:
        """In the order in which the entries were written."""
        ...

    async def decisions(
        self, tenant: str, *, subscription: str = "", open_only: bool = False, limit: int = 100
    ) -> Sequence[Decision]:
        """Newest first; where a notice is the evidence, with the channel by which it went out."""
        ...

    async def settle_decision(self, tenant: str, decision: str, outcome: str, at: datetime) -> Decision:
        """What came of it; who says so first counts. Raises Missing."""
        ...

    async def running_cases(
        self, tenant: str, now: datetime, plan: str = "", *, limit: int | None = None
    ) -> Sequence[RunningCase]:
        """All running cases of subscriptions with what is known of their customers, oldest first. `plan`: those of one plan."""
        ...

    async def running_count(self, tenant: str) -> int:
        """How many there are."""
        ...

    async def coming_renewals(
        self, tenant: str, now: datetime, until: datetime, plan: str = ""
    ) -> Sequence[ComingRenewal]:
        """Subscriptions that are charged from `now` to `until` (UTC) and are to go on."""
        ...

    async def collected(self, tenant: str, since: datetime, until: datetime) -> Sequence[Collected]:
        """The cases opened in [since, until) (UTC), oldest first, each with the channel of the last message sent about it."""
        ...

    def collected_pages(self, tenant: str, since: datetime, until: datetime) -> AsyncIterator[Sequence[Collected]]:
        """The same, page by page, so that nobody need hold them all."""
        ...

    async def experiment_cases(self, tenant: str, experiment: str) -> Sequence[Collected]: ...

    async def trials(self, tenant: str, since: datetime, until: datetime) -> Sequence[Trial]:
        """Trials that began in [since, until) (UTC), oldest first."""
        ...

    async def customers_with_service(self, tenant: str, since: datetime, until: datetime) -> int:
        """Subscriptions that began before `until` and had not ended before `since` (UTC)."""
        ...

    async def steps_taken(self, tenant: str) -> frozenset[Step]:
        """The first steps that the business has taken, by what there is."""
        ...

    async def receive(self, event: InboxEvent) -> bool:
        """Store an event once. False when it was stored before: nothing has changed then."""
        ...

    async def ping(self) -> None:
        """Raises Unavailable when SQL does not answer or has no tables yet."""
        ...
