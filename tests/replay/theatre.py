"""Where stories are played to be recorded: the product's workflows and activities, with fakes at every port."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from temporalio.client import WorkflowHandle

from activities.alerts import Alerts
from activities.backing_up import BackingUp
from activities.billing import Billing
from activities.billing_once import Bills
from activities.composing import Links
from activities.deleting import Deleting
from activities.failures import Failure
from activities.fiscal import Fiscal
from activities.gateways.certificate_pdf import ReportlabCertificates
from activities.inbox import Inbox
from activities.invariants import Invariants
from activities.measuring import Measuring
from activities.notices import Notices
from activities.outgoing import Outgoing
from activities.plan_changing import PlanChanging
from activities.policies import Policies
from activities.ports.books import Books
from activities.ports.clinic import Till as Counter
from activities.ports.measures import DayBook
from activities.ports.register import Register
from activities.provisioning import Provisioning
from activities.reconciliation import Reconciliation
from activities.records import Records
from activities.reviewing import Reviewing
from activities.reviewing import Rounds as ReviewRounds
from activities.ticketing import Ticketing
from models.collecting.case_news import CaseNews
from models.periods import REAL_DAY, Calendar
from models.records import InboxEvent, InboxStatus
from models.speaking.notices import NoticeRequest
from models.subscribing.invoices import ChargeResult
from models.subscribing.subscriptions import ProviderSubscription
from models.watching.invariants import limits
from tests.conftest import Stage
from tests.fakes.books import QuietBooks
from tests.fakes.deletions import FakeDeletions
from tests.fakes.documents import FakeDocuments
from tests.fakes.keeper import FakeKeeper
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.measures import FakeMeasures
from tests.fakes.outbox import FakeOutbox, FakeSender
from tests.fakes.pac import FakePac
from tests.fakes.payments import FakePayments
from tests.fakes.processes import FakeProcesses
from tests.fakes.provider_books import FakeProvider
from tests.fakes.renderer import FakeRenderer
from tests.fakes.sealer import FakeSealer
from tests.fakes.signups import FakeSignups
from tests.fakes.store import FakeFiscalStore
from tests.fakes.supervision import FakeSupervision
from tests.fakes.vault import FakeVault
from tests.keys import LINK_SECRET
from workflows.connection import verbs
from workflows.interface import Interface

LIMITS = limits(Calendar(), uninvoiced_hours=4, inbox=timedelta(hours=1), reconciliation=timedelta(hours=1))
Hook = Callable[[], Awaitable[None]]


@dataclass
class Till(FakePayments):
    """A provider whose word changes as it is looked at: each look first takes the next of `foreseen`."""

    foreseen: list[Callable[[], None]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)  # raised by the next charges, first come first served

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        if self.foreseen:
            self.foreseen.pop(0)()
        return await super().look_up_subscription(provider_id)

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        if self.failures:
            raise self.failures.pop(0)
        return await super().charge_invoice(invoice, key)


@dataclass
class Witness(FakeProcesses):
    """Hears a report or a request and lets somebody react, once, before the clock moves on. Keyed by stage or notice."""

    reactions: dict[str, Hook] = field(default_factory=dict)

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None:
        await super().report_case(tenant, subscription, news)
        await self._react(news.stage)

    async def request_notice(self, request: NoticeRequest) -> None:
        await super().request_notice(request)
        await self._react(request.kind)

    async def _react(self, to: str) -> None:
        reaction = self.reactions.pop(to, None)
        if reaction is not None:
            await reaction()


@dataclass
class Desk(FakeDeletions, FakeSignups, FakeFiscalStore):
    """The books, with events still to be handed over."""

    pending: list[InboxEvent] = field(default_factory=list)

    async def pending_events(self, older_than: datetime, limit: int) -> Sequence[InboxEvent]:
        return self.pending

    async def settle_event(
        self, event: InboxEvent, status: InboxStatus, *, at: datetime, tenant: str = "", subscription: str = ""
    ) -> None:
        self.pending = [known for known in self.pending if known != event]


@dataclass
class Theatre(Stage):
    """A stage for one story. Ids are the story's own, so that every recording of it is alike."""

    story: str = ""
    payments: Till = field(default_factory=Till)
    store: Desk = field(default_factory=Desk)
    mail: FakeFiscalMail = field(default_factory=FakeFiscalMail)
    processes: Witness = field(default_factory=Witness)
    books: QuietBooks = field(default_factory=QuietBooks)
    provider: FakeProvider = field(default_factory=FakeProvider)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    sealer: FakeSealer = field(default_factory=FakeSealer)
    pac: FakePac = field(default_factory=FakePac)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    sender: FakeSender = field(default_factory=FakeSender)
    measures: FakeMeasures = field(default_factory=FakeMeasures)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def activities(self) -> list[Callable[..., Any]]:
        links = Links("https://perdura.test", LINK_SECRET)
        owners = (
            Billing(self.payments, self.store),
            PlanChanging(self.payments, self.store),
            Bills(self.payments, cast(Counter, self.store), self.processes),
            Records(self.store, self.processes),
            Policies(self.store),
            Deleting(
                store=cast(Register, self.store),
                payments=self.payments,
                mail=self.mail,
                paper=ReportlabCertificates(),
            ),
            Provisioning(
                store=cast(Register, self.store),
                payments=self.payments,
                processes=self.processes,
                mail=self.mail,
                public_url="https://perdura.test",
            ),
            Ticketing(
                store=cast(Register, self.store),
                processes=self.processes,
                mail=self.mail,
                public_url="https://perdura.test",
            ),
            Inbox(self.store, self.processes),
            Outgoing(self.outbox, self.sender),
            BackingUp(FakeVault(), FakeKeeper()),
            Measuring(cast(DayBook, self.measures), day_seconds=REAL_DAY),
            Reviewing(
                cast(ReviewRounds, self.measures),
                mail=self.mail,
                public_url="https://perdura.test",
                day_seconds=REAL_DAY,
            ),
            Reconciliation(
                books=cast(Books, self.books),
                provider=self.provider,
                processes=FakeSupervision(),
                day_seconds=REAL_DAY,
                uninvoiced_hours=4,
                pause=0,
            ),
            Invariants(
                books=cast(Books, self.books),
                processes=FakeSupervision(),
                alerts=Alerts(books=cast(Books, self.books), mail=self.mail, limits=LIMITS),
                limits=LIMITS,
            ),
            Notices(
                store=self.store,
                payments=self.payments,
                messenger=self.messenger,
                mail=self.mail,
                links=links,
                sms="sms" in self.story,  # a story of text messages has a number for them
            ),
            Fiscal(
                store=self.store,
                documents=self.documents,
                sealer=self.sealer,
                pac=self.pac,
                renderer=FakeRenderer(),
                mail=self.mail,
                processes=self.processes,
                links=links,
            ),
        )
        return [verb for owner in owners for verb in verbs(owner)]

    def door(self, *, still: bool = False) -> Interface:
        """The product's own way to its processes; `still`: what it starts keeps to the clock on the wall."""
        return Interface(self.still if still else self.client, queue=self.queue, patience=timedelta(seconds=30))

    async def first_run(self, workflow_id: str, result: type | None = None) -> WorkflowHandle[Any, Any]:
        """The run that a process began with, whatever became of it since."""
        latest = await self.client.get_workflow_handle(workflow_id).describe()
        began = latest.raw_description.workflow_execution_info.first_run_id
        return self.client.get_workflow_handle(workflow_id, run_id=began, result_type=result)


def fresh(story: str) -> str:
    """A queue of the story's own."""
    return f"{story}-{uuid.uuid4().hex[:8]}"
