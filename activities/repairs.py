"""What the machine may do about a difference by itself. Never a charge, never a message to a customer."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from activities.failures import Failure
from activities.oversight import Books, ProviderBooks, Supervision
from models import dunning, reconciliation
from models.dunning import Stage
from models.invoices import Charge, Invoice
from models.ledger import invoice_facts
from models.messages import SubscriptionStart
from models.periods import Calendar
from models.reconciliation import Difference, InvoiceOrder, ProviderCharge, Repair
from models.records import AuditEntry, SubscriptionRecord
from models.subscriptions import ProviderNews

log = logging.getLogger(__name__)

ACTOR = "reconciliation"
NEWS = "customer.subscription.reconciled"  # a type no provider sends: on the process's page it says who told it to look


class Repairs:
    """Applies one repair at a time."""

    def __init__(self, *, books: Books, provider: ProviderBooks, processes: Supervision, day_seconds: float) -> None:
        self._books = books
        self._provider = provider
        self._processes = processes
        self._day_seconds = day_seconds

    async def apply(self, difference: Difference) -> bool:
        """Whether it was carried out. What fails is left to a person, and must not stop the run."""
        finding = difference.finding
        try:
            return await self._applied(difference)
        except Failure as failure:
            log.error("repair %s of %s failed: %s", difference.repair, finding.subject, type(failure).__name__)
            return False

    async def _applied(self, difference: Difference) -> bool:
        finding = difference.finding
        tenant, subject, subscription = finding.tenant, finding.subject, finding.subscription
        match difference.repair:
            case Repair.LOOK:
                return await self._look(tenant, subscription, subject)
            case Repair.REFRESH:
                await self._processes.refresh_subscription(tenant, subscription, finding.text)
                return True
            case Repair.START:
                return await self._start(tenant, subscription)
            case Repair.FORWARD:
                return await self._forward(tenant, subscription, await self._provider.look_up_invoice(subject))
            case Repair.RECORD:
                return await self._record(tenant, subscription, await self._provider.look_up_charge(subject))
            case Repair.INVOICE:
                return await self._invoice(tenant, subscription, await self._provider.look_up_charge(subject))
            case Repair.CREDIT:
                zone = (await self._books.tenant(tenant)).zone
                await self._processes.report_refund(tenant, subscription, subject, Calendar(self._day_seconds, zone))
                return True
            case _:
                return False

    async def _look(self, tenant: str, subscription: str, subject: str) -> bool:
        return await self._processes.report_news(tenant, subscription, ProviderNews(ACTOR, NEWS, subject))

    async def _start(self, tenant: str, subscription: str) -> bool:
        """The process as the books remember it; its first act is to ask the provider."""
        record = await self._books.subscription(tenant, subscription)
        if record is None:
            return False
        customer = await self._books.customer(tenant, record.customer)
        plan = await self._books.plan(tenant, record.plan)
        state = reconciliation.remembered(
            record,
            await self._books.cases(tenant, subscription),
            await self._books.payments(tenant, subscription),
            datetime.now(UTC),
        )
        calendar = Calendar(self._day_seconds, (await self._books.tenant(tenant)).zone)
        start = SubscriptionStart(
            tenant, subscription, customer.reference, plan.code, plan.price, calendar, state=state
        )
        await self._processes.restart_subscription(start)
        await self._books.audit(
            self._entry(record, f"process/{state.ask_at}", "process started again", "it was missing")
        )
        return True

    async def _forward(self, tenant: str, subscription: str, invoice: Invoice) -> bool:
        told = await self._processes.report_invoice(tenant, invoice)
        heard = await self._look(tenant, subscription, invoice.id)
        if told or heard:
            return True
        # Neither the case's process nor its subscription's runs any more: nobody else will ever close the row.
        case = (await self._books.cases_of_invoices([invoice.id])).get(invoice.id)
        news = dunning.settled_news(invoice)
        if case is None or news.outcome is None:
            return False
        now = datetime.now(UTC)
        paid_at = invoice.paid_at if news.settled else None
        await self._books.save_case(
            replace(case, stage=Stage.CLOSED, outcome=news.outcome, paid_at=paid_at, closed_at=now, next_step_at=None)
        )
        return True

    async def _record(self, tenant: str, subscription: str, charge: ProviderCharge) -> bool:
        """Money after the end: into the books, the story and the tax invoice, as any other."""
        record = await self._books.subscription(tenant, subscription)
        if record is None:
            return False
        await self._books.record_payment(reconciliation.late_payment(charge, record))
        # What the invoice came to is booked too: it may have been written off before it was paid.
        invoice = await self._provider.look_up_invoice(charge.invoice)
        await self._books.post(*invoice_facts(tenant, subscription, invoice))
        said = f"{charge.amount} for invoice {charge.invoice}, after the end"
        await self._books.audit(self._entry(record, f"{charge.id}/late", "late payment recorded", said))
        return await self._invoice(tenant, subscription, charge)

    async def _invoice(self, tenant: str, subscription: str, charge: ProviderCharge) -> bool:
        calendar = Calendar(self._day_seconds, (await self._books.tenant(tenant)).zone)
        money = Charge(charge.id, charge.amount, charge.created, charge.funding)
        await self._processes.invoice_charge(
            InvoiceOrder(tenant, subscription, charge.id, money, charge.invoice, calendar)
        )
        return True

    def _entry(self, record: SubscriptionRecord, key: str, action: str, detail: str) -> AuditEntry:
        now = datetime.now(UTC)
        return AuditEntry(record.tenant, record.id, f"{record.id}/{ACTOR}/{key}", now, ACTOR, action, detail=detail)
