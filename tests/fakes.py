"""Fakes at our own ports, in memory. They behave as the ports' docstrings say and count what was asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from activities.failures import Declined, Missing, Refused, Unavailable
from activities.ports import Attachment, Checkout, Sent
from models.backups import BackupReport
from models.case_news import CaseNews
from models.contact import ANYTIME, Contact
from models.declines import Decline
from models.invoices import Charge, ChargeOutcome, ChargeResult, Funding, Instalment, Invoice, InvoiceStatus, Refund
from models.ledger import Fact
from models.money import Money
from models.notices import REMINDERS, Language, NoticeKind, NoticeRequest, Text
from models.pay_instructions import PayInstructions, Way
from models.periods import Calendar
from models.plans import Plan
from models.policy import Facts, Policy
from models.presets import preset
from models.records import (
    AuditEntry,
    CardAttempt,
    CaseRecord,
    Channel,
    Customer,
    Delivery,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    SubscriptionRecord,
    Tenant,
)
from models.replies import Correspondent, Reply
from models.subscriptions import ProviderNews, ProviderSubscription, Status

RUTHLESS = replace(preset("ruthless"), contact=ANYTIME)  # whatever the hour at which a test runs
PRICE = Money(14_900)


@dataclass
class FakePayments:
    """A provider with one subscription. `charges` scripts the outcome of each attempt; without script cards decline softly."""

    word: ProviderSubscription | None = None
    invoices: dict[str, Invoice] = field(default_factory=dict)
    script: list[str] = field(default_factory=list)  # "paid" or a decline code, one per new key
    refuse_opening: str = ""
    outage: int = 0  # that many calls fail as unavailable first
    refusals: int = 0  # that many calls are refused first
    by_key: dict[str, ChargeResult] = field(default_factory=dict)
    canceled: list[bool] = field(default_factory=list)
    prices: list[str] = field(default_factory=list)
    card: str = "card-1"
    checkout: Checkout | None = None
    looks: int = 0
    forgotten: list[str] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)  # its word on a refund, look by look; the last one stays

    def _up(self) -> None:
        if self.outage:
            self.outage -= 1
            raise Unavailable("the provider does not answer")
        if self.refusals:
            self.refusals -= 1
            raise Refused("the provider will not do this", "resource_missing")

    def pay(self, invoice: str, at: datetime, charge: str = "") -> Invoice:
        known = self.invoices[invoice]
        made = Charge(charge or f"ch_{invoice}", known.total, at, Funding.CREDIT)
        paid = replace(known, status=InvoiceStatus.PAID, due=Money(0), charge=made, decline=None, paid_at=at)
        self._put(paid)
        return paid

    def void(self, invoice: str) -> None:
        self._put(replace(self.invoices[invoice], status=InvoiceStatus.VOID))

    def add(self, invoice: Invoice) -> None:
        self._put(invoice)

    def _put(self, invoice: Invoice) -> None:
        self.invoices[invoice.id] = invoice
        if self.word is not None:
            self.word = replace(self.word, invoices=tuple(self.invoices.values()))

    async def ensure_price(self, plan: Plan) -> str:
        return f"price_{plan.code}"

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        return f"cus_{customer.id}"

    async def forget_customer(self, provider_id: str) -> None:
        self._up()
        self.forgotten.append(provider_id)

    async def open_subscription(self, **order: object) -> ProviderSubscription:
        self._up()
        if self.refuse_opening:
            raise Declined(Decline(self.refuse_opening))
        assert self.word is not None
        return self.word

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        self._up()
        self.looks += 1
        assert self.word is not None
        return self.word

    async def look_up_invoice(self, invoice: str) -> Invoice:
        self._up()
        return self.invoices[invoice]

    async def look_up_refund(self, refund: str) -> Refund:
        self._up()
        return self.refunds.pop(0) if len(self.refunds) > 1 else self.refunds[0]

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        self._up()
        known = self.invoices[invoice]
        if key in self.by_key:
            return self.by_key[key]
        if known.status is InvoiceStatus.PAID:
            return ChargeResult(ChargeOutcome.PAID, known)
        if known.status is not InvoiceStatus.OPEN:
            return ChargeResult(ChargeOutcome.CLOSED, known)
        said = self.script.pop(0) if self.script else "insufficient_funds"
        if said == "paid":
            result = ChargeResult(ChargeOutcome.PAID, self.pay(invoice, known.created, f"ch_{len(self.by_key)}"))
        else:
            result = ChargeResult(ChargeOutcome.DECLINED, replace(known, decline=Decline(said)), Decline(said))
        self.by_key[key] = result
        return result

    async def card_of(self, invoice: str) -> str:
        return self.card

    async def split(self, invoice: str, parts: Sequence[Instalment], key: str) -> None:
        self._up()
        known = self.invoices[invoice]
        for number, part in enumerate(parts, start=1):
            due = Money(part.centavos)
            name = f"{invoice}_{number}"
            self._put(
                Invoice(name, InvoiceStatus.DRAFT, due, due, known.created, part_of=invoice, finalizes_at=part.on)
            )
        self.void(invoice)

    async def instructions(self, invoice: str) -> PayInstructions | None:
        return None

    async def pay_later(self, invoice: str, way: Way, *, name: str, email: str) -> PayInstructions:
        return PayInstructions(way, self.invoices[invoice].due, "98000000000000")

    async def settle_outside(self, invoice: str, key: str) -> Invoice:
        self._up()
        self._put(replace(self.invoices[invoice], status=InvoiceStatus.PAID, due=Money(0)))
        return self.invoices[invoice]

    async def write_off(self, invoice: str, key: str) -> Invoice:
        self._put(replace(self.invoices[invoice], status=InvoiceStatus.UNCOLLECTIBLE))
        return self.invoices[invoice]

    async def cancel(self, provider_id: str, *, at_period_end: bool, key: str) -> ProviderSubscription:
        assert self.word is not None
        self.canceled.append(at_period_end)
        change = {"cancel_at_period_end": True} if at_period_end else {"status": "canceled"}
        self.word = replace(self.word, **change)  # type: ignore[arg-type]
        return self.word

    async def pause(self, provider_id: str, key: str) -> ProviderSubscription:
        self._up()
        assert self.word is not None
        self.word = replace(self.word, collection_paused=True)
        return self.word

    async def resume(self, provider_id: str, key: str) -> ProviderSubscription:
        assert self.word is not None
        self.word = replace(self.word, collection_paused=False)
        return self.word

    async def change_price(self, provider_id: str, price: str, key: str) -> ProviderSubscription:
        assert self.word is not None
        self.prices.append(price)
        return self.word

    async def open_checkout(self, **order: object) -> Checkout:
        assert self.checkout is not None
        return self.checkout

    async def look_up_checkout(self, session: str) -> Checkout:
        assert self.checkout is not None
        return self.checkout

    async def portal(self, customer: str, return_url: str) -> str:
        return f"https://portal.test/{customer}"

    async def reachable(self) -> bool:
        return True


@dataclass
class FakeMessenger:
    """WhatsApp and SMS. `failures` are raised by the next sends, first come first served; `by` is the channel of each that was sent."""

    sent: list[tuple[NoticeKind, str, str]] = field(default_factory=list)
    by: list[Channel] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    lose_answer: int = 0  # that many sends are accepted, and their answer is lost

    async def send(
        self,
        *,
        to: str,
        kind: NoticeKind,
        language: Language,
        body: str,
        variables: Sequence[str],
        media_url: str = "",
        channel: Channel = Channel.WHATSAPP,
    ) -> Sent:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((kind, to, body))
        self.by.append(channel)
        if self.lose_answer:
            self.lose_answer -= 1
            raise Unavailable("no answer")
        return Sent(f"SM{len(self.sent)}")

    async def find(
        self,
        *,
        to: str,
        text: Text,
        kind: NoticeKind,
        language: Language,
        since: datetime,
        channel: Channel = Channel.WHATSAPP,
    ) -> Sent | None:
        for number, (known, by) in enumerate(zip(self.sent, self.by, strict=True), start=1):
            if (*known, by) == (kind, to, text.body, channel):
                return Sent(f"SM{number}")
        return None


@dataclass
class FakeMail:
    """A mailbox: subject by key."""

    sent: dict[str, str] = field(default_factory=dict)

    async def send(
        self,
        *,
        to: str,
        subject: str,
        body: str,
        key: str,
        attachments: Sequence[Attachment] = (),
        brand: str = "",
    ) -> str:
        self.sent[key] = subject
        return f"<{key}>"


@dataclass
class FakeProcesses:
    """Hears what is reported instead of passing it on, until `behind` is set."""

    notices: list[NoticeRequest] = field(default_factory=list)
    cases: list[CaseNews] = field(default_factory=list)
    deliveries: list[tuple[str, Delivery]] = field(default_factory=list)
    news: list[ProviderNews] = field(default_factory=list)
    refunds: list[tuple[str, str, str]] = field(default_factory=list)
    public: dict[str, str] = field(default_factory=dict)  # zone by tenant
    behind: object = None

    async def request_notice(self, request: NoticeRequest) -> None:
        if request.key not in [known.key for known in self.notices]:
            self.notices.append(request)

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None:
        self.cases.append(news)
        if self.behind is not None:
            await self.behind.report_case(tenant, subscription, news)  # type: ignore[attr-defined]

    async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        self.news.append(news)
        return True

    async def report_delivery(
        self, tenant: str, key: str, delivery: Delivery, error: str, channel: Channel = Channel.WHATSAPP
    ) -> bool:
        self.deliveries.append((key, delivery))
        return True

    async def report_refund(self, tenant: str, subscription: str, refund: str, calendar: Calendar) -> None:
        self.refunds.append((tenant, subscription, refund))

    async def keep_invoicing_the_public(self, tenant: str, calendar: Calendar) -> None:
        self.public[tenant] = calendar.zone

    @property
    def kinds(self) -> list[NoticeKind]:
        return [notice.kind for notice in self.notices]


@dataclass
class FakeStore:
    """SQL in dictionaries, for one tenant `acme` with one customer and one plan."""

    subscriptions: dict[str, SubscriptionRecord] = field(default_factory=dict)
    case_rows: dict[str, CaseRecord] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    entries: dict[str, AuditEntry] = field(default_factory=dict)
    booked: dict[str, Fact] = field(default_factory=dict)
    notices: dict[tuple[str, Channel], NoticeRecord] = field(default_factory=dict)
    restored: dict[str, datetime] = field(default_factory=dict)
    opt_outs: dict[Channel, str] = field(default_factory=dict)  # with the word it was said in
    attempts: dict[str, dict[str, CardAttempt]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    pinned: Policy = field(default_factory=lambda: RUTHLESS)
    trial_days: int = 0
    history: list[Status] = field(default_factory=list)

    async def tenant(self, tenant: str) -> Tenant:
        return Tenant(tenant, "Acme")

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

    async def audit(self, entry: AuditEntry) -> None:
        self.entries.setdefault(entry.key, entry)

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

    async def owner_of(
        self, *, provider_customer: str = "", provider_subscription: str = "", checkout: str = ""
    ) -> tuple[str, str] | None:
        return None

    @property
    def actions(self) -> list[str]:
        return [entry.action for entry in self.entries.values()]


def overdue(invoice: str, created: datetime, code: str = "insufficient_funds") -> Invoice:
    """An open invoice whose first charge was declined."""
    return Invoice(
        invoice,
        InvoiceStatus.OPEN,
        PRICE,
        PRICE,
        created,
        attempted=True,
        decline=Decline(code),
        pay_url="https://pay.test/1",
    )


def provider(now: datetime, *, days: int = 30, status: str = "active", trial_days: int = 0) -> ProviderSubscription:
    """The provider's word on a subscription that has just begun."""
    end = now + timedelta(days=trial_days or days)
    return ProviderSubscription(
        "sub_1", status, now, end, customer="cus_1", trial_end=end if trial_days else None, payment_method="pm_1"
    )


class FakeVault:
    """A place for backups where each is whole."""

    async def take(self, now: datetime) -> BackupReport:
        return BackupReport(f"perdura-{now:%Y%m%d}.backup", now, bytes=4096, rows=12)


class FakeKeeper:
    """A record in which nobody was erased."""

    async def keep_erasures(self, now: datetime) -> int:
        return 0
