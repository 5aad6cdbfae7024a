"""What must always be true of the books. Pure: SQL gathers the suspects, these functions decide, one for each rule.

A state is judged only after it has had time to settle: a process writes its rows one after the other.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.cfdi.documents import DocumentState, TaxDocument
from models.changing.change_records import ChangeRecord
from models.periods import Calendar
from models.records import CaseRecord, Delivery, NoticeRecord, Payment, SubscriptionRecord
from models.safekeeping.deletions import Deletion, State
from models.speaking.replies import Meaning, Reply
from models.subscribing.subscriptions import Status
from models.telling.endpoints import Disabled, Endpoint
from models.watching.attention import Finding, Rule

BLOCKED = frozenset({Status.PAST_DUE, Status.SUSPENDED})
HELD = frozenset({DocumentState.WAITING_DATA, DocumentState.REJECTED, DocumentState.NEEDS_RECONCILIATION})
UNSTAMPED = frozenset({DocumentState.SEALED, DocumentState.SENDING})
LEAST = timedelta(minutes=1)  # however short a calendar day is, the machine needs time


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each state may last before it is wrong, as it really elapses."""

    settling: timedelta
    untold: timedelta  # how long the summary of a downgrade may take to reach the customer
    overdue_period: timedelta
    late_timer: timedelta
    uninvoiced: timedelta
    same_message: timedelta
    inbox: timedelta
    reconciliation: timedelta


def limits(
    calendar: Calendar,
    *,
    uninvoiced_hours: float,
    inbox: timedelta,
    reconciliation: timedelta,
    least: timedelta = LEAST,
) -> Limits:
    """The limits on a calendar; those of the inbox and of reconciliation are machines' hours and given as they elapse."""
    return Limits(
        settling=max(calendar.hours(0.1), least),
        untold=max(calendar.days(1), least),
        overdue_period=max(calendar.days(1), least),
        late_timer=max(calendar.hours(6), least),
        uninvoiced=max(calendar.hours(uninvoiced_hours), least),
        same_message=calendar.hours(1),
        inbox=inbox,
        reconciliation=reconciliation,
    )


@dataclass(frozen=True, slots=True)
class Debtor:
    """A subscription without full service: its cases, the invoices of theirs that were paid, and whether support cut it off."""

    record: SubscriptionRecord
    cases: Sequence[CaseRecord] = ()
    paid: frozenset[str] = field(default_factory=frozenset)
    suspended_by_support: bool = False


def blocked(debtor: Debtor, now: datetime, limits: Limits) -> Finding | None:
    """Blocked while paid, or past due with nobody collecting."""
    record = debtor.record
    if record.status not in BLOCKED or now - record.updated_at < limits.settling or debtor.suspended_by_support:
        return None
    open_cases = [case for case in debtor.cases if case.outcome is None]
    if open_cases and all(case.invoice in debtor.paid for case in open_cases):
        said = (
            f"{record.status}, although every invoice in dunning is paid ({', '.join(c.invoice for c in open_cases)})"
        )
        return Finding(record.tenant, Rule.BLOCKED_WHILE_PAID, record.id, said, record.id)
    if open_cases:
        return None
    if record.status is Status.SUSPENDED:
        said = "suspended, although no invoice is unpaid and nobody of support cut it off"
        return Finding(record.tenant, Rule.BLOCKED_WHILE_PAID, record.id, said, record.id)
    said = "past due, and no dunning case is open for it"
    return Finding(record.tenant, Rule.PAST_DUE_WITHOUT_CASE, record.id, said, record.id)


def two_cases(cases: Iterable[CaseRecord]) -> list[Finding]:
    """An invoice that more than one case collects."""
    by_invoice: dict[str, list[CaseRecord]] = defaultdict(list)
    for case in cases:
        if case.outcome is None:
            by_invoice[case.invoice].append(case)
    return [
        Finding(
            case.tenant,
            Rule.TWO_CASES_FOR_ONE_INVOICE,
            invoice,
            f"{len(known)} dunning cases are open for invoice {invoice}",
            case.subscription,
        )
        for invoice, known in by_invoice.items()
        if len(known) > 1
        for case in known
    ]


