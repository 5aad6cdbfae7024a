"""Fakes for watching over the books: a provider that lists itself, and books in which there is little to see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from activities.failures import Unavailable
from activities.oversight import Charges, Events, LastWord, ProviderCustomer, Refunds, Sightings
from models.attention import Finding, Rule
from models.documents import TaxDocument
from models.invoices import Invoice, Refund
from models.invoicing import Invoicing
from models.messages import SubscriptionStart
from models.reconciliation import InvoiceOrder, ProviderCharge, Sighting, Standing
from models.reconciliation_run import Run
from models.records import InboxEvent
from models.statement import StatedDispute
from models.subscriptions import ProviderSubscription
from tests.fakes import FakeProcesses, FakeStore


@dataclass
class FakeProvider:
    """Lists what it was given, one thing a page."""

    events: list[InboxEvent] = field(default_factory=list)
    live: list[Sighting] = field(default_factory=list)
    unpaid: list[Sighting] = field(default_factory=list)
    charges: list[ProviderCharge] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    disputes: list[StatedDispute] = field(default_factory=list)
    customers: dict[str, ProviderCustomer] = field(default_factory=dict)
    outage: int = 0  # that many pages fail first

    def _page(self, things: Sequence[Any], cursor: str) -> tuple[Sequence[Any], str]:
        if self.outage:
            self.outage -= 1
            raise Unavailable("the provider does not answer")
        at = int(cursor or 0)
        return things[at : at + 1], str(at + 1) if at + 1 < len(things) else ""

    async def events_since(self, since: datetime, cursor: str = "") -> Events:
        return Events(*self._page(self.events, cursor))

    async def live_subscriptions(self, cursor: str = "") -> Sightings:
        return Sightings(*self._page(self.live, cursor))

    async def open_invoices(self, cursor: str = "") -> Sightings:
        return Sightings(*self._page(self.unpaid, cursor))

    async def charges_since(self, since: datetime, cursor: str = "") -> Charges:
        page, following = self._page([c for c in self.charges if c.created >= since], cursor)
        # A list does not tell which invoice a charge paid; looking it up does.
        return Charges([replace(c, invoice="", provider_subscription="") for c in page], following)

    async def refunds_since(self, since: datetime, cursor: str = "") -> Refunds:
        return Refunds(*self._page(self.refunds, cursor))

    async def look_up_charge(self, charge: str) -> ProviderCharge:
        return next(known for known in self.charges if known.id == charge)

    async def look_up_invoice(self, invoice: str) -> Invoice:
        return self.invoices[invoice]

    async def look_up_refund(self, refund: str) -> Refund:
        return next(known for known in self.refunds if known.id == refund)

    async def disputes_since(self, since: datetime) -> Sequence[StatedDispute]:
        return [dispute for dispute in self.disputes if dispute.created >= since]

    async def look_up_dispute(self, dispute: str) -> StatedDispute:
        return next(known for known in self.disputes if known.id == dispute)

    async def look_up_customer(self, customer: str) -> ProviderCustomer:
        return self.customers[customer]

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        seen = next(each for each in self.live if each.id == provider_id)
        assert seen.period_start is not None
        assert seen.period_end is not None
        return ProviderSubscription(seen.id, seen.status, seen.period_start, seen.period_end, seen.customer)


@dataclass
class FakeSupervision(FakeProcesses):
    """Processes that run, by (tenant, id), and what was asked of them."""

    running: dict[tuple[str, str], Standing] = field(default_factory=dict)
    dunning: dict[tuple[str, str], Standing] = field(default_factory=dict)
    refreshed: list[str] = field(default_factory=list)
    started: list[SubscriptionStart] = field(default_factory=list)
    forwarded: list[Invoice] = field(default_factory=list)
    invoiced: list[InvoiceOrder] = field(default_factory=list)
    chased: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    owing: dict[str, list[str]] = field(default_factory=dict)  # invoices in dunning by a subscription's own word
    words: dict[str, LastWord] = field(default_factory=dict)  # of cases, by invoice
    documents: dict[str, Invoicing] = field(default_factory=dict)  # by source

    async def report_news(self, tenant: str, subscription: str, news: Any) -> bool:
        if (tenant, subscription) not in self.running:
            return False
        return await super().report_news(tenant, subscription, news)

    async def subscriptions_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return {each: self.running[each] for each in ids if each in self.running}

    async def cases_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return {each: self.dunning[each] for each in ids if each in self.dunning}

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

    async def invoicing_state(self, tenant: str, source: str) -> Invoicing | None:
        return self.documents.get(source)

    async def restart_subscription(self, start: SubscriptionStart) -> None:
        self.started.append(start)
        self.running[start.tenant, start.subscription] = Standing("active")

    async def report_invoice(self, tenant: str, invoice: Invoice) -> bool:
        self.forwarded.append(invoice)
        return (tenant, invoice.id) in self.dunning

    async def invoice_charge(self, order: InvoiceOrder) -> None:
        self.invoiced.append(order)


@dataclass
class QuietBooks(FakeStore):
    """Books in which nothing is wrong but what is `held`; they remember what was found."""

    held: list[TaxDocument] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    kept_runs: list[Run] = field(default_factory=list)

    async def keep_finding(self, finding: Finding, *, at: datetime, repaired: bool = False) -> None:
        self.found.append(finding)

    async def resolve_findings(
        self, rules: Collection[Rule], *, unseen_since: datetime, at: datetime, tenant: str = ""
    ) -> int:
        return 0

    async def claim_alerts(self, rules: Collection[Rule], *, at: datetime) -> Sequence[Finding]:
        return []

    async def save_run(self, run: Run) -> None:
        self.kept_runs.append(run)

    async def last_run(self, tenant: str) -> Run | None:
        return None

    async def held_documents(self) -> Sequence[TaxDocument]:
        return self.held

    async def waiting_events(self) -> tuple[int, datetime | None]:
        return 0, None

    def __getattr__(self, name: str) -> Any:
        """Every other question is answered: none."""
        if name.startswith("_") or name not in _ASKED:
            raise AttributeError(name)
        answer = {} if name in _MAPPED else []

        async def none(*_: Any, **__: Any) -> Any:
            return answer

        return none


_MAPPED = {"records", "records_at_provider", "twins", "cases_of_invoices", "payments_by_charge"}
_ASKED = _MAPPED | {
    "sight",
    "forget_sightings",
    "sighted",
    "sighted_invoices",
    "living",
    "open_cases",
    "documented",
    "all_findings",
    "debtors",
    "doubled_cases",
    "doubled_payments",
    "periods_over",
    "late_subscriptions",
    "late_cases",
    "uninvoiced",
    "messages_since",
    "waiting_replies",
}
