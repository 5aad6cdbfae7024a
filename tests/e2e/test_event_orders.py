"""Stripe's events at the HTTP door in any order, each three times: one final state, one payment, one message.

Ten of the 120 orders, with each event in each place and before and after each other; `make storm` takes them all.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest
from pydantic import SecretStr
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.billing import Billing
from activities.composing import Links
from activities.failures import FailureInterceptor
from activities.gateways.store_sql import SqlStore
from activities.notices import Notices
from activities.policies import Policies
from activities.ports.payments import Payments
from activities.records import Records
from api.app import build
from models.collecting.cases import Outcome
from models.records import Customer, Tenant
from models.safekeeping.keyring import Keyring
from models.selling.plans import Plan
from models.settings import Settings
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import ChargeResult, Invoice
from models.subscribing.subscriptions import ProviderSubscription, Status
from tests.conftest import Stage, eventually
from tests.databases import migrated
from tests.fakes.payments import FakePayments
from tests.keys import KEYRING
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentInvoicing
from workflows.connection import verbs
from workflows.dunning import DunningWorkflow
from workflows.interface import Interface
from workflows.notice import NoticeWorkflow
from workflows.subscription import SubscriptionWorkflow

T = TypeVar("T")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
]  # under half a minute of work, on a machine that may have much else to do

SECRET = "whsec_of_this_test"
SETTINGS = Settings(
    public_url="https://perdura.test",
    link_key=SecretStr("a-key-for-tests-only"),
    session_key=SecretStr("sessions of the tests: thirty-two characters"),
    encryption_keys=SecretStr(Keyring.fresh("test")),
    stripe_key=SecretStr("sk_test"),
    stripe_webhook_secret=SecretStr(SECRET),
    twilio_account_sid="AC1",
    twilio_auth_token=SecretStr("token"),
    twilio_from="whatsapp:+5215512345678",
    smtp_url=SecretStr("smtp://localhost:25"),
    mail_from="cobranza@perdura.test",
    pac_url="http://127.0.0.1:9",
    pac_token=SecretStr("token"),
    csd_directory=Path("/nowhere"),
    day_seconds=86_399,  # a shortened day has no nights: a confirmation must not wait for the customer's morning here
)

# What Stripe sends around a late payment: the first two tell of the time before it, the others can only follow it.
FAILED, OVERDUE = ("invoice.payment_failed", "invoice"), ("customer.subscription.updated", "subscription:past_due")
PAID, ACTIVE = ("invoice.paid", "invoice"), ("customer.subscription.updated", "subscription:active")
CHARGED = ("payment_intent.succeeded", "payment_intent")
EVENTS = (FAILED, OVERDUE, PAID, ACTIVE, CHARGED)
ORDERS = list(itertools.permutations(EVENTS))
SAMPLED = [(*each[n:], *each[:n]) for each in (EVENTS, EVENTS[::-1]) for n in range(len(EVENTS))]
AT_ONCE = 12


@dataclass
class Bank:
    """A provider with many subscriptions; ids at the provider are ours behind a prefix."""

    tills: dict[str, FakePayments] = field(default_factory=dict)

    def of(self, name: str) -> FakePayments:
        return self.tills[name.partition("_")[2]]

    async def ensure_price(self, plan: Plan) -> str:
        return "price_1"

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        return f"cus_{customer.id}"

    async def open_subscription(self, *, subscription: str, **order: Any) -> ProviderSubscription:
        till = self.tills.setdefault(subscription, FakePayments())
        word = provider(datetime.now(UTC))
        till.word = ProviderSubscription(f"sub_{subscription}", "active", word.period_start, word.period_end)
        return till.word

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        return await self.of(provider_id).look_up_subscription(provider_id)

    async def look_up_invoice(self, invoice: str) -> Invoice:
        return await self.of(invoice).look_up_invoice(invoice)

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        return await self.of(invoice).charge_invoice(invoice, key)


@dataclass
class PostOffice(Stage):
    """The real API, books, processes and the way between them; fakes at the bank and the messenger."""

    api: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    bank: Bank = field(default_factory=Bank)
    books: SqlStore = field(default_factory=lambda: SqlStore("sqlite+aiosqlite://", KEYRING))

    @property
    def door(self) -> Interface:
        return Interface(self.still, queue=self.queue, patience=timedelta(seconds=60))

    def activities(self) -> list[Callable[..., Any]]:
        payments = cast(Payments, self.bank)
        links = Links(SETTINGS.public_url, SETTINGS.link_secret)
        notices = Notices(store=self.books, payments=payments, messenger=self.messenger, mail=self.mail, links=links)
        owners = (Billing(payments, self.books), Records(self.books, self.door), Policies(self.books), notices)
        return [verb for owner in owners for verb in verbs(owner)]

    @asynccontextmanager
    async def working(self, *workflows: type) -> AsyncIterator[None]:
        """Without the sandbox, which takes most of the time where so many processes are started; other tests use it."""
        async with Worker(
            self.client,
            task_queue=self.queue,
            workflows=workflows,
            activities=self.activities(),
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=[FailureInterceptor()],
            workflow_failure_exception_types=[Exception],
        ):
            yield

    async def signs_up(self, number: int) -> str:
        """A customer with a paid first period; the id of the subscription."""
        form = {
            "plan": "pro",
            "customer_reference": f"user-{number}",
            "name": f"Ana {number}",
            "email": f"ana-{number}@example.mx",
            "phone": phone(number),
            "payment_method": "pm_card_visa",
        }
        answer = await self.api.post("/v1/subscriptions", json=form)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def post(self, event: Mapping[str, Any]) -> None:
        """As Stripe signs it: HMAC-SHA256 over `timestamp.body` (docs.stripe.com/webhooks#verify-manually)."""
        body, at = json.dumps(event).encode(), int(time.time())
        seal = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        answer = await self.api.post(
            "/webhooks/stripe", content=body, headers={"Stripe-Signature": f"t={at},v1={seal}"}
        )
        assert answer.status_code == 200, answer.text

    async def all_stand(self, status: Status, count: int) -> None:
        """Wait until the books show everybody there."""

        async def shown() -> bool:
            await asyncio.sleep(0.5)
            return len(await self.books.subscribers("acme", status=status, limit=200)) == count

        await eventually(shown, seconds=200)


def phone(number: int) -> str:
    return f"+5255{number:08d}"


def event(kind: str, thing: str, subscription: str, *, again: str = "") -> dict[str, Any]:
    """One of Stripe's events about a subscription of ours, or about its invoice or payment."""
    what, _, status = thing.partition(":")
    prefix = {"subscription": "sub", "invoice": "in", "payment_intent": "pi"}[what]
    metadata = {"perdura_tenant": "acme", "perdura_subscription": subscription}
    content = {"id": f"{prefix}_{subscription}", "object": what, "status": status, "metadata": metadata}
    return {"id": f"evt_{subscription}_{kind}_{thing}{again}", "type": kind, "data": {"object": content}}


@pytest.fixture
async def office(stage: Stage, database: str) -> AsyncIterator[PostOffice]:
    await migrated(database)
    books = SqlStore(database, KEYRING)
    await books.create_tenant(Tenant("acme", "Acme"))
    await books.save_plan(Plan("acme", "pro", "Pro", PRICE, provider_price="price_1"))
    office = PostOffice(stage.env, stage.still, stage.queue, books=books)
    app = build(settings=SETTINGS, store=books, payments=cast(Payments, office.bank), processes=office.door)
    key = await books.issue_key("acme")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=SETTINGS.public_url,
            headers={"Authorization": f"Bearer {key}"},
        ) as office.api,
        office.working(SubscriptionWorkflow, DunningWorkflow, NoticeWorkflow, SilentInvoicing),
    ):
        yield office
    await books.close()


