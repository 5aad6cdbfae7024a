"""SQL, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from activities.failures import Missing
from models.billing.bills import Bill, BillStanding, InvoiceWish
from models.bookkeeping.ledger import Fact
from models.bookkeeping.stated_taxes import StatedTaxes
from models.cfdi.fiscal import Receiver
from models.changing.change_records import Arrival, ChangeRecord
from models.collecting.contact import Contact
from models.look.brand import Brand, Letterhead, neutral
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Facts, Policy
from models.records import (
    AuditEntry,
    CardAttempt,
    CaseRecord,
    Customer,
    Delivery,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    SubscriptionRecord,
    Tenant,
)
from models.selling.plans import Plan
from models.speaking.notices import REMINDERS, Channel
from models.speaking.replies import Correspondent, Reply
from models.subscribing.subscriptions import Status
from models.watching.decisions import Decision, DecisionKind
from tests.fakes.tickets import FakeTickets
from tests.samples import ANA, PRICE, RUTHLESS


@dataclass
class FakeStore(FakeTickets):
    """SQL in dictionaries, for one tenant `acme` with one customer and one plan."""

    subscriptions: dict[str, SubscriptionRecord] = field(default_factory=dict)
    case_rows: dict[str, CaseRecord] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    entries: dict[str, AuditEntry] = field(default_factory=dict)
    booked: dict[str, Fact] = field(default_factory=dict)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)  # by the provider's subscription
    restated: tuple[StatedTaxes, ...] = ()
    notices: dict[tuple[str, Channel], NoticeRecord] = field(default_factory=dict)
    restored: dict[str, datetime] = field(default_factory=dict)
    opt_outs: dict[Channel, str] = field(default_factory=dict)  # with the word it was said in
    attempts: dict[str, dict[str, CardAttempt]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    bills: dict[str, Bill] = field(default_factory=dict)
    standings: list[BillStanding] = field(default_factory=list)  # each new status of a bill
    given_back: list[str] = field(default_factory=list)  # bills whose units packages have again
    pinned: Policy = field(default_factory=lambda: RUTHLESS)
    trial_days: int = 0
    minded: dict[str, ChangeRecord] = field(default_factory=dict)
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    history: list[Status] = field(default_factory=list)
    decided: dict[str, Decision] = field(default_factory=dict)

    async def tenant(self, tenant: str) -> Tenant:
        return Tenant(tenant, "Acme")

    async def brand(self, tenant: str) -> Brand:
        return neutral(tenant, "Acme")

    async def letterhead(self, tenant: str) -> Letterhead:
        return Letterhead(await self.brand(tenant))

    async def policy(self, tenant: str, plan: str = "", subscription: str = "") -> Policy:
        return self.pinned

    async def may_attempt(self, attempt: CardAttempt, budget: int) -> bool:
        tried = self.attempts.setdefault(attempt.card, {})
        if attempt.key not in tried and (len(tried) >= budget or (attempt.card in self.refused and not attempt.fresh)):
            return False
        tried[attempt.key] = attempt
        return True

    async def refuse_card(self, tenant: str, key: str) -> None:
        self.refused |= {card for card, tried in self.attempts.items() if key in tried}

    async def experiment(self, tenant: str, plan: str) -> str:
        return ""

    async def facts(self, tenant: str, subscription: str, now: datetime) -> Facts:
        return Facts(plan="pro")

    async def plan(self, tenant: str, code: str) -> Plan:
        return Plan(tenant, "pro", "PRO", PRICE, trial_days=self.trial_days, provider_price="price_pro")

    async def plans(self, tenant: str) -> Sequence[Plan]:
        return [await self.plan(tenant, "pro"), Plan(tenant, "max", "MAX", Money(2 * PRICE.centavos))]

    async def begun_after_all(self, tenant: str, subscription: str) -> bool:
        return any(record.status is not Status.CANCELED for record in self.subscriptions.values())

    async def save_price(self, tenant: str, plan: str, price: str) -> None:
        return

    async def customer(self, tenant: str, customer: str) -> Customer:
        return Customer(tenant, "c_1", "clinic-7", "Ana", "ana@clinic.test", "+525512345678")

    async def customer_of(self, tenant: str, subscription: str) -> Customer:
        return await self.customer(tenant, "c_1")

    async def save_provider_customer(self, tenant: str, customer: str, provider_id: str) -> None:
        return

    async def subscription(self, tenant: str, subscription: str) -> SubscriptionRecord | None:
        return self.subscriptions.get(subscription)

    async def save_subscription(self, record: SubscriptionRecord) -> None:
        if not self.history or self.history[-1] is not record.status:
            self.history.append(record.status)
        self.subscriptions[record.id] = record

    async def bill(self, tenant: str, bill: str) -> Bill | None:
        return self.bills.get(bill)

    async def save_bill(self, bill: BillStanding) -> None:
        if not self.standings or self.standings[-1].status is not bill.status:
            self.standings.append(bill)

    async def ask_for_invoice(self, tenant: str, bill: str) -> None:
        self.bills[bill] = replace(self.bills[bill], invoicing=InvoiceWish.ALWAYS)

    async def give_units_back(self, bill: Bill, at: datetime) -> None:
        self.given_back.append(bill.id)

    async def cases(self, tenant: str, subscription: str) -> Sequence[CaseRecord]:
        return list(self.case_rows.values())

    async def save_case(self, record: CaseRecord) -> None:
        self.case_rows[record.invoice] = record

    async def record_restored(self, tenant: str, invoice: str, at: datetime) -> None:
        self.restored.setdefault(invoice, at)

    async def record_payment(self, payment: Payment) -> None:
        self.payments[payment.charge] = payment

    async def post(self, *facts: Fact) -> int:
        known = len(self.booked)
        for fact in facts:
            self.booked.setdefault(fact.key, fact)
        return len(self.booked) - known

    async def restate(self, *told: StatedTaxes) -> int:
        self.restated += told
        return len(told)

    async def audit(self, entry: AuditEntry) -> None:
        self.entries.setdefault(entry.key, entry)

    async def add_decision(self, decision: Decision) -> None:
        self.decided.setdefault(decision.id, decision)

    async def settle_decisions(
        self, tenant: str, subscription: str, kind: DecisionKind, outcome: str, at: datetime
    ) -> None:
        for key, known in self.decided.items():
            if (known.subscription, known.kind, known.outcome) == (subscription, kind, ""):
                self.decided[key] = replace(known, outcome=outcome, outcome_at=at)

    async def notice(self, tenant: str, key: str, channel: Channel) -> NoticeRecord | None:
        return self.notices.get((key, channel))

    async def save_notice(self, record: NoticeRecord) -> None:
        self.notices[record.key, record.channel] = record

    async def count_reminder(self, record: NoticeRecord, contact: Contact, calendar: Calendar) -> datetime:
        now, out = record.requested_at, (Delivery.FAILED, Delivery.SUPERSEDED)
        sent: dict[str, datetime] = {}
        for (key, _), known in self.notices.items():
            if known.kind in REMINDERS and known.delivery not in out and key != record.key:
                sent[key] = min(known.requested_at, sent.get(key, known.requested_at))
        free = contact.spaced(tuple(sorted(sent.values())), now, calendar)
        if free <= now:
            self.notices.setdefault((record.key, record.channel), record)
        return free

    async def opted_out(self, tenant: str, customer: str) -> frozenset[Channel]:
        return frozenset(self.opt_outs)

    async def opt_out(self, tenant: str, customer: str, channel: Channel, *, at: datetime, word: str) -> bool:
        return self.opt_outs.setdefault(channel, word) is word

    async def opt_in(self, tenant: str, customer: str, channel: Channel) -> bool:
        return self.opt_outs.pop(channel, None) is not None

    async def customers_by_phone(self, phone: str) -> Sequence[Correspondent]:
        return []

    async def add_reply(self, reply: Reply) -> bool:
        return True

    async def settle_reply(self, tenant: str, reply: str, *, by: str, at: datetime) -> Reply:
        raise Missing(reply)

    async def notice_by_reference(self, reference: str) -> NoticeRecord | None:
        return next((n for n in self.notices.values() if n.reference == reference), None)

    async def pending_events(self, older_than: datetime, limit: int) -> Sequence[InboxEvent]:
        return []

    async def settle_event(
        self, event: InboxEvent, status: InboxStatus, *, at: datetime, tenant: str = "", subscription: str = ""
    ) -> None:
        raise Missing(event.event)

    async def living_accounts(self, provider_customer: str) -> Sequence[tuple[str, str]]:
        return []

    async def owner_of(
        self, *, provider_customer: str = "", provider_subscription: str = "", checkout: str = ""
    ) -> tuple[str, str] | None:
        return self.owners.get(provider_subscription)

    async def save_plan_change(self, record: ChangeRecord) -> None:
        known = self.minded.get(record.id)
        self.minded[record.id] = replace(record, shown=known.shown) if known else record

    async def plan_change(self, tenant: str, change: str) -> ChangeRecord | None:
        return self.minded.get(change)

    async def plan_changes(self, tenant: str, subscription: str) -> Sequence[ChangeRecord]:
        return list(self.minded.values())

    async def arrived(self, tenant: str, notices: str) -> Arrival | None:
        return next((arrival for key, arrival in self.arrivals.items() if key.startswith(notices)), None)

    @property
    def actions(self) -> list[str]:
        return [entry.action for entry in self.entries.values()]


@dataclass
class FakeFiscalStore(FakeStore):
    """The store, with a customer who wants invoices (or none: `receiver` None)."""

    receiver: Receiver | None = ANA

    async def customer(self, tenant: str, customer: str) -> Customer:
        return replace(await super().customer(tenant, customer), receiver=self.receiver)
