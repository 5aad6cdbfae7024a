"""Opening an account in time, on real books: whatever step fails, and however often it is repeated, all of it is there or nothing is."""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from activities.failures import FailureInterceptor, Refused, Throttled, Unavailable
from activities.gateways.store_sql import SqlStore
from activities.provisioning import Provisioning
from models.access.permissions import Role
from models.access.provisioning import Acceptance, Provision, Provisioned, Signup, SignupState
from models.messages import Opening
from models.money import Money
from models.periods import Calendar
from models.records import Tenant
from models.selling.plans import Plan
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status
from tests.conftest import Stage, eventually
from tests.databases import migrated
from tests.fakes.mail import FakeMail
from tests.fakes.payments import FakePayments
from tests.fakes.processes import FakeProcesses
from tests.keys import KEYRING
from workflows.connection import runner, verbs
from workflows.interface import Interface
from workflows.provisioning import ProvisioningWorkflow

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "203.0.113.77"
SOFIA = Signup(
    "alamos", "u_1", "sofia@alamos.test", Language.ES, "3", NOW, "Los Álamos", "Sofía Ríos", "+525512345678", "h"
)


@dataclass
class House:
    order: Provision
    store: SqlStore
    stage: Stage
    mail: FakeMail
    payments: FakePayments
    processes: FakeProcesses
    before: dict[str, int]

    async def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        found = {}
        async with self.store._db._engine.connect() as connection:
            for table in SQLModel.metadata.sorted_tables:
                found[table.name] = (await connection.execute(text(f"SELECT count(*) FROM {table.name}"))).scalar_one()
        return found

    @property
    def door(self) -> Interface:
        return Interface(self.stage.client, queue=self.stage.queue, patience=timedelta(seconds=30))

    def handle(self) -> WorkflowHandle[Any, Provisioned]:
        return self.stage.client.get_workflow_handle_for(ProvisioningWorkflow.run, f"provision:{self.order.tenant}")


