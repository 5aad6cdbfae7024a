"""Shared by all tests: one Temporal dev server whose clock skips, and workers with fakes at the ports."""

import asyncio
import gc
import os
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from xdist.scheduler import LoadScopeScheduling

from activities.billing import Billing
from activities.billing_once import Bills
from activities.composing import Links
from activities.failures import FailureInterceptor
from activities.heartbeats import Heartbeats
from activities.notices import Notices
from activities.plan_changing import PlanChanging
from activities.policies import Policies
from activities.ports.clinic import Till
from activities.records import Records
from models.access import passwords
from models.safekeeping.keyring import Keyring
from sandbox import temporal
from tests import databases, engines
from tests.databases import database, on_postgresql, postgres  # noqa: F401 - fixtures, for all tests
from tests.fakes.mail import FakeMail
from tests.fakes.messenger import FakeMessenger
from tests.fakes.payments import FakePayments
from tests.fakes.processes import FakeProcesses
from tests.fakes.store import FakeStore
from tests.keys import LINK_SECRET
from workflows import visibility
from workflows.connection import runner, sealing_converter, verbs
from workflows.ids import printing_queue

# However the tests are run: what was compiled once is not compiled again by each process they start, and for each workflow.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What is dear, and not what is tried: a password's hash, a database's engine, all versions of its tables.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
engines.cheapen()
databases.cheapen()

KEYRING = Keyring.parse(Keyring.fresh("suite"))
SEALING = sealing_converter(KEYRING)  # as the product runs: what the tests see went through the codec

pytest_plugins = ["tests.leaks"]  # nothing that is logged meanwhile may be secret or personal


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--postgresql``: the whole suite on PostgreSQL instead of SQLite. ``--in-full``: what is otherwise sampled or left out."""
    parser.addoption(
        "--in-full", action="store_true", help="as `make storm` does: tests that are sampled otherwise, in full"
    )
    parser.addoption("--postgresql", action="store_true", help="keep the tests' books on PostgreSQL, started here")


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """With several processes (`pytest -n`), tests that share something dear to start stay in one of them.

    A file's tests share its own servers; those of some folders one town, or one browser. The plugin's own groups are of no effect here:
    it writes them into an attribute that pytest 9.2 reads no more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in ("tests/e2e/", "tests/browser/") if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Called by pytest-xdist."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for clocks first: processes that are done early find the short tests still there."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)
    for item in items:
        if item.get_closest_marker("storm") and not item.config.getoption("--in-full"):
            item.add_marker(pytest.mark.skip(reason="takes too long beside the others: make storm"))


def pytest_collection_finish() -> None:
    """What was imported stays until the end: the collector need not go through it, for a second each time, ever again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def in_full(request: pytest.FixtureRequest) -> bool:
    """Whether to try all there is, rather than a sample that takes seconds."""
    return bool(request.config.getoption("--in-full"))


settings.register_profile("perdura", deadline=None)  # a busy machine is no failure
settings.load_profile("perdura")


async def skipping_server(converter: DataConverter) -> WorkflowEnvironment:
    """A real dev server, tuned as the product's own; each workflow's clock runs ahead to its next timer."""
    return await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=converter,
        dev_server_existing_path=str(temporal.binary()),
        # Above all: a timer that has come due is seen within 10 ms, where the stock server takes up to a second for each.
        dev_server_extra_args=temporal.read().tuning,
        search_attributes=visibility.ALL,
    )


@pytest.fixture(scope="session")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """One for all tests of a process."""
    async with await skipping_server(SEALING) as env:
        yield env


@dataclass
class Stage:
    """A worker with fakes at its ports, and two clients: processes that `still` starts keep to the clock on the wall."""

    env: WorkflowEnvironment
    still: Client
    queue: str
    payments: FakePayments = field(default_factory=FakePayments)
    store: FakeStore = field(default_factory=FakeStore)
    messenger: FakeMessenger = field(default_factory=FakeMessenger)
    mail: FakeMail = field(default_factory=FakeMail)
    processes: FakeProcesses = field(default_factory=FakeProcesses)
    sms: bool = False  # whether there is a number for text messages
    hands: int | None = None  # how many activities at once, printing apart; None: as many as by default

    @property
    def client(self) -> Client:
        return self.env.client

    def activities(self) -> list[Callable[..., Any]]:
        billing, records = Billing(self.payments, self.store), Records(self.store, self.processes)
        changing = PlanChanging(self.payments, self.store)
        notices = Notices(
            store=self.store,
            payments=self.payments,
            messenger=self.messenger,
            mail=self.mail,
            links=Links("https://perdura.test", LINK_SECRET),
            sms=self.sms,
        )
        bills = Bills(self.payments, cast(Till, self.store), self.processes)
        owners = (billing, bills, changing, records, notices, Policies(self.store))
        return [verb for owner in owners for verb in verbs(owner)]

    @asynccontextmanager
    async def working(self, *workflows: type) -> AsyncIterator[None]:
        doing = self.activities()
        worker = Worker(
            self.client,
            task_queue=self.queue,
            workflows=workflows,
            activities=doing,
            workflow_runner=runner(),
            interceptors=[FailureInterceptor(), Heartbeats()],
            workflow_failure_exception_types=[Exception],
            max_concurrent_activities=self.hands,
        )
        async with AsyncExitStack() as open_:
            printing = [verb for verb in doing if verb.__name__ == "render_invoice"]
            if printing:
                queue = printing_queue(self.queue)
                interceptors = [FailureInterceptor(), Heartbeats()]
                printer = Worker(self.client, task_queue=queue, activities=printing, interceptors=interceptors)
                await open_.enter_async_context(polling(printer))
            await open_.enter_async_context(polling(worker))
            yield


ENDING_SECONDS = 20.0


@asynccontextmanager
async def polling(worker: Worker) -> AsyncIterator[None]:
    """A worker at its queue. One that does not end is left behind: nobody else asks that queue.

    On a crowded machine a worker of temporalio 1.35 waits for minutes, once in some thousands, for a poll that nobody answers.
    """
    await worker.__aenter__()
    try:
        yield
    finally:
        ending = asyncio.create_task(worker.__aexit__(None))
        done, _ = await asyncio.wait([ending], timeout=ENDING_SECONDS)
        for each in done:
            each.result()


def official_contracts() -> Path:
    """Where official material lies beside the repository, if it does."""
    return Path(os.environ.get("PERDURA_CONTRACTS") or Path(__file__).parents[2] / "shared" / "contracts")


@pytest.fixture(scope="session")
def contracts() -> Path:
    """Official material beside the repository; without it the check is skipped, aloud."""
    here = official_contracts()
    if not here.is_dir():
        pytest.skip(f"NO OFFICIAL CONTRACTS at {here}: set PERDURA_CONTRACTS to check against them")
    return here


@pytest.fixture
async def stage(skipping: WorkflowEnvironment) -> Stage:
    still = await Client.connect(skipping.client.service_client.config.target_host, data_converter=SEALING)
    return Stage(skipping, still, f"test-{uuid.uuid4().hex[:8]}")


async def eventually(check: Callable[[], Awaitable[bool]] | Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait, within bounds, until something asynchronous has come true."""
    async with asyncio.timeout(seconds):
        while True:
            said = check()
            if (await said) if isinstance(said, Awaitable) else said:
                return
            await asyncio.sleep(0.02)
