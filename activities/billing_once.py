"""Effects of a bill: its invoice at the provider, and what its process leaves behind. Each may run twice: the keys make it harmless."""

from dataclasses import dataclass, replace

from temporalio import activity

from activities.billing import BY_ORDER, AtProvider
from activities.failures import Missing
from activities.ports.clinic import Till
from activities.ports.payments import Payments
from activities.ports.processes import Processes
from models.billing.bills import BillStanding, BillStatus
from models.bookkeeping.ledger import Fact, Kind
from models.bookkeeping.money_facts import invoice_facts
from models.records import AuditEntry, Payment
from models.speaking.notices import NoticeRequest
from models.subscribing.invoices import Invoice


@dataclass(frozen=True, slots=True)
class BillRef:
    """Which bill."""

    tenant: str
    bill: str


@dataclass(frozen=True, slots=True)
class BillReport:
    """Everything that one step of a bill leaves behind. `settled`: the invoice that was paid, or given up, by whose order."""

    standing: BillStanding
    audit: tuple[AuditEntry, ...] = ()
    settled: Invoice | None = None
    notices: tuple[NoticeRequest, ...] = ()


class Bills:
    """A bill's verbs."""

    def __init__(self, payments: Payments, store: Till, processes: Processes) -> None:
        self._payments = payments
        self._store = store
        self._processes = processes

    @activity.defn
    async def issue_bill(self, ref: BillRef) -> Invoice:
        """Have the provider make the invoice, for the customer to pay; booked before anybody acts on it."""
        bill = await self._store.bill(ref.tenant, ref.bill)
        if bill is None:
            raise Missing(f"there is no bill '{ref.bill}'")
        customer = await self._store.customer(ref.tenant, bill.customer)
        provider = await self._payments.ensure_customer(customer, "")
        await self._store.save_provider_customer(ref.tenant, customer.id, provider)
        invoice = await self._payments.issue(bill, customer=provider, key=f"{bill.id}/issue")
        await self._book(ref.tenant, ref.bill, invoice)
        return invoice

    @activity.defn
    async def look_up_bill(self, invoice: AtProvider) -> Invoice:
        """The invoice as it stands, booked, with nothing left beside it that could be paid a second time."""
        found = await self._payments.look_up_invoice(invoice.id)
        if found.loose:
            await self._payments.call_off(found.id)
            found = replace(found, loose=False)
        await self._book(invoice.tenant, invoice.subscription, found)
        return found

    @activity.defn
    async def void_bill(self, invoice: AtProvider) -> Invoice:
        return await self._payments.void(invoice.id, invoice.key)

    @activity.defn
    async def record_bill(self, report: BillReport) -> None:
        """The story, then the row, the money, what packages gave and get back, and the messages."""
        standing, order = report.standing, report.audit[0] if report.audit else None
        for entry in report.audit:
            await self._store.audit(entry)
        if report.settled is not None and order is not None:
            await self._store.post(*_ordered(standing, report.settled, order))
        await self._store.save_bill(standing)
        if report.settled is not None and standing.status is BillStatus.PAID and report.settled.charge is not None:
            await self._store.record_payment(_payment(standing, report.settled))
        if standing.status is BillStatus.VOID:
            bill = await self._store.bill(standing.tenant, standing.id)
            if bill is not None:
                await self._store.give_units_back(bill, standing.at)
        for notice in report.notices:
            await self._processes.request_notice(notice)

    async def _book(self, tenant: str, bill: str, invoice: Invoice) -> None:
        """What the provider's word means for the books. What a person may have ordered is told with who and why, once it is."""
        facts = invoice_facts(tenant, bill, invoice)
        await self._store.post(*(fact for fact in facts if fact.kind not in BY_ORDER))


def _ordered(standing: BillStanding, invoice: Invoice, order: AuditEntry) -> tuple[Fact, ...]:
    """What the provider says now; a bill taken back or given up, and money past the provider, with who ordered it and why."""
    reason = f"{order.reason} ({order.detail})" if order.detail and order.reason else order.reason
    return tuple(
        replace(fact, actor=order.actor, reason=reason) if fact.kind in (*BY_ORDER, Kind.VOIDED) else fact
        for fact in invoice_facts(standing.tenant, standing.id, invoice)
    )


def _payment(standing: BillStanding, invoice: Invoice) -> Payment:
    charge = invoice.charge
    assert charge is not None
    at = invoice.paid_at or charge.created
    return Payment(standing.tenant, charge.id, invoice.id, standing.id, charge.amount, charge.funding, at)
