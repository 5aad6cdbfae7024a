"""A street of debtors: each has one case on real workflows, and at a chosen call to the world outside something happens to it.

What the provider would forgive, this one does not: it takes the money of every charge that it began.
"""

import asyncio
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle

from models.collecting.cases import Case, Outcome
from models.collecting.declines import Decline
from models.messages import DunningStart
from models.periods import Calendar
from models.policies.presets import preset
from models.records import CaseRecord, SubscriptionRecord
from models.speaking.notices import NoticeRequest
from models.subscribing.invoices import ChargeOutcome, ChargeResult, Invoice, InvoiceStatus
from models.subscribing.subscriptions import Status
from tests.conftest import Stage
from tests.fakes.payments import FakePayments
from tests.fakes.processes import FakeProcesses
from tests.fakes.store import FakeStore
from tests.samples import PRICE, overdue
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id
from workflows.interface import Interface

Happening = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Point:
    """A call to the world, alike for all debtors: by which process of theirs ("" for the case, else the message), which of
    its activities, and what it called. A local activity that a busy machine runs again calls at the same point."""

    message: str
    number: int
    activity: str
    verb: str


@dataclass
class Turnstile:
    """Notes each debtor's calls to the world; at the one that was chosen for them, first something happens."""

    passed: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))
    chosen: dict[str, tuple[Point, Happening]] = field(default_factory=dict)
    happened: dict[str, list[Point]] = field(default_factory=dict)  # what had been passed by then

    async def through(self, invoice: str, verb: str) -> None:
        info = activity.info()
        message = str(info.workflow_id).rpartition(":")[2].removeprefix(invoice)
        point = Point(message, int(info.activity_id), info.activity_type, verb)
        if point in self.passed[invoice]:
            return
        before = list(self.passed[invoice])
        self.passed[invoice].append(point)
        chosen, happening = self.chosen.get(invoice, (None, None))
        if happening is not None and chosen == point:
            self.happened[invoice] = before
            await happening(invoice)


@dataclass
class Till(FakePayments):
    """A bank that looks, and takes the money a moment later: of two charges at once it takes both."""

    gate: Turnstile = field(default_factory=Turnstile)
    settled: Counter[str] = field(default_factory=Counter)
    begun: list[tuple[str, bool]] = field(
        default_factory=list
    )  # each charge, and whether something had happened by then
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    in_flight: set[str] = field(default_factory=set)
    good: set[str] = field(default_factory=set)  # invoices whose card now pays

    async def look_up_invoice(self, invoice: str) -> Invoice:
        await self.gate.through(invoice, "look")
        return await super().look_up_invoice(invoice)

    async def card_of(self, invoice: str) -> str:
        """A debtor has a card of their own: neighbours do not use up what its network allows."""
        return f"card-{invoice}"

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        await self.gate.through(invoice, "charge")
        if key in self.by_key:
            return self.by_key[key]
        known = self.invoices[invoice]
        if known.status is not InvoiceStatus.OPEN:
            paid = known.status is InvoiceStatus.PAID
            return ChargeResult(ChargeOutcome.PAID if paid else ChargeOutcome.CLOSED, known)
        self.begun.append((invoice, invoice in self.gate.happened))
        self.in_flight.add(invoice)
        if invoice in self.held:
            await self.held[invoice].wait()
        self.in_flight.discard(invoice)
        if invoice in self.good:
            self.settled[invoice] += 1
            result = ChargeResult(ChargeOutcome.PAID, self.pay(invoice, datetime.now(UTC), f"ch_{uuid.uuid4().hex}"))
        else:
            said = Decline("insufficient_funds")
            result = ChargeResult(ChargeOutcome.DECLINED, replace(known, decline=said), said)
        self.by_key[key] = result
        return result

    async def pay_page(self, invoice: str) -> None:
        """The customer pays on the invoice's own page: the provider lets nobody pay there what is paid or being charged."""
        if self.invoices[invoice].status is InvoiceStatus.OPEN and invoice not in self.in_flight:
            self.settled[invoice] += 1
            self.pay(invoice, datetime.now(UTC))


@dataclass
class Shelf(FakeStore):
    """The books behind the turnstile."""

    gate: Turnstile = field(default_factory=Turnstile)
    canceled: set[str] = field(default_factory=set)  # subscriptions that are over

    async def subscription(self, tenant: str, subscription: str) -> SubscriptionRecord | None:
        status, now = Status.CANCELED if subscription in self.canceled else Status.PAST_DUE, datetime.now(UTC)
        return SubscriptionRecord(tenant, subscription, "c_1", "pro", status, now, now)

    async def save_case(self, record: CaseRecord) -> None:
        await self.gate.through(record.invoice, "save")
        await super().save_case(record)


@dataclass
class Post(FakeProcesses):
    """Requests of messages behind the turnstile, then on to their own processes, if there is a door."""

    gate: Turnstile = field(default_factory=Turnstile)
    door: Interface | None = None

    async def request_notice(self, request: NoticeRequest) -> None:
        await self.gate.through(request.invoice, "tell")
        await super().request_notice(request)
        if self.door is not None:
            await self.door.request_notice(request)


@dataclass
class Street(Stage):
    """The stage with all three."""

    gate: Turnstile = field(default_factory=Turnstile)

    def __post_init__(self) -> None:
        self.payments = self.till = Till(gate=self.gate)
        self.store = self.shelf = Shelf(gate=self.gate)
        self.processes = self.post = Post(gate=self.gate, door=Interface(self.client, queue=self.queue))

    async def falls_due(
        self,
        name: str,
        *,
        still: bool = False,
        code: str = "insufficient_funds",
        at: tuple[Point, Happening] | None = None,
    ) -> WorkflowHandle[Any, Outcome]:
        """A case of its own; `still`: its clock does not run ahead. `at`: at which call to the world something happens, and what."""
        invoice, now = f"in_{name}_{uuid.uuid4().hex[:8]}", datetime.now(UTC)
        if at is not None:
            self.gate.chosen[invoice] = at
        self.till.add(overdue(invoice, now - timedelta(minutes=1), code))
        case = Case(invoice, PRICE, now, preset("ruthless"), Calendar(), decline=Decline(code))
        return await (self.still if still else self.client).start_workflow(
            DunningWorkflow.run,
            DunningStart("acme", f"s_{invoice}", "clinic-7", "pro", case),
            id=dunning_id("acme", invoice),
            task_queue=self.queue,
        )

    def charges(self, invoice: str) -> int:
        """How many charges were begun for it."""
        return sum(each == invoice for each, _ in self.till.begun)

    def sent_about(self, invoice: str) -> list[str]:
        """The messages about it that left for a phone or a mailbox, by key and channel, oldest first."""
        return [
            f"{key} by {channel}"
            for (key, channel), notice in self.store.notices.items()
            if key.startswith(f"{invoice}/") and notice.sent_at is not None
        ]

    def endings(self, invoice: str) -> set[Outcome]:
        """In how many ways the subscription was told that the case is over.

        The same word may come twice: what a workflow writes down in its very last step is written again when that step
        is taken back because a signal arrived with it.
        """
        return {news.outcome for news in self.post.cases if news.invoice == invoice and news.outcome is not None}


@asynccontextmanager
async def built(stage: Stage, *workflows: type) -> Any:
    street = Street(stage.env, stage.still, stage.queue)
    async with street.working(DunningWorkflow, *workflows):
        yield street


def invoice_of(handle: WorkflowHandle[Any, Any]) -> str:
    return handle.id.split(":")[2]
