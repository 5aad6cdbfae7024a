"""What watching over the books needs of the world: the provider read by the page, the books beside it, and the processes' standing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports import Documents, Processes, Store
from models.attention import Attention, Finding, Rule
from models.documents import TaxDocument
from models.fiscal import Receiver
from models.invariants import Debtor
from models.invoices import Invoice, Refund
from models.invoicing import Invoicing
from models.messages import SubscriptionStart
from models.notices import Language
from models.reconciliation import InvoiceOrder, ProviderCharge, Sighting, Standing
from models.reconciliation_run import Run
from models.records import CaseRecord, Customer, InboxEvent, NoticeRecord, Payment, Provider, SubscriptionRecord
from models.replies import Reply
from models.statement import StatedDispute
from models.subscriptions import ProviderSubscription


@dataclass(frozen=True, slots=True)
class Events:
    """One page of the provider's events as they would have come to the inbox. `cursor` leads to the next; empty: there is none."""

    events: Sequence[InboxEvent]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class LastWord:
    """A case as its process remembers it; `settled`: the invoice whose money ended it."""

    record: CaseRecord
    settled: Invoice | None = None


@dataclass(frozen=True, slots=True)
class Sightings:
    """One page of live subscriptions, or of open invoices."""

    seen: Sequence[Sighting]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Charges:
    """One page of charges, newest first."""

    charges: Sequence[ProviderCharge]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Refunds:
    """One page of refunds, newest first; which invoice each was of is not told."""

    refunds: Sequence[Refund]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class ProviderCustomer:
    """Who pays, as the provider knows it. `tenant` and `customer` are what our metadata claim: to be checked."""

    id: str
    tenant: str
    customer: str
    name: str
    email: str
    phone: str
    language: Language = Language.ES


class ProviderBooks(Protocol):
    """The payments provider as it lists itself, a hundred at a time. Raises Throttled, Unavailable, Barred."""

    async def events_since(self, since: datetime, cursor: str = "") -> Events:
        """What it told, or should have told, by webhook since then, newest first. Stripe keeps thirty days."""
        ...

    async def live_subscriptions(self, cursor: str = "") -> Sightings:
        """Those that are not canceled. `tenant` and `subscription` are what our metadata claim: to be checked."""
        ...

    async def open_invoices(self, cursor: str = "") -> Sightings:
        """`subscription` is the provider's id here; `overdue`: charged in vain."""
        ...

    async def charges_since(self, since: datetime, cursor: str = "") -> Charges: ...

    async def refunds_since(self, since: datetime, cursor: str = "") -> Refunds: ...

    async def look_up_charge(self, charge: str) -> ProviderCharge:
        """With the invoice it paid and that invoice's subscription, where it paid one."""
        ...

    async def look_up_invoice(self, invoice: str) -> Invoice: ...

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription: ...

    async def disputes_since(self, since: datetime) -> Sequence[StatedDispute]:
        """All that were opened since then: there are few."""
        ...

    async def look_up_refund(self, refund: str) -> Refund: ...

    async def look_up_dispute(self, dispute: str) -> StatedDispute: ...

    async def look_up_customer(self, customer: str) -> ProviderCustomer: ...


class Books(Store, Documents, Protocol):
    """SQL beyond what processes write: findings, runs, and the rows that a comparison or a rule asks for. Across all tenants."""

    async def receive(self, event: InboxEvent) -> bool: ...
    async def event(self, provider: Provider, event: str) -> InboxEvent | None: ...

    async def waiting_replies(self, before: datetime) -> Sequence[Reply]:
        """What customers wrote before then that a person must read and has not settled."""
        ...

    async def admit(self, customer: Customer, record: SubscriptionRecord) -> bool:
        """Enter a signup that was lost. False where its e-mail or reference belongs to another living subscription."""
        ...

    async def save_receiver(self, tenant: str, customer: str, receiver: Receiver) -> None: ...

    # findings
    async def keep_finding(self, finding: Finding, *, at: datetime, repaired: bool = False) -> None:
        """Enter it, or say that it is still so. One that was resolved before begins anew."""
        ...

    async def resolve_findings(
        self, rules: Collection[Rule], *, unseen_since: datetime, at: datetime, tenant: str = ""
    ) -> int:
        """Close those of these rules that were not found since then. Returns how many."""
        ...

    async def all_findings(
        self, *, rule: Rule | None = None, resolved: bool = False, mended: bool = False, limit: int = 500
    ) -> Sequence[Attention]:
        """Of all tenants, newest first; `mended`: with what the machine has just repaired and not seen again."""
        ...

    async def claim_alerts(self, rules: Collection[Rule], *, at: datetime) -> Sequence[Finding]:
        """Open findings that nobody was told of, told by the caller from now on."""
        ...

    async def return_alerts(self, findings: Sequence[Finding]) -> None:
        """Nobody could be told after all."""
        ...

    # runs
    async def save_run(self, run: Run) -> None: ...
    async def last_run(self, tenant: str) -> Run | None:
        """The last whole run that covered this tenant and was no dry one."""
        ...

    # the comparison
    async def sight(self, kind: str, seen: Sequence[Sighting], *, at: datetime) -> None: ...
    async def forget_sightings(self, before: datetime) -> None: ...
    async def sighted(
        self, kind: str, owners: Collection[tuple[str, str]], *, since: datetime
    ) -> Sequence[Sighting]: ...
    async def sighted_invoices(self, invoices: Collection[str], *, since: datetime) -> frozenset[str]: ...
    async def twins(self, *, since: datetime, limit: int) -> Mapping[str, Sequence[Sighting]]: ...
    async def records(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], SubscriptionRecord]: ...
    async def records_at_provider(self, provider_ids: Collection[str]) -> Mapping[str, SubscriptionRecord]: ...
    async def living(self, tenant: str, *, after: tuple[str, str], limit: int) -> Sequence[SubscriptionRecord]: ...
    async def open_cases(self, tenant: str, *, after: tuple[str, str], limit: int) -> Sequence[CaseRecord]: ...
    async def cases_of_invoices(self, invoices: Collection[str]) -> Mapping[str, CaseRecord]: ...
    async def payments_by_charge(self, charges: Collection[str]) -> Mapping[str, Payment]: ...
    async def documented(self, sources: Collection[str]) -> frozenset[str]: ...

    async def ledger_size(self) -> int:
        """How many entries the ledgers of all tenants hold."""
        ...

    # suspects of each rule
    async def debtors(self, settled_before: datetime) -> Sequence[Debtor]: ...
    async def doubled_cases(self) -> Sequence[CaseRecord]: ...
    async def doubled_payments(self) -> Sequence[Payment]: ...
    async def periods_over(self, before: datetime) -> Sequence[SubscriptionRecord]: ...
    async def late_subscriptions(self, before: datetime) -> Sequence[SubscriptionRecord]: ...
    async def late_cases(self, before: datetime) -> Sequence[CaseRecord]: ...
    async def uninvoiced(self, before: datetime) -> Sequence[tuple[Payment, Sequence[TaxDocument]]]: ...
    async def held_documents(self) -> Sequence[TaxDocument]: ...
    async def messages_since(self, since: datetime) -> Sequence[NoticeRecord]: ...
    async def waiting_events(self) -> tuple[int, datetime | None]: ...