def charged_twice(payments: Iterable[Payment]) -> list[Finding]:
    """An invoice that was paid by more than one charge."""
    by_invoice: dict[tuple[str, str], dict[str, Payment]] = defaultdict(dict)
    for payment in payments:
        if payment.invoice:
            by_invoice[payment.tenant, payment.invoice][payment.charge] = payment
    return [
        Finding(
            tenant,
            Rule.CHARGED_TWICE,
            invoice,
            f"invoice {invoice} was paid {len(known)} times: {', '.join(sorted(known))}",
            next(iter(known.values())).subscription,
        )
        for (tenant, invoice), known in by_invoice.items()
        if len(known) > 1
    ]


def paid_after_end(payment: Payment, record: SubscriptionRecord) -> Finding | None:
    """Money that came when there was nothing left to pay for."""
    if record.status is not Status.CANCELED or payment.paid_at <= record.updated_at:
        return None
    said = (
        f"charge {payment.charge} over {payment.amount} came on {payment.paid_at:%Y-%m-%d %H:%M} UTC, after the subscription"
        f" had ended on {record.updated_at:%Y-%m-%d %H:%M} UTC"
    )
    return Finding(payment.tenant, Rule.PAID_AFTER_END, payment.charge, said, payment.subscription)


def period_over(record: SubscriptionRecord, now: datetime, limits: Limits) -> Finding | None:
    """Active, although its period ended long ago: nobody has been charged since."""
    if record.status not in (Status.ACTIVE, Status.TRIALING) or record.period_end is None:
        return None
    if now - record.period_end <= limits.overdue_period:
        return None
    said = f"{record.status}, although its period ended on {record.period_end:%Y-%m-%d %H:%M} UTC"
    return Finding(record.tenant, Rule.PERIOD_LONG_OVER, record.id, said, record.id)


def late_timer(
    tenant: str, subject: str, subscription: str, next_action: str, at: datetime | None, now: datetime, limits: Limits
) -> Finding | None:
    """A next action whose hour has passed. `at` is the process's own word where there is one."""
    if at is None or now - at <= limits.late_timer:
        return None
    said = f"'{next_action or 'the next action'}' was due on {at:%Y-%m-%d %H:%M} UTC and has not happened"
    return Finding(tenant, Rule.TIMER_IN_THE_PAST, subject, said, subscription)


def uninvoiced(payment: Payment, documents: Sequence[TaxDocument], now: datetime, limits: Limits) -> Finding | None:
    """Money that arrived and has no tax invoice yet. A document that is held is told by `held`."""
    if payment.amount.centavos <= 0 or now - payment.paid_at <= limits.uninvoiced:
        return None
    if any(document.state not in UNSTAMPED for document in documents):
        return None
    why = "is sealed and not stamped" if documents else "does not exist"
    said = (
        f"the CFDI of charge {payment.charge} over {payment.amount} {why}; paid on {payment.paid_at:%Y-%m-%d %H:%M} UTC"
    )
    return Finding(payment.tenant, Rule.CHARGE_WITHOUT_CFDI, payment.charge, said, payment.subscription)


def held(document: TaxDocument) -> Finding | None:
    """A tax document that waits for a person."""
    if document.state not in HELD:
        return None
    # The PAC's own message may name the customer: its code and our field's name say enough.
    why = " ".join(filter(None, (document.field, document.code)))
    said = f"document {document.key} is held: {document.state}{f' ({why})' if why else ''}"
    return Finding(document.tenant, Rule.CFDI_HELD, document.key, said, document.subscription)


def sent_twice(notices: Iterable[NoticeRecord], limits: Limits) -> list[Finding]:
    """One message that went out twice on one channel: the same kind, about the same thing, under two keys, within an hour."""
    out = (Delivery.SENT, Delivery.DELIVERED)
    same: dict[tuple[str, ...], list[NoticeRecord]] = defaultdict(list)
    for notice in notices:
        if notice.sent_at is not None and notice.delivery in out:
            about = notice.key.partition("/")[0]
            same[notice.tenant, notice.subscription, notice.kind, notice.channel, about].append(notice)
    found = []
    for (tenant, subscription, kind, channel, about), known in same.items():
        known.sort(key=lambda notice: (notice.sent_at or notice.requested_at, notice.key))
        for before, after in itertools.pairwise(known):
            gap = (after.sent_at or after.requested_at) - (before.sent_at or before.requested_at)
            if gap < limits.same_message:
                said = f"two {kind} messages about {about} by {channel} within {gap.total_seconds():.0f} s"
                found.append(Finding(tenant, Rule.SENT_TWICE, f"{after.key}/{channel}", said, subscription))
    return found


