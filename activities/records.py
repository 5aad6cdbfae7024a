"""The record in SQL, and word from one process to another. Short and idempotent, so they run as local activities."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import Processes, Store
from models.dunning import CaseNews
from models.notices import NoticeRequest
from models.policy import Policy
from models.records import AuditEntry, CaseRecord, Payment, SubscriptionRecord


@dataclass(frozen=True, slots=True)
class SubscriptionReport:
    """Everything that one step of a subscription leaves behind. `restored`: invoices whose payment gave service back."""

    record: SubscriptionRecord
    payments: tuple[Payment, ...] = ()
    restored: tuple[str, ...] = ()
    audit: tuple[AuditEntry, ...] = ()
    notices: tuple[NoticeRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseReport:
    """Everything that one step of a dunning case leaves behind: the row, the story, word to the subscription, a notice."""

    record: CaseRecord
    audit: tuple[AuditEntry, ...] = ()
    news: CaseNews | None = None
    notice: NoticeRequest | None = None


@dataclass(frozen=True, slots=True)
class TenantRef:
    """Whose settings are asked for."""

    tenant: str


class Records:
    """Writes what happened, then tells whoever must know: the books come first."""

    def __init__(self, store: Store, processes: Processes) -> None:
        self._store = store
        self._processes = processes

    @activity.defn
    async def load_policy(self, ref: TenantRef) -> Policy:
        return await self._store.policy(ref.tenant)

    @activity.defn
    async def record_subscription(self, report: SubscriptionReport) -> None:
        record = report.record
        await self._store.save_subscription(record)
        for invoice in report.restored:
            await self._store.record_restored(record.tenant, invoice, record.updated_at)
        for payment in report.payments:
            await self._store.record_payment(payment)
        for entry in report.audit:
            await self._store.audit(entry)
        for notice in report.notices:
            await self._processes.request_notice(notice)

    @activity.defn
    async def record_case(self, report: CaseReport) -> None:
        record = report.record
        await self._store.save_case(record)
        for entry in report.audit:
            await self._store.audit(entry)
        if report.news is not None:
            await self._processes.report_case(record.tenant, record.subscription, report.news)
        if report.notice is not None:
            await self._processes.request_notice(report.notice)