class Attended(Protocol):
    """What a tenant's people see of it: every method but the last ones is scoped by tenant; `""` is the whole house."""

    async def findings(
        self, tenant: str, *, rule: Rule | None = None, resolved: bool = False, limit: int = 100
    ) -> Sequence[Attention]:
        """Newest first; `resolved`: also what is no longer so."""
        ...

    async def acknowledge(self, tenant: str, finding: str, *, actor: str, note: str, at: datetime) -> Attention:
        """Raises Missing."""
        ...

    async def runs(self, tenant: str, *, limit: int = 20) -> Sequence[Run]:
        """Newest first."""
        ...


class Figures(Protocol):
    """Counts and sums over all tenants, each by its labels; no id of anybody among them."""

    async def subscriptions_by_status(self) -> Mapping[tuple[str, ...], int]: ...
    async def cases_by_stage(self) -> Mapping[tuple[str, ...], int]: ...
    async def money_at_risk(self) -> Mapping[tuple[str, ...], int]:
        """Centavos in open cases, by currency."""
        ...

    async def notices_by_delivery(self) -> Mapping[tuple[str, ...], int]: ...
    async def documents_by_state(self) -> Mapping[tuple[str, ...], int]: ...
    async def events_by_status(self) -> Mapping[tuple[str, ...], int]: ...
    async def waiting_events(self) -> tuple[int, datetime | None]: ...
    async def open_findings(self) -> Sequence[tuple[Rule, int]]: ...
    async def last_run(self, tenant: str) -> Run | None: ...


class Supervision(Processes, Protocol):
    """The running processes, seen from above. Implemented by `workflows.interface`. Raises Unavailable."""

    async def subscriptions_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """Those of these subscriptions (tenant, id) whose process runs. One that is missing was asked for by name, too."""
        ...

    async def cases_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        """Those of these cases (tenant, invoice) whose process runs."""
        ...

    async def refresh_subscription(self, tenant: str, subscription: str, reason: str) -> None:
        """Have the provider read again and the row written anew."""
        ...

    async def refresh_case(self, tenant: str, invoice: str, reason: str) -> bool:
        """Have a case write its row anew. False where no such process runs."""
        ...

    async def hold_case(self, tenant: str, invoice: str, reason: str) -> bool:
        """Have a case stand still: its invoice is disputed. False where no such process runs, or it refuses."""
        ...

    async def open_cases_of(self, tenant: str, subscription: str) -> Sequence[str]:
        """The invoices in dunning by the word of a subscription's process; none where it does not answer."""
        ...

    async def last_word_of_case(self, tenant: str, invoice: str) -> LastWord | None:
        """How a case's process left its row, by its own memory; None where it is not known any more."""
        ...

    async def invoicing_state(self, tenant: str, source: str) -> Invoicing | None:
        """Where a tax invoice's process left its document, though it be over; None where none is known (any more)."""
        ...

    async def restart_subscription(self, start: SubscriptionStart) -> None:
        """Start a process in place of a lost one; nothing happens where one runs."""
        ...

    async def report_invoice(self, tenant: str, invoice: Invoice) -> bool:
        """Tell a case how its invoice stands. False where no such process runs."""
        ...

    async def invoice_charge(self, order: InvoiceOrder) -> None:
        """Have a settled charge invoiced, once, however often this is called."""
        ...