def inbox_stuck(waiting: int, oldest: datetime | None, now: datetime, limits: Limits) -> Finding | None:
    """Events of a provider that no process has had for too long."""
    if not waiting or oldest is None or now - oldest <= limits.inbox:
        return None
    said = f"{waiting} provider events wait to be handed over, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
    return Finding("", Rule.INBOX_STUCK, "inbox", said)


def reconciliation_late(finished: datetime | None, now: datetime, limits: Limits) -> Finding | None:
    """The provider has not been compared with the books for three times as long as it should take."""
    if finished is None or now - finished <= limits.reconciliation * 3:
        return None
    said = f"the last reconciliation ended on {finished:%Y-%m-%d %H:%M} UTC"
    return Finding("", Rule.RECONCILIATION_LATE, "reconciliation", said)


def endpoint_disabled(endpoint: Endpoint) -> Finding | None:
    """An endpoint for webhooks that is written to no more, and not because somebody said so. Where it is, is the tenant's own."""
    if endpoint.disabled_at is None or endpoint.disabled_for is Disabled.ORDER:
        return None
    why = "it answered 410" if endpoint.disabled_for is Disabled.GONE else "nothing reached it for three days"
    said = f"endpoint {endpoint.id} is disabled since {endpoint.disabled_at:%Y-%m-%d %H:%M} UTC: {why}"
    return Finding(endpoint.tenant, Rule.WEBHOOK_DISABLED, endpoint.id, said)


def plan_change_untold(record: ChangeRecord, now: datetime, limits: Limits) -> Finding | None:
    """A downgrade whose summary has not reached the customer for a day: it does not take effect before."""
    if record.delivered_at is not None or now - record.confirmed_at <= limits.untold:
        return None
    said = f"the change to plan {record.plan_after} waits since {record.confirmed_at:%Y-%m-%d %H:%M} UTC for its summary to arrive"
    return Finding(record.tenant, Rule.PLAN_CHANGE_UNTOLD, record.id, said, record.subscription)


def warning_unanswered(warning: NoticeRecord) -> Finding:
    """A customer who still owes may not have been warned of what they lose: the mail server's answer was lost."""
    said = f"nobody knows whether the {warning.kind} warning by {warning.channel} arrived"
    return Finding(
        warning.tenant, Rule.WARNING_UNANSWERED, f"{warning.key}/{warning.channel}", said, warning.subscription
    )


def reply_waiting(reply: Reply) -> Finding:
    """A customer wrote what only a person can answer, or says they paid and still owes. What they wrote is not told here."""
    says = "says they paid, and still owes" if reply.meaning is Meaning.PAID else f"wrote ({reply.meaning})"
    return Finding(reply.tenant, Rule.REPLY_WAITING, reply.id, f"a customer {says} by {reply.channel}")


def deletion_stuck(deletion: Deletion) -> Finding | None:
    """A deletion that only a person can move on. One that waits for a subscription's end has nothing wrong with it."""
    match deletion.state:
        case State.UNDELIVERABLE:
            said = "no warning arrived on any channel; nothing is deleted"
        case State.UNCONFIRMED:
            asked = f" on {deletion.asked_at:%Y-%m-%d %H:%M} UTC" if deletion.asked_at else ""
            said = f"the product was asked to delete{asked} and has not confirmed it"
        case State.CONFIRMED if deletion.hindrance:
            said = f"the product has deleted, and ours cannot follow: {deletion.hindrance}"
        case _:
            return None
    return Finding(deletion.tenant, Rule.DELETION_STUCK, deletion.id, said, deletion.subscription)
