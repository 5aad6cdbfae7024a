"""What the machine may do about a difference by itself. Never a charge, never a message to a customer."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from activities.failures import Failure
from activities.ports.books import Books
from activities.ports.pac import Pacs
from activities.ports.provider_books import ProviderBooks
from activities.ports.supervision import Supervision
from activities.restoring import ACTOR, Restoring
from activities.reviving import Reviving
from models.billing.bills import InvoiceWish, is_bill
from models.bookkeeping.money_facts import EXTERNAL, invoice_facts
from models.cfdi.documents import DocumentKind
from models.cfdi.invoicing import Invoicing
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, WaitingChange
from models.collecting import case_news
from models.collecting.cases import Stage
from models.messages import SubscriptionStart
from models.money import Money
from models.periods import Calendar
from models.records import AuditEntry, SubscriptionRecord
from models.subscribing import waiting_changes
from models.subscribing.invoices import Charge, Invoice
from models.subscribing.provider_news import ProviderNews
from models.watching import reconciliation
from models.watching.attention import Finding, Rule
from models.watching.reconciliation import Difference, InvoiceOrder, ProviderCharge, Repair

log = logging.getLogger(__name__)

NEWS = "customer.subscription.reconciled"  # a type no provider sends: on the process's page it says who told it to look


class Repairs:
    """Applies one repair at a time."""

    def __init__(
        self,
        *,
        books: Books,
        provider: ProviderBooks,
        processes: Supervision,
        day_seconds: float,
        pacs: Pacs | None = None,
    ) -> None:
        self._books = books
        self._provider = provider
        self._processes = processes
        self._day_seconds = day_seconds
        self._reviving = Reviving(books=books, processes=processes, day_seconds=day_seconds)
        self._restoring = Restoring(books=books, provider=provider, processes=processes, pacs=pacs)

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
                return await self._refresh(tenant, subscription, finding.text)
            case Repair.ADMIT:
                return await self._admit(finding)
            case Repair.CHASE:
                chased = await self._processes.refresh_case(tenant, subject, finding.text)
                return chased or await self._look(tenant, subscription, subject)
            case Repair.RESTORE:
                return await self.case(tenant, subscription, subject)
            case Repair.HOLD:
                return await self._processes.hold_case(tenant, subject, finding.text)
            case Repair.START:
                return await self._start(tenant, subscription)
            case Repair.START_BILL:
                return await self._reviving.bill(tenant, subject)
            case Repair.START_TICKET:
                return await self._reviving.ticket(tenant, subject)
            case Repair.FORWARD:
                return await self._forward(tenant, subscription, await self._provider.look_up_invoice(subject))
            case Repair.BOOK:
                return await self._book(tenant, subscription, await self._provider.look_up_invoice(subject))
            case Repair.RECORD:
                return await self.record(tenant, subscription, await self._provider.look_up_charge(subject))
            case Repair.INVOICE if subject.startswith(EXTERNAL):
                return await self._invoice_outside(subject)
            case Repair.INVOICE:
                return await self._invoice(tenant, subscription, await self._provider.look_up_charge(subject))
            case Repair.CREDIT:
                return await self._credit(tenant, subscription, subject)
            case _:
                return False

    async def _refresh(self, tenant: str, subscription: str, reason: str) -> bool:
        """Row and cases: whoever outlived the books writes again what it knows."""
        await self._processes.refresh_subscription(tenant, subscription, reason)
        for invoice in await self._processes.open_cases_of(tenant, subscription):
            await self._processes.refresh_case(tenant, invoice, reason)
        return True

    async def _admit(self, finding: Finding) -> bool:
        if not await self._restoring.signup(finding.tenant, finding.subscription, finding.subject):
            # Of two runs at once the other may have entered it, and tells what is missing.
            return await self._books.subscription(finding.tenant, finding.subscription) is not None
        if (await self._books.customer_of(finding.tenant, finding.subscription)).receiver is None:
            said = "entered again from the provider after the books had lost it: its tax data are not known"
            missing = Finding(finding.tenant, Rule.SIGNUP_REBUILT, finding.subscription, said, finding.subscription)
            await self._books.keep_finding(missing, at=datetime.now(UTC))
        return await self._refresh(finding.tenant, finding.subscription, finding.text)

    async def _look(self, tenant: str, subscription: str, subject: str) -> bool:
        return await self._processes.report_news(tenant, subscription, ProviderNews(ACTOR, NEWS, subject))

    async def _start(self, tenant: str, subscription: str) -> bool:
        """The process as the books remember it; its first act is to ask the provider."""
        record = await self._books.subscription(tenant, subscription)
        if record is None:
            return False
        customer = await self._books.customer(tenant, record.customer)
        plan = await self._books.plan(tenant, record.plan)
        now = datetime.now(UTC)
        confirmed = await self._books.plan_changes(tenant, subscription)
        waiting = [each for each in confirmed if each.state is ChangeState.WAITING]
        leaving = next((each for each in waiting if each.kind is ChangeKind.CANCELLATION), None)
        change = next((each for each in waiting if each.kind is not ChangeKind.CANCELLATION), None)
        state = reconciliation.remembered(
            record,
            await self._books.cases(tenant, subscription),
            await self._books.payments(tenant, subscription),
            now,
            cut_off=await self._books.cut_off(tenant, subscription),
            change=await self._taken_up(change, now) if change else None,
            leaving=leaving,
        )
        calendar = await self._calendar(tenant)
        start = SubscriptionStart(
            tenant, subscription, customer.reference, plan.code, record.price or plan.price, calendar, state=state
        )
        if await self._processes.restart_subscription(start):
            await self._books.audit(
                self._entry(record, f"process/{state.ask_at}", "process started again", "it was missing")
            )
        return True

    async def _taken_up(self, change: ChangeRecord, now: datetime) -> WaitingChange:
        """A change of plan, at the prices that it was confirmed with."""

        async def price(plan: str, amount: Money) -> str:
            known = await self._books.plan(change.tenant, plan)
            return await self._provider.ensure_price(replace(known, price=amount, provider_price=""))

        after = await price(change.plan_after, change.price_after)
        before = await price(change.plan_before, change.price_before)
        return waiting_changes.taken_up(change, after, before, now)

    async def _forward(self, tenant: str, subscription: str, invoice: Invoice) -> bool:
        told = await self._processes.report_invoice(tenant, invoice)
        heard = await self._look(tenant, subscription, invoice.id)
        if told or await self.case(tenant, subscription, invoice.id):
            return True
        # The case's process is gone, and with it the one that would ever close the row.
        case = (await self._books.cases_of_invoices([invoice.id])).get(invoice.id)
        news = case_news.settled_news(invoice)
        if case is None or news.outcome is None:
            return heard
        now = datetime.now(UTC)
        paid_at = invoice.paid_at if news.settled else None
        await self._books.save_case(
            replace(case, stage=Stage.CLOSED, outcome=news.outcome, paid_at=paid_at, closed_at=now, next_step_at=None)
        )
        return True

    async def _book(self, tenant: str, subscription: str, invoice: Invoice) -> bool:
        await self._books.post(*invoice_facts(tenant, subscription, invoice))
        return True

    async def case(self, tenant: str, subscription: str, invoice: str) -> bool:
        """A case that ended, as its process remembers it; with the tax invoice of the payment that support recorded for it, if any."""
        if not await self._restoring.case(tenant, subscription, invoice):
            return False
        try:
            await self._invoice_outside(f"{EXTERNAL}{invoice}")
        except Failure as failure:  # the row and the payment are there; each run asks for what a payment lacks
            log.warning("the tax invoice of %s could not be brought back yet: %s", invoice, type(failure).__name__)
        return True

    async def _invoice_outside(self, source: str) -> bool:
        """The tax invoice of a payment past the provider: only the books know of it."""
        paid = (await self._books.payments_by_charge([source])).get(source)
        if paid is None:
            return True
        money = ProviderCharge(source, paid.amount, paid.paid_at, True, paid.funding, invoice=paid.invoice)
        return await self._invoice(paid.tenant, paid.subscription, money)

    async def record(self, tenant: str, subscription: str, charge: ProviderCharge) -> bool:
        """Money that nobody wrote down, or whose record was lost: into the books, the story and the tax invoice, as any other."""
        record = await self._books.subscription(tenant, subscription)
        if record is None:
            return False
        await self._look(tenant, subscription, charge.invoice)
        await self._books.record_payment(reconciliation.late_payment(charge, record))
        if not await self._books.cases_of_invoices([charge.invoice]):
            await self.case(tenant, subscription, charge.invoice)
        # What the invoice came to is booked too: it may have been written off before it was paid.
        invoice = await self._provider.look_up_invoice(charge.invoice)
        await self._books.post(*invoice_facts(tenant, subscription, invoice))
        said = f"{charge.amount} for invoice {charge.invoice}"
        await self._books.audit(
            self._entry(record, f"{charge.id}/late", "payment found at the provider and recorded", said)
        )
        return await self._invoice(tenant, subscription, charge)

    async def _invoice(self, tenant: str, subscription: str, charge: ProviderCharge) -> bool:
        if charge.id in await self._books.documented([charge.id]) or not charge.amount.centavos:
            return True
        money = Charge(charge.id, charge.amount, charge.created, charge.funding)
        order = InvoiceOrder(tenant, subscription, charge.id, money, charge.invoice, await self._calendar(tenant))
        restored = await self._restoring.document(order)
        if restored is None:
            state = None if await self._named(tenant, subscription) else Invoicing(lapsed=True)
            await self._processes.invoice_charge(replace(order, state=state))
        return restored is not False

    async def _named(self, tenant: str, account: str) -> bool:
        """Whether its tax invoices are made out to the customer: a bill's only where somebody wants it, else it is everybody's sale."""
        bill = await self._books.bill(tenant, account) if is_bill(account) else None
        return bill is None or bill.invoicing is InvoiceWish.ALWAYS

    async def _credit(self, tenant: str, subscription: str, refund: str) -> bool:
        calendar = await self._calendar(tenant)
        found = await self._provider.look_up_refund(refund)
        money = Charge(found.id, found.amount, found.created, found.funding)
        order = InvoiceOrder(
            tenant,
            subscription,
            found.id,
            money,
            found.invoice,
            calendar,
            kind=DocumentKind.CREDIT,
            original=found.charge,
        )
        restored = await self._restoring.document(order)
        if restored is None:
            await self._processes.report_refund(tenant, subscription, refund, calendar)
        return restored is not False

    async def _calendar(self, tenant: str) -> Calendar:
        return Calendar(self._day_seconds, (await self._books.tenant(tenant)).zone)

    def _entry(self, record: SubscriptionRecord, key: str, action: str, detail: str) -> AuditEntry:
        now = datetime.now(UTC)
        return AuditEntry(record.tenant, record.id, f"{record.id}/{ACTOR}/{key}", now, ACTOR, action, detail=detail)
