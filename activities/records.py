"""The record in SQL, and word from one process to another. Short and idempotent, so they run as local activities."""

from dataclasses import dataclass, replace

from temporalio import activity

from activities.departures import Departures
from activities.escalating import escalated
from activities.failures import Refused
from activities.ports.processes import Processes
from activities.ports.store import Store
from models.bookkeeping.changes import case_changes, subscription_changes
from models.bookkeeping.ledger import Fact, Kind
from models.bookkeeping.money_facts import payment_fact
from models.changing.change_records import ChangeRecord
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome
from models.periods import Calendar
from models.records import AuditEntry, CaseRecord, Payment, SubscriptionRecord
from models.speaking.notices import NoticeRequest
from models.subscribing.subscriptions import Reminders
from models.tickets.messages import Escalation
from models.tickets.ticket import of_case
from models.watching.decisions import DecisionKind, entailed, of_change, trial_outcome


@dataclass(frozen=True, slots=True)
class SubscriptionReport:
    """Everything that one step of a subscription leaves behind. `restored`: invoices whose payment gave service back."""

    record: SubscriptionRecord
    payments: tuple[Payment, ...] = ()
    restored: tuple[str, ...] = ()
    audit: tuple[AuditEntry, ...] = ()
    notices: tuple[NoticeRequest, ...] = ()
    pins: Calendar | None = None  # a period began on this calendar: tell what the policy sends before its end
    changes: tuple[ChangeRecord, ...] = ()  # of mind, as they stand now


@dataclass(frozen=True, slots=True)
class CaseReport:
    """Everything that one step of a dunning case leaves behind: the row, the story, word to the subscription, a notice."""

    record: CaseRecord
    audit: tuple[AuditEntry, ...] = ()
    news: CaseNews | None = None
    notice: NoticeRequest | None = None
    escalation: Escalation | None = None
    calendar: Calendar | None = None  # of the case, where it escalates


class Records:
    """Writes what happened, then tells whoever must know: the books come first."""

    def __init__(self, store: Store, processes: Processes, departures: Departures | None = None) -> None:
        """`departures` sees to the data of customers who go; without them nobody does."""
        self._store = store
        self._processes = processes
        self._departures = departures

    @activity.defn
    async def record_subscription(self, report: SubscriptionReport) -> Reminders | None:
        """Write the step. Answers what the policy sends before the period's end, and when it may leave, where one began."""
        record = report.record
        # The story is written before the row: after a crash in between, the row still tells what it was before.
        before = await self._store.subscription(record.tenant, record.id)
        await self._audit(report.audit, subscription_changes(before, record))
        for decision in entailed(before, record, report.notices, report.audit):
            await self._store.add_decision(decision)
        if before is not None and (outcome := trial_outcome(before.status, record.status)):
            owner = (record.tenant, record.id)
            await self._store.settle_decisions(*owner, DecisionKind.TRIAL_ENDING, outcome, record.updated_at)
        for payment in report.payments:  # first: who sees the service restored must find the money that did it
            await self._store.record_payment(payment)
        await self._store.save_subscription(record)
        for change in report.changes:
            await self._decided(change)
        for invoice in report.restored:
            await self._store.record_restored(record.tenant, invoice, record.updated_at)
        for notice in report.notices:
            await self._processes.request_notice(notice)
        if self._departures is not None:
            await self._departures.of_subscription(before, record)
        return await self._reminders(record, report.pins) if report.pins else None

    async def _decided(self, change: ChangeRecord) -> None:
        """Keep a change of mind as it stands, and what it was decided and came to in the log."""
        await self._store.save_plan_change(change)
        decision = of_change(change)
        await self._store.add_decision(decision)
        if change.settled_at is not None:
            # Of one subscription there is one at a time that is open.
            owner = (change.tenant, change.subscription)
            await self._store.settle_decisions(*owner, decision.kind, decision.outcome, change.settled_at)

    async def _reminders(self, record: SubscriptionRecord, calendar: Calendar) -> Reminders | None:
        try:
            policy = await self._store.policy(record.tenant, record.plan, record.id)
        except Refused:
            return None  # a policy that cannot be read shows itself where a case opens; here the usual notice goes out
        policy = policy.on(calendar)
        steps = tuple(sorted(policy.reminders, key=lambda step: step.offset))
        return Reminders(steps, policy.contact)

    @activity.defn
    async def record_case(self, report: CaseReport) -> None:
        record = report.record
        known = await self._store.cases(record.tenant, record.subscription)
        before = next((case for case in known if case.invoice == record.invoice), None)
        await self._audit(report.audit, case_changes(before, record))
        await self._store.save_case(record)
        await self._store.post(*_ended(report))
        if report.news is not None:
            await self._processes.report_case(record.tenant, record.subscription, report.news)
        if report.notice is not None:
            await self._processes.request_notice(report.notice)
        if report.escalation is not None and report.calendar is not None:
            await escalated(self._store, self._processes, record, report.escalation, report.calendar)
        if record.outcome is not None and record.escalated_at is not None:
            await self._processes.end_case(record.tenant, of_case(record.invoice), record.outcome)
        if self._departures is not None:
            await self._departures.of_case(record)

    async def _audit(self, entries: tuple[AuditEntry, ...], changed: tuple[str, str]) -> None:
        """Write the lines of a step. What the row changed is told with the first of them."""
        for entry in entries:
            before, after = (entry.before or changed[0], entry.after or changed[1])
            await self._store.audit(replace(entry, source=entry.source or _source(), before=before, after=after))
            changed = ("", "")


def _source() -> str:
    return activity.info().workflow_id or "" if activity.in_activity() else ""


def _ended(report: CaseReport) -> tuple[Fact, ...]:
    """The money that an order of support settled or gave up, with who and why; the provider's own word is booked where it is read."""
    record = report.record
    order = report.audit[0] if report.audit else None
    settled = report.news.settled if report.news else None
    owner = (record.tenant, record.subscription)
    if record.outcome is Outcome.WRITTEN_OFF:
        at = record.closed_at or record.opened_at
        fact = Fact(*owner, Kind.WRITTEN_OFF, record.invoice, record.amount, at, record.invoice)
    elif record.outcome is Outcome.PAID_OUTSIDE and settled is not None and settled.charge is not None:
        at = settled.paid_at or settled.charge.created
        fact = payment_fact(*owner, record.invoice, settled.charge, at=at)
    else:
        return ()
    if order is None:
        return (fact,)
    reason = f"{order.reason} ({order.detail})" if order.detail else order.reason
    return (replace(fact, actor=order.actor, reason=reason, source=order.source or _source()),)
