"""The API over a real SQL store, with fakes for the payments provider and the processes, spoken to over ASGI."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from activities.failures import Failure, Refused
from activities.gateways.store_sql import SqlStore
from activities.inbox import Inbox
from activities.ports.payments import Checkout, Payments
from activities.ports.processes import ProcessesUnavailable
from api.app import build
from api.deps import Context, Door
from models.access.provisioning import Provision, Provisioned
from models.billing.bill_news import BillState
from models.billing.bills import BillStanding, BillStatus
from models.collecting import case_orders
from models.collecting.case_news import CaseNews
from models.collecting.cases import Case
from models.commands import (
    BillCommand,
    CaseCommand,
    DeletionCommand,
    DocumentCommand,
    SubscriptionCommand,
    TicketCommand,
)
from models.messages import (
    Answer,
    BillStart,
    CancellationStart,
    ClaimStart,
    Command,
    DeletionStart,
    Opening,
    ReconciliationStart,
    SubscriptionStart,
    SubstitutionStart,
)
from models.money import Money
from models.periods import Calendar
from models.records import Customer, Delivery, Tenant
from models.safekeeping.deletions import Deletion
from models.safekeeping.keyring import Keyring
from models.safekeeping.rotating_secret import RotatingSecret
from models.selling.listings import Listing
from models.selling.plans import Limit, Plan, Trial
from models.settings import Settings
from models.simulating import walk
from models.speaking.notices import Channel, NoticeRequest
from models.speaking.pay_instructions import PayInstructions, Way
from models.subscribing.invoice_preview import InvoicePreview, PreviewLine
from models.subscribing.invoices import Invoice, InvoiceStatus, Refund
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status, Subscription
from models.tickets.messages import Escalation, TicketStart, Word
from models.tickets.ticket import Ticket
from tests.databases import migrated, prepared
from tests.keys import KEYRING

NOW = datetime.now(UTC)
STRIPE_SECRET, TWILIO_TOKEN = "whsec_test", "twilio_test_token"
LINK_KEY = RotatingSecret.parse("sixteen characters")
PUBLIC = "https://cobranza.example.mx"

SETTINGS = Settings(
    public_url=PUBLIC,
    link_key=SecretStr(LINK_KEY.current),
    session_key=SecretStr("sessions of the tests: thirty-two characters"),
    entitlement_seconds=0,  # what was changed behind the API's back is seen at once; test_entitlement_cache has its own
    signup_open=True,
    guest_requests_per_minute=100_000,  # all tests come from one address; test_limits has its own
    encryption_keys=SecretStr(Keyring.fresh("test")),
    stripe_key=SecretStr("sk_test"),
    stripe_webhook_secret=SecretStr(STRIPE_SECRET),
    twilio_account_sid="AC1",
    twilio_auth_token=SecretStr(TWILIO_TOKEN),
    twilio_from="whatsapp:+5215512345678",
    smtp_url=SecretStr("smtp://localhost:25"),
    mail_from="cobranza@example.mx",
    pac_url="http://127.0.0.1:9",
    pac_token=SecretStr("token"),
    csd_directory=Path("/nowhere"),
)


@dataclass
class FakeDoor:
    """The processes, as obedient or as deaf as a test wants. With a store it records a signup as a process would."""

    store: SqlStore
    up: bool = True
    opening: Opening | None = field(default_factory=lambda: Opening(Status.ACTIVE))
    refusal: Exception | None = None
    provisioned: Provisioned | None = field(default_factory=lambda: Provisioned(True))
    provisions: list[Provision] = field(default_factory=list)
    known: bool = True
    starts: list[SubscriptionStart] = field(default_factory=list)
    bills: list[BillStart] = field(default_factory=list)
    orders: list[tuple[str, str, Command]] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)
    cancellations: list[CancellationStart] = field(default_factory=list)
    claims: list[ClaimStart] = field(default_factory=list)
    substitutions: list[SubstitutionStart] = field(default_factory=list)
    reconciliations: list[ReconciliationStart] = field(default_factory=list)
    refunds: list[tuple[str, str, str]] = field(default_factory=list)
    news: list[tuple[str, str, ProviderNews]] = field(default_factory=list)
    deliveries: list[tuple[str, str, Delivery, str]] = field(default_factory=list)
    notices: list[NoticeRequest] = field(default_factory=list)
    woken: list[tuple[str, str]] = field(default_factory=list)  # endpoints for which events wait
    heard: list[tuple[TicketStart, Word]] = field(default_factory=list)
    reopened: list[TicketStart] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)  # as their processes remember them, by invoice
    subscriptions: dict[str, Subscription] = field(default_factory=dict)

    def page_of_case(self, tenant: str, invoice: str) -> str:
        return f"namespaces/default/workflows/dunning%3A{tenant}%3A{invoice}"

    def page_of_subscription(self, tenant: str, subscription: str) -> str:
        return f"namespaces/default/workflows/sub%3A{tenant}%3A{subscription}"

    async def case_state(self, tenant: str, invoice: str) -> Case | None:
        self._reached()
        return self.cases.get(invoice)

    async def subscription_state(self, tenant: str, subscription: str) -> Subscription | None:
        self._reached()
        return self.subscriptions.get(subscription)

    def _reached(self) -> None:
        if not self.up:
            raise ProcessesUnavailable("Temporal cannot be reached")

    async def ready(self) -> bool:
        return self.up

    async def start_subscription(self, start: SubscriptionStart) -> Opening | None:
        self._reached()
        self.starts.append(start)
        if start.checkout:
            return Opening(Status.INCOMPLETE)
        record = await self.store.subscription(start.tenant, start.subscription)
        if self.opening is not None and record is not None:
            opened = replace(record, status=self.opening.status, refusal=self.opening.refusal)
            await self.store.save_subscription(replace(opened, provider_id=f"sub_{record.id}"))
        return self.opening

    async def provision(self, order: Provision) -> Provisioned | None:
        self._reached()
        self.provisions.append(order)
        if self.provisioned is not None and self.provisioned.ready:
            await self.store.enter_business(order.tenant)
            await self.store.hand_over(order.tenant, NOW)
            await self.store.forget_contact(order.tenant)
        elif self.provisioned is not None:
            await self.store.withdraw_signup(order)
        return self.provisioned

    async def command_subscription(
        self, tenant: str, subscription: str, command: SubscriptionCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        return self._obey(subscription, command, order, update_id)

    async def start_bill(self, start: BillStart, *, again: bool = False) -> BillState | None:
        """Issued at once, as a process would with the provider's invoice."""
        self._reached()
        self.bills.append(start)
        known = await self.store.bill(start.tenant, start.subscription)
        if known is not None and known.status is BillStatus.DRAFT:
            standing = BillStanding(
                start.tenant,
                start.subscription,
                BillStatus.OPEN,
                NOW,
                start.amount,
                invoice=f"in_{start.subscription}",
                pay_url="https://pay.example/bill",
                issued_at=NOW,
                due_at=NOW + timedelta(days=start.days),
            )
            await self.store.save_bill(standing)
        return BillState(BillStatus.OPEN)

    async def void_draft(self, start: BillStart, *, update_id: str = "") -> Answer:
        self._reached()
        self.bills.append(start)
        assert start.void is not None
        return self._obey(start.subscription, BillCommand.VOID, start.void, update_id)

    async def command_bill(
        self, tenant: str, bill: str, command: BillCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        return self._obey(bill, command, order, update_id)

    async def command_case(
        self, tenant: str, invoice: str, command: CaseCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """A case that is known obeys as its process would, once for an id."""
        known, again = self.cases.get(invoice), update_id != "" and update_id in self.updates
        answer = self._obey(invoice, command, order, update_id)
        now = datetime.now(UTC)
        if known is None or again or command is CaseCommand.RETRY_NOW:
            return answer
        if outcome := case_orders.SETTLING.get(command):
            done = case_orders.settled(known, order, outcome, walk.paid(known, now), now)
        else:
            done = case_orders.carried_out(known, command, order, now)
        self.cases[invoice] = done.case
        return answer

    async def command_document(
        self, tenant: str, source: str, command: DocumentCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        return self._obey(source, command, order, update_id)

    async def begin_deletion(self, start: DeletionStart) -> None:
        await self.start_deletion(start)

    async def start_deletion(self, start: DeletionStart) -> Deletion:
        self._reached()
        known = await self.store.deletion_of(start.deletion.tenant, start.deletion.customer)
        if known is not None and not known.state.over:
            return known
        await self.store.save_deletion(start.deletion)
        return start.deletion

    async def report_customer(self, tenant: str, customer: str) -> bool:
        return self.known

    async def command_deletion(
        self, tenant: str, customer: str, command: DeletionCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        return self._obey(customer, command, order, update_id)

    async def reconcile(self, start: ReconciliationStart) -> str:
        self._reached()
        self.reconciliations.append(start)
        return f"reconcile:{start.tenant}:whole"

    async def start_cancellation(self, start: CancellationStart, *, order_id: str = "") -> None:
        self._begin(order_id)
        self.cancellations.append(start)

    async def start_substitution(self, start: SubstitutionStart, *, order_id: str = "") -> None:
        self._begin(order_id)
        self.substitutions.append(start)

    async def start_claim(self, start: ClaimStart, *, order_id: str = "") -> None:
        self._begin(order_id)
        self.claims.append(start)

    def _begin(self, order_id: str) -> None:
        self._reached()
        if self.refusal is not None:
            raise self.refusal
        self.updates.append(order_id)

    def _obey(self, process: str, command: str, order: Command, update_id: str) -> Answer:
        self._reached()
        if self.refusal is not None:
            raise self.refusal
        self.updates.append(update_id)
        self.orders.append((process, command, order))
        return Answer("past_due", "D+3 suspend", "2026-11-24T12:00:00+00:00")

    async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        self._reached()
        self.news.append((tenant, subscription, news))
        return self.known

    async def report_delivery(
        self, tenant: str, key: str, delivery: Delivery, error: str, channel: Channel = Channel.WHATSAPP
    ) -> bool:
        self._reached()
        self.deliveries.append((tenant, key, delivery, error))
        return self.known

    async def report_refund(self, tenant: str, subscription: str, refund: str, calendar: Calendar) -> None:
        self._reached()
        self.refunds.append((tenant, subscription, refund))

    async def keep_invoicing_the_public(self, tenant: str, calendar: Calendar) -> None: ...

    async def deliver_events(self, tenant: str, endpoint: str) -> None:
        self._reached()
        self.woken.append((tenant, endpoint))

    async def start_ticket(self, start: TicketStart) -> Ticket:
        """In the record at once, as its process would put it there."""
        self._reached()
        known = await self.store.ticket(start.ticket.tenant, start.ticket.id)
        if known is not None:
            return known
        await self.store.save_ticket(start.ticket, [], start.ticket.opened_at, opening=start.opening)
        return start.ticket

    async def command_ticket(
        self, tenant: str, ticket: str, command: TicketCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        return self._obey(ticket, command, order, update_id)

    async def reopen_ticket(self, start: TicketStart, order: Command, *, update_id: str = "") -> Answer:
        self.reopened.append(start)
        return self._obey(start.ticket.id, TicketCommand.REOPEN, order, update_id)

    async def hear_customer(self, start: TicketStart, word: Word) -> None:
        self._reached()
        self.heard.append((start, word))

    async def escalate(self, start: TicketStart, escalation: Escalation) -> None:
        self._reached()

    async def end_case(self, tenant: str, ticket: str, outcome: str) -> bool:
        return self.known

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None: ...

    async def request_notice(self, request: NoticeRequest) -> None:
        self._reached()
        if request.key not in [known.key for known in self.notices]:
            self.notices.append(request)


@dataclass
class FakePayments:
    """The provider's pages."""

    invoices: dict[str, Invoice] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)
    sold: list[str] = field(default_factory=list)
    told: dict[str, PayInstructions] = field(default_factory=dict)
    asked: list[tuple[str, Way, str]] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)  # of the pages asked for
    outage: Failure | None = None
    due: int = 10_000  # centavos, what a change of plan costs at once
    renewal: int = 29_900  # and the next invoice after it
    renewals: dict[str, int] = field(default_factory=dict)  # or that of a price

    def _reached(self) -> None:
        if self.outage is not None:
            raise self.outage

    async def ensure_price(self, plan: Plan) -> str:
        self._reached()
        return f"price_{plan.code}"

    async def put_up(self, listing: Listing) -> str:
        self._reached()
        self.sold.append(listing.key)
        return f"price_{listing.offer}" if listing.amount else listing.key

    async def take_down(self, listing: Listing) -> None:
        self._reached()
        self.sold = [key for key in self.sold if key != listing.key]

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        self._reached()
        return customer.provider_id or f"cus_{customer.reference}"

    async def give_back(self, charge: str, key: str) -> Refund:
        self._reached()
        self.given_back.append(charge)
        return Refund(f"re_{charge}", charge, "", Money(40_000), NOW, "succeeded")

    async def forget_customer(self, provider_id: str) -> None:
        self._reached()
        self.forgotten.append(provider_id)

    async def preview_change(self, provider_id: str, price: str, at: datetime) -> InvoicePreview:
        self._reached()
        lines = (
            PreviewLine("Unused time", -self.due // 2, True),
            PreviewLine("Remaining time", self.due * 3 // 2, True),
        )
        return InvoicePreview(Money(self.due), Money(self.due), lines)

    async def preview_renewal(self, provider_id: str, price: str) -> InvoicePreview:
        self._reached()
        due = Money(self.renewals.get(price, self.renewal))
        return InvoicePreview(due, due)

    async def open_checkout(self, *, key: str, subscription: str, success_url: str, **more: Any) -> Checkout:
        self._reached()
        name = f"cs_{key}"
        self.trials.append(more["trial"])
        address = f"https://checkout.example/{subscription}"
        page = Checkout(name, address, NOW + timedelta(hours=24), success_url=success_url)
        return self.checkouts.setdefault(name, page)

    async def look_up_checkout(self, session: str) -> Checkout:
        self._reached()
        return self.checkouts[session]

    async def close_checkout(self, session: str) -> None:
        self.checkouts[session] = replace(self.checkouts[session], status="expired")

    async def portal(self, customer: str, return_url: str) -> str:
        self._reached()
        return f"https://portal.example/{customer}?back={return_url}"

    async def look_up_invoice(self, invoice: str) -> Invoice:
        self._reached()
        return self.invoices[invoice]

    async def instructions(self, invoice: str) -> PayInstructions | None:
        self._reached()
        return self.told.get(invoice)

    async def pay_later(self, invoice: str, way: Way, *, name: str, email: str) -> PayInstructions:
        self._reached()
        known = self.invoices[invoice]
        if known.status is not InvoiceStatus.OPEN:
            raise Refused("not open", "not_open")
        self.asked.append((invoice, way, name))
        voucher = PayInstructions(way, known.due, "98000000001234567890", "https://pay.example/voucher", NOW)
        transfer = PayInstructions(
            way, known.due, "PRD7XK", clabe="002180123456789000", bank="BANAMEX", beneficiary="Acme SA"
        )
        self.told[invoice] = voucher if way is Way.OXXO else transfer
        self.invoices[invoice] = replace(known, in_flight=True)
        return self.told[invoice]


@dataclass
class World:
    """The API, what is behind it, and the key of tenant `acme`."""

    app: FastAPI
    http: httpx.AsyncClient
    store: SqlStore
    door: FakeDoor
    payments: FakePayments
    key: str

    async def settled(self) -> None:
        """Until every event offered was handed over."""
        context: Context = self.app.state.context
        await context.handover.settled()

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.store, cast(Door, self.door))

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": f"Bearer {self.key}"}, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers={"Authorization": f"Bearer {self.key}"}, **more)

    async def put(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.put(path, json=body, headers=headers or {"Authorization": f"Bearer {self.key}"})

    async def patch(self, path: str, body: Any) -> httpx.Response:
        return await self.http.patch(path, json=body, headers={"Authorization": f"Bearer {self.key}"})

    async def signed_up(self, **changes: Any) -> str:
        """Ana, signed up and active; the id of her subscription."""
        answer = await self.post("/v1/subscriptions", {**ANA, **changes})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def stripe(self, event: Mapping[str, Any], **signing: Any) -> httpx.Response:
        body = json.dumps(event).encode()
        return await self.http.post(
            "/webhooks/stripe", content=body, headers={"Stripe-Signature": stripe_signature(body, **signing)}
        )

    async def twilio(self, form: Mapping[str, str], *, token: str = TWILIO_TOKEN, url: str = "") -> httpx.Response:
        address = url or f"{PUBLIC}/webhooks/twilio"
        headers = {
            "X-Twilio-Signature": RequestValidator(token).compute_signature(address, dict(form)),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return await self.http.post("/webhooks/twilio", content=urlencode(form), headers=headers)


DOCUMENTS = (Limit("documents", 1_000, monthly=True),)
ANA = {
    "plan": "pro",
    "customer_reference": "user-1042",
    "name": "Ana López",
    "email": "Ana@Example.mx",
    "phone": "55 1234 5678",
    "payment_method": "pm_card_visa",
}


def stripe_signature(body: bytes, *, secret: str = STRIPE_SECRET, age: float = 0.0) -> str:
    """As Stripe documents it: HMAC-SHA256 over `timestamp.body`."""
    at = int(time.time() - age)
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def unpaid(invoice: str = "in_1", **changes: Any) -> Invoice:
    """An invoice whose charge was refused."""
    open_invoice = Invoice(
        id=invoice,
        status=InvoiceStatus.OPEN,
        total=Money(14_900),
        due=Money(14_900),
        created=NOW,
        attempted=True,
        pay_url=f"https://pay.example/{invoice}",
    )
    return replace(open_invoice, **changes)


@asynccontextmanager
async def opened(database: str, key: str) -> AsyncIterator[World]:
    """A world over a database that has its tables. Closed, it leaves a file that can be copied."""
    store = SqlStore(database, KEYRING)
    door, payments = FakeDoor(store), FakePayments()
    app = build(settings=SETTINGS, store=store, payments=cast(Payments, payments), processes=door)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=PUBLIC) as http,
    ):
        yield World(app, http, store, door, payments, key)
    await store.close()


async def two_tenants(database: str) -> str:
    """Two businesses that sell one plan; returns the first one's key."""
    await migrated(database)
    store = SqlStore(database, KEYRING)
    for tenant in ("acme", "other"):
        await store.create_tenant(Tenant(tenant, tenant.title()))
        await store.save_plan(Plan(tenant, "pro", "Pro", Money(14_900), trial_days=14, limits=DOCUMENTS))
    key = await store.issue_key("acme")
    await store.close()
    return key


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with opened(database, await prepared(database, two_tenants)) as world:
        yield world
