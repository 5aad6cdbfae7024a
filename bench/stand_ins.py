"""Who stands at the product's ports while it is measured: a provider, a phone and a mailbox that answer at once.

Their ids say everything: subscription `s<pays><owes><number>` has invoice `in_s…` and the phone `+52<pays><owes><number>`,
so nothing has to be agreed between the processes. What was paid is an empty file in the ledger, seen by all of them.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio import workflow
from temporalio.client import Client

with workflow.unsafe.imports_passed_through():
    from activities.ports.messenger import Sent
    from bench.floor_effects import AFTER
    from models.collecting.case_news import CaseNews
    from models.collecting.declines import Decline
    from models.money import Money
    from models.records import Customer, Delivery, SubscriptionRecord
    from models.selling.plans import Plan
    from models.speaking.notices import NoticeKind
    from models.subscribing.invoices import Charge, ChargeOutcome, ChargeResult, Funding, Invoice, InvoiceStatus
    from models.subscribing.subscriptions import ProviderSubscription, Status
    from workflows.ids import dunning_id
    from workflows.interface import Interface
    from workflows.invoicing import InvoicingStart

TENANT = "acme"
PRICE = Money(14_900)
PLAN = Plan(TENANT, "pro", "Pro", PRICE, provider_price="price_pro")
FUNDS = Decline("insufficient_funds")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One customer. `pays`: on being told of the suspension. `owes`: an invoice is overdue from the start."""

    number: int
    pays: bool = False
    owes: bool = True

    @property
    def subscription(self) -> str:
        return f"s{self.pays:d}{self.owes:d}{self.number:08d}"

    @property
    def invoice(self) -> str:
        return f"in_{self.subscription}"

    @property
    def customer(self) -> Customer:
        number = self.subscription[1:]
        mail = f"c{number}@example.mx"
        return Customer(
            TENANT, f"c{number}", f"user-{number}", "Ana López", mail, f"+52{number}", provider_id=f"cus_{number}"
        )

    def record(self, now: datetime) -> SubscriptionRecord:
        """Its row at signup."""
        status = Status.INCOMPLETE
        return SubscriptionRecord(TENANT, self.subscription, self.customer.id, PLAN.code, status, now, now)


class Provider:
    """Payments: every charge is declined for want of funds until the ledger says that the invoice was paid."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._began = datetime.now(UTC)

    def invoice(self, name: str) -> Invoice:
        """As it stands."""
        unpaid = Invoice(name, InvoiceStatus.OPEN, PRICE, PRICE, self._began, attempted=True, decline=FUNDS)
        return (
            paid(unpaid) if (self._ledger / name).exists() else replace(unpaid, pay_url=f"https://pay.example/{name}")
        )

    async def look_up_invoice(self, invoice: str) -> Invoice:
        return self.invoice(invoice)

    async def charge_invoice(self, invoice: str, _key: str) -> ChargeResult:
        known = self.invoice(invoice)
        if known.status is InvoiceStatus.PAID:
            return ChargeResult(ChargeOutcome.PAID, known)
        return ChargeResult(ChargeOutcome.DECLINED, known, FUNDS)

    async def card_of(self, invoice: str) -> str:
        """A card for each invoice, so that every attempt is held against the networks' budget as in earnest."""
        return f"pm_{invoice}"

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        name = provider_id.removeprefix("sub_")
        invoices = (self.invoice(f"in_{name}"),) if name[2] == "1" else ()
        status = "past_due" if any(invoice.overdue for invoice in invoices) else "active"
        end = self._began + timedelta(days=30)
        word = ProviderSubscription(
            provider_id, status, self._began, end, customer=f"cus_{name[1:]}", invoices=invoices
        )
        return replace(word, payment_method="pm_1")

    async def ensure_customer(self, customer: Customer, _payment_method: str) -> str:
        return customer.provider_id

    async def open_subscription(self, *, subscription: str, **_: object) -> ProviderSubscription:
        return await self.look_up_subscription(f"sub_{subscription}")

    async def cancel(self, provider_id: str, **_: object) -> ProviderSubscription:
        return replace(await self.look_up_subscription(provider_id), status="canceled")


def paid(invoice: Invoice) -> Invoice:
    """The invoice once its customer has paid by the link."""
    now = datetime.now(UTC)
    charge = Charge(f"ch_{invoice.id}", invoice.total, now, Funding.CREDIT)
    return replace(invoice, status=InvoiceStatus.PAID, due=Money(0), charge=charge, decline=None, paid_at=now)


class Phone:
    """WhatsApp: a message arrives a moment after it was sent, and some readers of the pay link pay a moment after that."""

    def __init__(self, client: Client, door: Interface, provider: Provider) -> None:
        self._client = client
        self._door = door
        self._provider = provider
        self._later: set[asyncio.Task[None]] = set()
        self._count = 0

    async def send(self, *, to: str, kind: NoticeKind, **_: object) -> Sent:
        self._count += 1
        number = to.removeprefix("+52")
        task = asyncio.create_task(self._react(f"in_s{number}", kind, pays=number[0] == "1"))
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return Sent(f"SM{self._count:032d}")

    async def find(self, **_: object) -> Sent | None:
        return None

    async def _react(self, invoice: str, kind: NoticeKind, *, pays: bool) -> None:
        await asyncio.sleep(AFTER)
        await self._door.report_delivery(TENANT, f"{invoice}/{kind}", Delivery.DELIVERED, "")
        if pays and kind is NoticeKind.SUSPENDED:
            case = self._client.get_workflow_handle(dunning_id(TENANT, invoice))
            await case.signal("invoice_seen", paid(self._provider.invoice(invoice)))


class Mailbox:
    """Takes every mail."""

    def reference(self, key: str) -> str:
        return f"<{key}>"

    async def send(self, *, key: str, **_: object) -> str:
        return self.reference(key)


@workflow.defn(name="SubscriptionWorkflow")
class Listener:
    """Stands where the subscription would be: dunning and its messages are what is measured."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def case_reported(self, news: CaseNews) -> None: ...


@workflow.defn(name="InvoicingWorkflow")
class NoInvoicing:
    """Stands where the tax invoice would be made."""

    @workflow.run
    async def run(self, _start: InvoicingStart) -> None:
        return