@pytest.fixture
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    database = f"sqlite+aiosqlite:///{tmp_path}/books.db"
    await migrated(database)
    store = SqlStore(database, KEYRING)
    await store.create_tenant(Tenant("house", "Perdura"))
    await store.save_plan(Plan("house", "uso", "Uso", Money(49_900), trial_days=14, card_required=False))
    order = Provision(f"alamos-{uuid.uuid4().hex[:8]}", Calendar(), "house", "uso")  # the server is that of all tests
    made = House(order, store, stage, FakeMail(), FakePayments(), FakeProcesses(), {})
    made.before = await made.rows()
    await store.open_signup(
        replace(SOFIA, tenant=order.tenant), Acceptance(order.tenant, "u_1", "terms", "3", NOW, ADDRESS)
    )
    yield made
    await store.close()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have a step fail with these, one after the other: before it does anything, or after it has done all of it."""

    def breaking(step: str, *failures: Exception, late: bool = False) -> None:
        real, waiting = getattr(SqlStore, step), list(failures)

        async def instead(self: SqlStore, *given: Any, **more: Any) -> Any:
            if waiting and not late:
                raise waiting.pop(0)
            answer = await real(self, *given, **more)
            if waiting:
                raise waiting.pop(0)
            return answer

        monkeypatch.setattr(SqlStore, step, instead)

    return breaking


async def provisioned(house: House) -> Provisioned | None:
    owner = Provisioning(
        store=house.store,
        payments=house.payments,
        processes=house.processes,
        mail=house.mail,
        public_url="https://perdura.test",
    )
    async with Worker(
        house.stage.client,
        task_queue=house.stage.queue,
        workflows=[ProvisioningWorkflow],
        activities=verbs(owner),
        workflow_runner=runner(),
        interceptors=[FailureInterceptor()],
    ):
        first = await house.door.provision(house.order)
        again = await house.door.provision(house.order)  # whoever clicks twice, or asks when it is over
        assert first == again
        await house.handle().result()
        return first


async def whole(house: House) -> None:
    """All of it is there, once."""
    signup = await house.store.signup(house.order.tenant)
    assert signup is not None
    assert (signup.state, signup.name, signup.password) == (SignupState.READY, "", "")
    (owner,) = await house.store.users(house.order.tenant)
    assert (owner.id, owner.role, owner.password, owner.active) == ("u_1", Role.OWNER, "h", True)
    trial = await house.store.subscriber("house", house.order.subscription)
    assert trial is not None
    assert (trial.customer.reference, trial.customer.email, trial.record.plan) == (
        house.order.tenant,
        SOFIA.email,
        "uso",
    )
    assert {start.subscription for start in house.processes.started} == {house.order.subscription}
    assert len(house.mail.sent) == 1
    story = await house.store.audit_trail(house.order.tenant, "")
    assert [(entry.action, entry.detail) for entry in story] == [
        ("account opened", "owner u_1"),
        ("terms accepted", "terms version 3"),
    ]
    (accepted,) = await house.store.acceptances(house.order.tenant)
    assert (accepted.version, accepted.accepted_at, accepted.address) == ("3", NOW, ADDRESS)


async def test_an_account_is_opened_with_its_owner_its_trial_and_a_welcome(house: House) -> None:
    assert await provisioned(house) == Provisioned(True)
    await whole(house)


AWAY = Unavailable("the database did not answer")


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["enter_business", "sign_up", "hand_over", "audit", "forget_contact"])
async def test_a_step_that_is_cut_off_is_repeated_and_makes_nothing_twice(
    house: House, broken: Callable[..., None], step: str, late: bool
) -> None:
    broken(step, AWAY, AWAY, late=late)
    assert await provisioned(house) == Provisioned(True)
    await whole(house)


@pytest.mark.parametrize("step", ["enter_business", "sign_up"])
async def test_a_step_that_cannot_succeed_leaves_nothing_behind(
    house: House, broken: Callable[..., None], step: str
) -> None:
    broken(step, Refused("it can never be"))
    broken("withdraw_signup", AWAY, late=True)  # taking it back is cut off, and repeated as well
    assert await provisioned(house) == Provisioned(False, "it can never be")
    assert (await house.rows(), house.mail.sent, house.processes.started) == (house.before, {}, [])


async def test_a_trial_that_the_provider_refuses_leaves_nothing_behind_there_either(house: House) -> None:
    house.processes.openings = [None, Opening(Status.CANCELED, "card_declined")]  # slow first, then no

    original = house.processes.start_subscription

    async def start(order: Any) -> Opening | None:
        # The provider's customer is made before the trial is refused.
        await house.store.save_provider_customer("house", house.order.customer, "cus_9")
        return await original(order)

    house.processes.start_subscription = start  # type: ignore[method-assign]
    ended = await provisioned(house)
    assert ended is not None
    assert (ended.ready, "card_declined" in ended.refusal) == (False, True)
    assert (await house.rows(), house.payments.forgotten) == (house.before, ["cus_9"])


async def test_a_plan_that_needs_a_card_opens_no_account(house: House) -> None:
    await house.store.save_plan(Plan("house", "uso", "Uso", Money(49_900), trial_days=14))
    ended = await provisioned(house)
    assert ended is not None
    assert not ended.ready
    assert await house.rows() == house.before


async def test_a_business_whose_id_was_taken_meanwhile_keeps_it(house: House) -> None:
    await house.store.create_tenant(Tenant(house.order.tenant, "Otros Álamos"))
    ended = await provisioned(house)
    assert ended is not None
    assert not ended.ready
    assert (await house.store.tenant(house.order.tenant)).name == "Otros Álamos"
    assert await house.store.signup(house.order.tenant) is None


async def test_a_worker_that_dies_half_way_is_followed_by_one_that_goes_on(house: House) -> None:
    lasting, original = [True], house.processes.start_subscription

    async def start(order: Any) -> Opening | None:
        """While the first worker lives, the provider is away, and says for how long: no try is under way while that worker ends."""
        if lasting:
            house.processes.started.append(order)
            raise Throttled("away", retry_after=3)
        return await original(order)

    house.processes.start_subscription = start  # type: ignore[method-assign]
    owner = Provisioning(
        store=house.store,
        payments=house.payments,
        processes=house.processes,
        mail=house.mail,
        public_url="https://perdura.test",
    )
    dying = Worker(
        house.stage.client,
        task_queue=house.stage.queue,
        workflows=[ProvisioningWorkflow],
        activities=verbs(owner),
        workflow_runner=runner(),
        interceptors=[FailureInterceptor()],
        max_cached_workflows=0,
    )
    async with dying:
        handle = await house.stage.still.start_workflow(
            ProvisioningWorkflow.run, house.order, id=f"provision:{house.order.tenant}", task_queue=house.stage.queue
        )

        async def refused_once() -> bool:
            waiting = (await handle.describe()).raw_description.pending_activities
            return bool(house.processes.started) and any(each.attempt > 1 for each in waiting)

        await eventually(refused_once, seconds=60)
    lasting.clear()
    assert await house.store.users(house.order.tenant) == []  # nobody can log in before all is there
    assert await provisioned(house) == Provisioned(True)
    assert (await handle.result()).ready
    await whole(house)


async def test_without_a_house_there_is_no_trial(house: House) -> None:
    owner = Provisioning(
        store=house.store,
        payments=house.payments,
        processes=house.processes,
        mail=house.mail,
        public_url="https://perdura.test",
    )
    order = Provision(house.order.tenant, Calendar())
    for step in (owner.enter_business, owner.hand_over, owner.welcome, owner.forget_contact):
        await step(order)
    assert (len(await house.store.users(house.order.tenant)), house.processes.started) == (1, [])
