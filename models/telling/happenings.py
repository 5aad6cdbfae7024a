"""Which events follow from a record that changed. Pure: the writer of the record asks, in the transaction in which it writes.

A record written again as it is tells nothing, so that a writer who is repeated after a crash tells nothing twice. A row that was not
there is entered by a signup or comes back from a loss: neither is news.
"""

from datetime import datetime

from models.billing.bills import BillStanding, BillStatus
from models.cfdi.documents import DocumentState, TaxDocument
from models.collecting.cases import Outcome, Stage
from models.records import CaseRecord, Payment, SubscriptionRecord
from models.safekeeping.deletions import Deletion, State
from models.subscribing.subscriptions import Status
from models.subscribing.trials import longer
from models.subscribing.usage import Level, Meter, Use, crossed
from models.telling.outgoing import (
    BillData,
    CollectionData,
    DeletionData,
    DocumentData,
    EventType,
    Happening,
    PaymentData,
    SubscriptionData,
    TicketData,
    UsageData,
)
from models.tickets.ticket import Ticket, TicketState

_BECAME = {
    Status.TRIALING: EventType.TRIAL_STARTED,
    Status.PAST_DUE: EventType.PAST_DUE,
    Status.SUSPENDED: EventType.SUSPENDED,
    Status.PAUSED: EventType.PAUSED,
    Status.CANCELED: EventType.CANCELED,
}
_BECAME_ACTIVE = {
    Status.INCOMPLETE: EventType.ACTIVATED,
    Status.TRIALING: EventType.ACTIVATED,
    Status.PAUSED: EventType.RESUMED,
}
_ENDED = {Outcome.WRITTEN_OFF: EventType.WRITTEN_OFF, Outcome.VOIDED: EventType.INVOICE_VOIDED}


def of_subscription(before: SubscriptionRecord | None, after: SubscriptionRecord) -> list[Happening]:
    """What a subscription's row tells; one that is canceled stays so, whatever a late writer says."""
    if before is None or before.status is Status.CANCELED:
        return []
    types = []
    if after.plan != before.plan:
        types.append(EventType.PLAN_CHANGED)
    if after.status is not before.status:
        types += _became(before.status, after.status)
    elif after.degraded and not before.degraded:
        types.append(EventType.DEGRADED)
    if longer(before, after):
        types.append(EventType.TRIAL_EXTENDED)
    if after.status is not Status.CANCELED and after.cancel_at_period_end is not before.cancel_at_period_end:
        planned = after.cancel_at_period_end
        types.append(EventType.CANCELLATION_SCHEDULED if planned else EventType.CANCELLATION_WITHDRAWN)
    data = SubscriptionData(
        status=after.status,
        previous_status=before.status,
        plan=after.plan,
        previous_plan=before.plan,
        degraded=after.degraded,
        cancel_at_period_end=after.cancel_at_period_end,
        amount_due=after.amount_due.centavos,
        currency=after.amount_due.currency,
        period_start=after.period_start,
        period_end=after.period_end,
        trial_end=after.trial_end,
        grace_until=after.grace_until,
    )
    return [Happening(after.tenant, after.id, each, after.updated_at, data) for each in types]


def of_case(before: CaseRecord | None, after: CaseRecord, at: datetime) -> list[Happening]:
    """What a dunning case's row tells that is written at `at` (UTC); an outcome, once written, stays."""
    if (before.outcome if before else after.outcome) is not None:
        return []
    types = []
    if before is None or after.attempts > before.attempts:
        types.append(EventType.PAYMENT_FAILED)
    if after.stage is Stage.DELETION_WARNED and (before is None or before.stage is not after.stage):
        types.append(EventType.DELETION_WARNED)
    if after.deletion_asked_at is not None and (before is None or before.deletion_asked_at is None):
        types.append(EventType.DELETION_REQUESTED)
    if after.outcome in _ENDED:
        types.append(_ENDED[after.outcome])
    data = CollectionData(
        invoice=after.invoice,
        amount=after.amount.centavos,
        currency=after.amount.currency,
        stage=after.stage,
        decline_code=after.decline,
        retries=after.attempts,
        next_step=after.next_step,
        next_step_at=after.next_step_at,
        suspends_at=after.suspends_at,
    )
    return [Happening(after.tenant, after.subscription, each, at, data) for each in types]


_BILL = {
    BillStatus.OPEN: EventType.BILL_ISSUED,
    BillStatus.OVERDUE: EventType.BILL_OVERDUE,
    BillStatus.PAID: EventType.BILL_PAID,
    BillStatus.VOID: EventType.BILL_VOIDED,
    BillStatus.WRITTEN_OFF: EventType.BILL_WRITTEN_OFF,
}


def of_bill(before: BillStatus, after: BillStanding, total: int) -> list[Happening]:
    """What a bill's row tells; `total` in centavos. The envelope's subscription is the account that owes: the bill."""
    if after.status is before or after.status not in _BILL:
        return []
    data = BillData(
        bill=after.id,
        status=after.status,
        previous_status=before,
        amount=total,
        currency=after.due.currency,
        invoice=after.invoice,
        due_at=after.due_at,
    )
    return [Happening(after.tenant, after.id, _BILL[after.status], after.at, data)]


