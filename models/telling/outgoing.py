"""Events that a tenant's own systems are told of: their types, what each says, and the words in which they travel.

The form is Standard Webhooks' (standardwebhooks.com): `type`, `timestamp` and `data`, signed by its headers. Beside the ids and the
tenant's own reference for a customer there is no personal data in them. Amounts are centavos; instants are UTC.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

VERSION = 1  # of every event's shape; a field may be added without a new one, none is taken away or changes its meaning


class EventType(StrEnum):
    """What happened. A subscription's own, its invoices', its tax documents', what was used of it, its customer's; then tickets'."""

    TRIAL_STARTED = "subscription.trial_started"
    TRIAL_EXTENDED = "subscription.trial_extended"
    ACTIVATED = "subscription.activated"
    PAST_DUE = "subscription.past_due"
    DEGRADED = "subscription.degraded"
    SUSPENDED = "subscription.suspended"
    RESTORED = "subscription.restored"
    PAUSED = "subscription.paused"
    RESUMED = "subscription.resumed"
    CANCELED = "subscription.canceled"
    PLAN_CHANGED = "subscription.plan_changed"
    CANCELLATION_SCHEDULED = "subscription.cancellation_scheduled"
    CANCELLATION_WITHDRAWN = "subscription.cancellation_withdrawn"
    DELETION_WARNED = "subscription.data_deletion_warned"
    DELETION_REQUESTED = "subscription.data_deletion_requested"
    INVOICE_PAID = "invoice.paid"
    PAYMENT_FAILED = "invoice.payment_failed"
    INVOICE_VOIDED = "invoice.voided"
    WRITTEN_OFF = "invoice.written_off"
    BILL_ISSUED = "bill.issued"
    BILL_OVERDUE = "bill.overdue"
    BILL_PAID = "bill.paid"
    BILL_VOIDED = "bill.voided"
    BILL_WRITTEN_OFF = "bill.written_off"
    CFDI_STAMPED = "cfdi.stamped"
    CFDI_REJECTED = "cfdi.rejected"
    CFDI_CANCELED = "cfdi.canceled"
    USAGE_NEAR = "usage.limit_near"
    USAGE_REACHED = "usage.limit_reached"
    DATA_DELETION_SCHEDULED = "customer.data_deletion_scheduled"
    DATA_DELETION_REQUESTED = "customer.data_deletion_requested"
    DATA_DELETION_CANCELED = "customer.data_deletion_canceled"
    DATA_DELETED = "customer.data_deleted"
    EXPORT_REQUESTED = "customer.export_requested"
    ALERT_RAISED = "alert.raised"
    ALERT_RESOLVED = "alert.resolved"
    TICKET_OPENED = "ticket.opened"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_HEARD = "ticket.customer_wrote"
    TICKET_DUE = "ticket.first_response_due"
    TICKET_ANSWERED = "ticket.answered"
    TICKET_MISSED = "ticket.first_response_missed"
    TICKET_PRIORITY = "ticket.priority_changed"
    TICKET_RESOLVED = "ticket.resolved"
    TICKET_REOPENED = "ticket.reopened"
    TICKET_CLOSED = "ticket.closed"
    TEST = "webhook.test"


# What can be subscribed to: the test is sent to whoever asks for it.
SUBSCRIBABLE = tuple(each for each in EventType if each is not EventType.TEST)


@dataclass(frozen=True, slots=True)
class SubscriptionData:
    """Where the subscription stands now. `previous_status` and `previous_plan` are what they were before this event."""

    status: str
    previous_status: str
    plan: str
    previous_plan: str
    degraded: bool
    cancel_at_period_end: bool
    amount_due: int
    currency: str
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_end: datetime | None = None
    grace_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CollectionData:
    """An unpaid invoice and how far collecting it has gone. `next_step` is the name of what comes next, and when.

    `decline_code` is the bank's; `retries` counts the charges that the schedule has tried again.
    """

    invoice: str
    amount: int
    currency: str
    stage: str
    decline_code: str
    retries: int
    next_step: str = ""
    next_step_at: datetime | None = None
    suspends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentData:
    """Money that arrived for an invoice; `funding` is how it was paid."""

    invoice: str
    charge: str
    amount: int
    currency: str
    funding: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class BillData:
    """Where a bill stands now. `amount` is its total; `due_at` until when it may be paid."""

    bill: str
    status: str
    previous_status: str
    amount: int
    currency: str
    invoice: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocumentData:
    """A tax document. `uuid` is its folio fiscal; `document` its key at `GET /v1/documents`; `field` what must be corrected."""

    document: str
    source: str
    kind: str
    state: str
    uuid: str
    total: int
    currency: str
    stamped_at: datetime | None = None
    replaces: str = ""
    field: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class UsageData:
    """How much of something was used; `window` is the month or the day a package's period began, empty for what is in use."""

    meter: str
    window: str
    used: int
    most: int


@dataclass(frozen=True, slots=True)
class DeletionData:
    """A customer's deletion. `day`: the earliest on which it may happen; `reminder`: how often the request was told before.

    `certificate` is the SHA-256 of what was certified.
    """

    deletion: str
    cause: str
    state: str
    day: datetime
    reminder: int = 0
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class AlertData:
    """An alert (`GET /v1/alerts`): its rule, what it is about, and its figures. `resolved_at`: when it was no longer so."""

    alert: str
    rule: str
    severity: str
    subject: str
    text: str
    raised_at: datetime
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketData:
    """Where a ticket stands now. `due_at`: until when the first response is to be given; `answered_at`: when it was.

    `customer` is our id of whose it is, also where they have no subscription. What was written is not among it.
    """

    ticket: str
    customer: str
    topic: str
    origin: str
    state: str
    priority: str
    assignee: str
    replies: int
    opened_at: datetime
    due_at: datetime
    invoice: str = ""
    answered_at: datetime | None = None
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TestData:
    """Nothing happened: somebody wants to see whether events arrive."""

    __test__ = False  # no test of ours, whatever its name

    message: str = "this is a test"


Data = (
    SubscriptionData
    | CollectionData
    | PaymentData
    | BillData
    | DocumentData
    | UsageData
    | DeletionData
    | AlertData
    | TicketData
    | TestData
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, before it has an id and a number. `line` names what numbers it: the subscription, if it has one."""

    tenant: str
    subscription: str
    type: EventType
    at: datetime
    data: Data

    @property
    def told(self) -> str:
        """Its data as JSON."""
        return json.dumps(_plain(asdict(self.data)), separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is kept. Unique by (tenant, id); `sequence` counts from one without a gap in (tenant, line).

    `line` is the subscription, empty for what belongs to none, or the endpoint that a test is for. `data` is JSON.
    """

    tenant: str
    id: str
    type: EventType
    version: int
    line: str
    sequence: int
    subscription: str
    at: datetime
    data: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose event it is: our id of the customer and the tenant's own. Both are empty where it is nobody's."""

    customer: str = ""
    reference: str = ""


def envelope(event: Event, owner: Owner) -> dict[str, object]:
    """An event as its receiver reads it."""
    return {
        "id": event.id,
        "type": event.type.value,
        "version": event.version,
        "timestamp": _iso(event.at),
        "sequence": event.sequence,
        "subscription": event.subscription,
        "customer": owner.customer,
        "customer_reference": owner.reference,
        "data": json.loads(event.data),
    }


def body(event: Event, owner: Owner) -> bytes:
    """The bytes that are signed and sent; the same event makes the same bytes."""
    return json.dumps(envelope(event, owner), separators=(",", ":"), ensure_ascii=False).encode()


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _iso(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