async def falls_due(office: PostOffice, number: int) -> str:
    """Somebody whose renewal is declined, and Stripe says so."""
    mine = await office.signs_up(number)
    office.bank.tills[mine].add(overdue(f"in_{mine}", datetime.now(UTC)))
    await office.post(event(*FAILED, mine, again="_first"))
    return mine


async def pays(office: PostOffice, mine: str, order: Sequence[tuple[str, str]]) -> None:
    """They pay while Stripe's events arrive in this order, each three times. What tells of the payment follows it."""
    invoice, till = f"in_{mine}", office.bank.tills[mine]
    for arrived in (*order, *reversed(order), *order):
        if arrived in (PAID, ACTIVE, CHARGED) and not till.invoices[invoice].paid_at:
            till.pay(invoice, datetime.now(UTC))
        await office.post(event(*arrived, mine))


def test_the_sample_has_each_event_in_each_place_and_before_and_after_each_other() -> None:
    assert {place for order in SAMPLED for place in enumerate(order)} == set(itertools.product(range(5), EVENTS))
    assert {pair for order in SAMPLED for pair in itertools.combinations(order, 2)} == set(
        itertools.permutations(EVENTS, 2)
    )


async def test_five_events_in_any_order_three_times_each_make_one_payment_and_one_message(
    office: PostOffice, in_full: bool
) -> None:
    orders = ORDERS if in_full else SAMPLED
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(work: Awaitable[T]) -> T:
        async with turns:
            return await work

    people = await asyncio.gather(*(in_turn(falls_due(office, number)) for number in range(len(orders))))
    await office.all_stand(Status.PAST_DUE, len(orders))
    await asyncio.gather(*(in_turn(pays(office, *each)) for each in zip(people, orders, strict=True)))
    await office.all_stand(Status.ACTIVE, len(orders))

    async def all_thanked() -> bool:
        thanked = Counter(to for kind, to, _ in office.messenger.sent if kind is NoticeKind.PAYMENT_RECEIVED)
        return len(thanked) == len(orders)

    await eventually(all_thanked, seconds=150)
    told = Counter((kind, to) for kind, to, _ in office.messenger.sent)
    assert set(told.values()) == {1}, "nobody is told anything twice"
    assert {kind for kind, _ in told} <= {NoticeKind.PAYMENT_FAILED, NoticeKind.PAYMENT_RECEIVED}
    assert await office.books.pending_events(datetime.now(UTC), 1) == []
    for mine in people:
        (case,) = await office.books.cases("acme", mine)
        assert (case.outcome, case.attempts) == (Outcome.PAID, 0)
        assert [payment.invoice for payment in await office.books.payments("acme", mine)] == [f"in_{mine}"]
        statuses = [e.action for e in await office.books.audit_trail("acme", mine) if e.action.startswith("status ")]
        assert statuses == ["status active", "status past_due", "status active"]
