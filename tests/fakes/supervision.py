"""The running processes, seen from above."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from activities.ports.supervision import LastWord
from models.billing.bill_news import BillState
from models.cfdi.invoicing import Invoicing
from models.messages import BillStart, CancellationStart, SubscriptionStart
from models.subscribing.invoices import Invoice
from models.tickets.messages import Settled, TicketStart
from models.tickets.ticket import Ticket
from models.watching.reconciliation import InvoiceOrder, Standing
from tests.fakes.processes import FakeProcesses

T = TypeVar("T")


@dataclass
class FakeSupervision(FakeProcesses):
    """Processes that run, by (tenant, id), and what was asked of them."""

    running: dict[tuple[str, str], Standing] = field(default_factory=dict)
    dunning: dict[tuple[str, str], Standing] = field(default_factory=dict)
    refreshed: list[str] = field(default_factory=list)
    started: list[SubscriptionStart] = field(default_factory=list)
    bills: list[BillStart] = field(default_factory=list)
    tickets: list[TicketStart] = field(default_factory=list)
    settled: list[tuple[str, Settled]] = field(default_factory=list)  # replies, by ticket
    last_bills: dict[str, BillState] = field(default_factory=dict)
    last_tickets: dict[str, Ticket] = field(default_factory=dict)
    forwarded: list[Invoice] = field(default_factory=list)
    invoiced: list[InvoiceOrder] = field(default_factory=list)
    chased: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    owing: dict[str, list[str]] = field(default_factory=dict)  # invoices in dunning by a subscription's own word
    words: dict[str, LastWord] = field(default_factory=dict)  # of cases, by invoice
    taken_back: list[CancellationStart] = field(default_factory=list)
    documents: dict[str, Invoicing] = field(default_factory=dict)  # by source

    async def report_news(self, tenant: str, subscription: str, news: Any) -> bool:
        if (tenant, subscription) not in self.running:
            return False
        return await super().report_news(tenant, subscription, news)

    async def subscriptions_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return {each: self.running[each] for each in ids if each in self.running}

    async def cases_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return {each: self.dunning[each] for each in ids if each in self.dunning}

    async def bills_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return await self.subscriptions_standing(ids)

    async def tickets_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return await self.subscriptions_standing(ids)

    async def restart_bill(self, start: BillStart) -> bool:
        return self._begun((start.tenant, start.subscription), "open", start, self.bills)

    async def last_word_of_bill(self, tenant: str, bill: str) -> BillState | None:
        return self.last_bills.get(bill)

    async def last_word_of_ticket(self, tenant: str, ticket: str) -> Ticket | None:
        return self.last_tickets.get(ticket)

    async def restart_ticket(self, start: TicketStart) -> bool:
        return self._begun((start.ticket.tenant, start.ticket.id), start.ticket.state, start, self.tickets)

    async def settle_reply(self, tenant: str, ticket: str, end: Settled) -> bool:
        self.settled.append((ticket, end))
        return (tenant, ticket) in self.running

    async def refresh_subscription(self, tenant: str, subscription: str, reason: str) -> None:
        self.refreshed.append(subscription)

    async def refresh_case(self, tenant: str, invoice: str, reason: str) -> bool:
        self.chased.append(invoice)
        return (tenant, invoice) in self.dunning

    async def hold_case(self, tenant: str, invoice: str, reason: str) -> bool:
        self.held.append(invoice)
        return (tenant, invoice) in self.dunning

    async def open_cases_of(self, tenant: str, subscription: str) -> Sequence[str]:
        return self.owing.get(subscription, [])

    async def last_word_of_case(self, tenant: str, invoice: str) -> LastWord | None:
        return self.words.get(invoice)

    async def take_back(self, start: CancellationStart) -> bool:
        self.taken_back.append(start)
        return self.taken_back.count(start) == 1

    async def invoicing_state(self, tenant: str, source: str) -> Invoicing | None:
        return self.documents.get(source)

    async def restart_subscription(self, start: SubscriptionStart) -> bool:
        return self._begun((start.tenant, start.subscription), "active", start, self.started)

    def _begun(self, place: tuple[str, str], status: str, start: T, kept: list[T]) -> bool:
        if place in self.running:
            return False
        kept.append(start)
        self.running[place] = Standing(status)
        return True

    async def report_invoice(self, tenant: str, invoice: Invoice) -> bool:
        self.forwarded.append(invoice)
        return (tenant, invoice.id) in self.dunning

    async def invoice_charge(self, order: InvoiceOrder) -> None:
        self.invoiced.append(order)
