"""What SQL holds, as values: the read model and the record of what happened. Every value names its tenant. Instants are UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.billing.bills import BillTerms
from models.cfdi.fiscal import Receiver
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.speaking.notices import Channel, Language, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status


@dataclass(frozen=True, slots=True)
class Tenant:
    """A business that sells with Perdura."""

    id: str
    name: str
    zone: str = "America/Mexico_City"
    bills: BillTerms = field(default_factory=BillTerms)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A dunning policy a tenant has written. Unique by (tenant, name, version); it never changes."""

    tenant: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which policy the cases of a plan begin with (`plan` empty: every plan without one of its own).

    In an experiment `rival_share` per cent of the subscriptions get the rival instead.
    """

    tenant: str
    plan: str
    policy: str
    version: int
    experiment: str = ""
    rival: str = ""
    rival_version: int = 0
    rival_share: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays. Personal data lives here and nowhere in Temporal."""

    tenant: str
    id: str
    reference: str
    name: str
    email: str
    phone: str
    language: Language = Language.ES
    receiver: Receiver | None = None  # None: no RFC given, the charge goes to público en general
    provider_id: str = ""


class AccountKind(StrEnum):
    """What may owe: a subscription, again and again; or a bill, once (`models.billing.bills`), which has no plan and no period."""

    SUBSCRIPTION = "subscription"
    BILL = "bill"


@dataclass(frozen=True, slots=True)
class SubscriptionRecord:
    """The read model of one account, written by its process alone (and once at signup, before the process starts).

    `pet` is whom it is for, where that is not the customer. `instalments`: the period's price is paid in so many monthly parts, 0: at
    once. `provider_id` of a bill is its invoice.
    """

    tenant: str
    id: str
    customer: str
    plan: str
    status: Status
    created_at: datetime
    updated_at: datetime
    provider_id: str = ""
    checkout_session: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    amount_due: Money = field(default_factory=lambda: Money(0))
    grace_until: datetime | None = None
    next_action: str = ""
    next_action_at: datetime | None = None
    degraded: bool = False  # past due, and the service can only be read
    refusal: str = ""  # why the opening charge was refused (a decline code)
    price: Money | None = (
        None  # what a period costs, whatever the plan costs others by now; None: not known to the writer
    )
    kind: AccountKind = AccountKind.SUBSCRIPTION
    pet: str = ""
    instalments: int = 0
    card_required: bool = True  # it began with a card on file; written at signup alone
    card: bool = False  # there is, or was, a card on file


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """The read model of one dunning case, written by its process alone; `restored_at` by the subscription's."""

    tenant: str
    invoice: str
    subscription: str
    amount: Money
    stage: Stage
    policy: str  # name and version: `ruthless v1`
    opened_at: datetime
    attempts: int = 0
    decline: str = ""
    next_step: str = ""
    next_step_at: datetime | None = None
    suspends_at: datetime | None = None
    paused: bool = False
    pay_url: str = ""
    outcome: Outcome | None = None
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    restored_at: datetime | None = None
    hold: str = ""  # why the ladder stands still (`dunning.HoldKind`)
    hold_until: datetime | None = None
    first_decline: str = ""
    last_step: str = ""  # the last step taken, by name
    escalated_at: datetime | None = None
    deletion_asked_at: datetime | None = None
    experiment: str = ""
    promises: int = 0
    broken_promises: int = 0


@dataclass(frozen=True, slots=True)
class CardAttempt:
    """One charge tried on a card. Unique by (tenant, key), the attempt's idempotency key; `card` is the provider's fingerprint.

    `fresh`: the holder has just given this card, so that an earlier refusal for good counts no more.
    """

    tenant: str
    key: str
    card: str
    invoice: str
    at: datetime
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived for one invoice. Unique by (tenant, charge)."""

    tenant: str
    charge: str
    invoice: str
    subscription: str
    amount: Money
    funding: Funding
    paid_at: datetime


class Delivery(StrEnum):
    """How far a message got. `unknown`: a mail was handed over and no answer came: nobody can be asked, so it is not sent again, and it
    counts as not arrived."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One message on one channel. Unique by (tenant, key, channel). `reference` is the provider's id of the message."""

    tenant: str
    key: str
    channel: Channel
    kind: NoticeKind
    subscription: str
    delivery: Delivery
    body: str
    requested_at: datetime
    reference: str = ""
    error: str = ""
    sent_at: datetime | None = None
    settled_at: datetime | None = None


class Provider(StrEnum):
    """Who sends us events."""

    STRIPE = "stripe"
    TWILIO = "twilio"


class InboxStatus(StrEnum):
    """pending: stored, not yet handed over. delivered: a process has it. kept: its owner need not hear. unmatched: nobody's."""

    PENDING = "pending"
    DELIVERED = "delivered"
    KEPT = "kept"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A provider's event as it came, stored before it is acknowledged. Unique by (provider, event)."""

    provider: Provider
    event: str
    type: str
    payload: str
    received_at: datetime
    object: str = ""
    tenant: str = ""
    subscription: str = ""
    status: InboxStatus = InboxStatus.PENDING
    attempts: int = 0
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which stored events: received in [since, until) (UTC), of a type (`invoice.*`), a subscription, a status. Empty: any."""

    since: datetime
    until: datetime | None = None
    type: str = ""
    subscription: str = ""
    status: InboxStatus | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a subscription's story: who did what, why, and what came of it. Unique by (tenant, key); append-only.

    `source`: the provider's event, or the process that recorded it. `before` and `after`: JSON of the fields that changed, without
    personal data.
    """

    tenant: str
    subscription: str
    key: str
    at: datetime
    actor: str
    action: str
    reason: str = ""
    detail: str = ""
    source: str = ""
    before: str = ""
    after: str = ""