def of_payment(payment: Payment) -> list[Happening]:
    """What a payment that was not there before tells; an invoice of nothing is paid by nobody."""
    if payment.amount.centavos <= 0:
        return []
    data = PaymentData(
        invoice=payment.invoice,
        charge=payment.charge,
        amount=payment.amount.centavos,
        currency=payment.amount.currency,
        funding=payment.funding,
        paid_at=payment.paid_at,
    )
    return [Happening(payment.tenant, payment.subscription, EventType.INVOICE_PAID, payment.paid_at, data)]


def of_document(before: TaxDocument | None, after: TaxDocument) -> list[Happening]:
    """What a tax document's row tells."""
    if before is None:
        return []
    types = []
    if after.uuid and not before.uuid:
        types.append(EventType.CFDI_STAMPED)
    for state, told in (
        (DocumentState.REJECTED, EventType.CFDI_REJECTED),
        (DocumentState.CANCELLED, EventType.CFDI_CANCELED),
    ):
        if after.state is state and before.state is not state:
            types.append(told)
    data = DocumentData(
        document=after.key,
        source=after.source,
        kind=after.kind,
        state=after.state,
        uuid=after.uuid,
        total=after.total.centavos,
        currency=after.total.currency,
        stamped_at=after.stamped_at,
        replaces=after.replaces,
        field=after.field,
        code=after.code,
    )
    return [Happening(after.tenant, after.subscription, each, after.updated_at, data) for each in types]


def of_use(use: Use, meter: Meter, used: int) -> Happening | None:
    """What a use tells that brought its window's count to `used`: a level of the limit that was reached by it."""
    level = crossed(meter, used - use.quantity, used)
    if level is None or meter.most is None:
        return None
    type = EventType.USAGE_REACHED if level is Level.REACHED else EventType.USAGE_NEAR
    return Happening(use.tenant, use.subscription, type, use.at, UsageData(use.meter, use.window, used, meter.most))


def of_deletion(before: Deletion | None, after: Deletion) -> list[Happening]:
    """What a deletion's row tells; the request is told again with each reminder. `day` may have moved since it was first told."""
    if before is None:
        return [] if after.state.over else [_deletion(after, EventType.DATA_DELETION_SCHEDULED, after.requested_at)]
    if after.state is not before.state:
        ended = after.closed_at or after.requested_at
        match after.state:
            case State.ASKED:
                return [_deletion(after, EventType.DATA_DELETION_REQUESTED, after.asked_at or ended)]
            case State.CANCELED:
                return [_deletion(after, EventType.DATA_DELETION_CANCELED, ended)]
            case State.DONE:
                return [_deletion(after, EventType.DATA_DELETED, ended)]
    if after.reminders > before.reminders:
        return [_deletion(after, EventType.DATA_DELETION_REQUESTED, after.asked_at or after.requested_at)]
    return []


def export_asked(deletion: Deletion, at: datetime) -> Happening:
    """A customer wants what the product holds of them, at `at` (UTC)."""
    return _deletion(deletion, EventType.EXPORT_REQUESTED, at)


def _deletion(deletion: Deletion, type: EventType, at: datetime) -> Happening:
    data = DeletionData(
        deletion=deletion.id,
        cause=deletion.cause,
        state=deletion.state,
        day=deletion.day,
        reminder=deletion.reminders,
        certificate=deletion.certificate,
    )
    return Happening(deletion.tenant, deletion.subscription, type, at, data)


def of_ticket(before: Ticket | None, after: Ticket, at: datetime) -> list[Happening]:
    """What a ticket's row tells that is written at `at` (UTC)."""
    types = []
    if before is None:
        types.append(EventType.TICKET_OPENED)
    else:
        if after.reopened > before.reopened:
            types.append(EventType.TICKET_REOPENED)
        if after.assignee != before.assignee:
            types.append(EventType.TICKET_ASSIGNED)
        if after.words > before.words:
            types.append(EventType.TICKET_HEARD)
        if after.reminded_at is not None and after.reminded_at != before.reminded_at:
            types.append(EventType.TICKET_DUE)
        if after.missed_at is not None and before.missed_at is None:
            types.append(EventType.TICKET_MISSED)
        if after.replies > before.replies:
            types.append(EventType.TICKET_ANSWERED)
        if after.priority is not before.priority:
            types.append(EventType.TICKET_PRIORITY)
        if after.state is not before.state and after.state in _TICKET_ENDED:
            types.append(_TICKET_ENDED[after.state])
    data = TicketData(
        ticket=after.id,
        customer=after.customer,
        topic=after.topic,
        origin=after.origin,
        state=after.state,
        priority=after.priority,
        assignee=after.assignee,
        replies=after.replies,
        opened_at=after.opened_at,
        due_at=after.due_at,
        invoice=after.invoice,
        answered_at=after.answered_at,
        missed_at=after.missed_at,
    )
    return [Happening(after.tenant, after.subscription, each, at, data) for each in types]


_TICKET_ENDED = {TicketState.RESOLVED: EventType.TICKET_RESOLVED, TicketState.CLOSED: EventType.TICKET_CLOSED}


def _became(before: Status, after: Status) -> list[EventType]:
    if after is Status.ACTIVE:
        return [_BECAME_ACTIVE.get(before, EventType.RESTORED)]
    return [_BECAME[after]] if after in _BECAME else []
