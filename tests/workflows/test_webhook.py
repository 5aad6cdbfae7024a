"""Events reach an endpoint in their order, each under one id, whatever fails meanwhile: real HTTP, real SQL, a clock that skips."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.worker import Worker

from activities.announcing import Announcing
from activities.failures import FailureInterceptor, Unavailable
from activities.gateways.store_sql import SqlStore
from activities.gateways.webhook_sender import WebhookSender
from activities.heartbeats import Heartbeats
from activities.outgoing import Outgoing
from models.money import Money
from models.records import Customer, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status
from models.telling import deliveries
from models.telling.deliveries import DeliveryState
from models.telling.endpoints import Disabled, Endpoint, fresh, rotated
from models.telling.outgoing import EventType
from models.watching.invariants import endpoint_disabled
from tests.activities.gateways.receivers import Receiver, receiving
from tests.conftest import KEYRING, Stage, eventually
from tests.databases import migrated
from tests.fakes.processes import FakeProcesses
from workflows.connection import runner, verbs
from workflows.ids import webhook_id
from workflows.interface import Interface
from workflows.webhook import WebhookWorkflow

NOW = datetime.now(UTC)
SUB = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW)


@pytest.fixture
async def store(database: str) -> AsyncIterator[SqlStore]:
    await migrated(database)
    store = SqlStore(database, KEYRING)
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    for number in (1, 2):
        customer = Customer("acme", f"c_{number}", f"u_{number}", "Ana", f"a{number}@example.mx", "+525512345678")
        await store.sign_up(customer, replace(SUB, id=f"s_{number}", customer=customer.id))
    yield store
    await store.close()


@asynccontextmanager
async def carrying(stage: Stage, store: SqlStore) -> AsyncIterator[None]:
    worker = Worker(
        stage.client,
        task_queue=stage.queue,
        workflows=[WebhookWorkflow],
        activities=verbs(Outgoing(store, WebhookSender(local=True))),
        workflow_runner=runner(),
        interceptors=[FailureInterceptor(), Heartbeats()],
    )
    async with worker:
        yield


async def at(store: SqlStore, receiver: Receiver, **changes: object) -> Endpoint:
    endpoint = replace(fresh("acme", receiver.url, [], NOW, local=True), **changes)
    await store.add_endpoint(endpoint)
    return endpoint


async def became(store: SqlStore, *statuses: Status, subscription: str = "s_1") -> None:
    for status in statuses:
        await store.save_subscription(replace(SUB, id=subscription, status=status))


async def over(stage: Stage, store: SqlStore, endpoint: Endpoint) -> None:
    """Until nothing waits for it any more."""
    await Interface(stage.client, queue=stage.queue).deliver_events("acme", endpoint.id)
    await stage.client.get_workflow_handle(webhook_id("acme", endpoint.id)).result()


def lines(receiver: Receiver) -> dict[str, list[int]]:
    """The numbers that each subscription was heard of with, one after the other, a repeated one once."""
    found: dict[str, list[int]] = {}
    for heard in receiver.heard:
        line = found.setdefault(heard.event["subscription"], [])
        if heard.event["sequence"] not in line[-1:]:
            line.append(heard.event["sequence"])
    return found


async def test_events_arrive_in_order_while_attempts_fail_and_each_has_one_id(stage: Stage, store: SqlStore) -> None:
    async with receiving() as receiver, carrying(stage, store):
        fails = iter([500, -1, 302, 404, 204, 503, 204, 500])
        receiver.answer = lambda _: next(fails, 204)
        endpoint = await at(store, receiver)
        await became(store, Status.PAST_DUE, Status.SUSPENDED, Status.ACTIVE, Status.CANCELED)
        await became(store, Status.PAUSED, Status.ACTIVE, subscription="s_2")
        await over(stage, store, endpoint)

        assert lines(receiver) == {"s_1": [1, 2, 3, 4], "s_2": [1, 2]}
        ids = {(heard.event["subscription"], heard.event["sequence"]): set[str]() for heard in receiver.heard}
        for heard in receiver.heard:
            ids[heard.event["subscription"], heard.event["sequence"]].add(heard.id)
            assert heard.verified(endpoint.secret)["id"] == heard.id
        assert all(len(known) == 1 for known in ids.values())
        assert len(receiver.heard) == 6 + 6
        done = await store.event_deliveries("acme")
        assert {each.state for each in done} == {DeliveryState.DELIVERED}
        first = next(each for each in receiver.heard if each.event["type"] == EventType.PAST_DUE)
        assert first.event["customer_reference"] == "u_1"
        assert first.event["data"]["previous_status"] == "active"


async def test_one_event_that_is_refused_holds_up_its_own_subscription_alone(
    stage: Stage, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        deliveries, "PATIENCE", timedelta(hours=1)
    )  # three days' attempts are counted in their own table
    async with receiving() as receiver, carrying(stage, store):
        receiver.answer = lambda heard: 500 if heard.event["subscription"] == "s_1" else 204
        endpoint = await at(store, receiver)
        await became(store, Status.PAST_DUE, Status.SUSPENDED)
        await became(store, Status.PAUSED, Status.ACTIVE, subscription="s_2")
        await over(stage, store, endpoint)
        delivered = [each.event["sequence"] for each in receiver.heard if each.event["subscription"] == "s_2"]
        assert delivered == [1, 2]
        # The endpoint is reached no more: when patience is over it is given up, with what waits behind.
        known = await store.endpoint("acme", endpoint.id)
        assert known is not None
        assert known.disabled_for is Disabled.FAILING
        assert {each.event["sequence"] for each in receiver.heard if each.event["subscription"] == "s_1"} == {1}
        lost = await store.event_deliveries("acme", state=DeliveryState.FAILED)
        assert [each.event.sequence for each in lost] == [2, 1]
        first = lost[-1]
        assert first.last_tried_at is not None
        assert first.first_tried_at is not None
        assert timedelta(hours=1) <= first.last_tried_at - first.first_tried_at < timedelta(hours=1, minutes=15)
        (finding,) = [endpoint_disabled(each) for each in await store.disabled_endpoints()]
        assert finding is not None
        assert "nothing reached it for three days" in finding.text


async def test_410_ends_it_at_once_and_nothing_more_is_sent(stage: Stage, store: SqlStore) -> None:
    async with receiving() as receiver, carrying(stage, store):
        receiver.answer = lambda _: 410
        endpoint = await at(store, receiver)
        await became(store, Status.PAST_DUE, Status.SUSPENDED)
        await over(stage, store, endpoint)
        await became(store, Status.ACTIVE)
        await over(stage, store, endpoint)
        assert len(receiver.heard) == 1
        (held,) = await store.disabled_endpoints()
        assert held.disabled_for is Disabled.GONE


async def test_word_of_what_is_recorded_wakes_the_process_and_what_was_left_behind_is_found(
    stage: Stage, store: SqlStore
) -> None:
    async with receiving() as receiver, carrying(stage, store):
        await at(store, receiver)
        await became(store, Status.PAST_DUE)
        await store.events_recorded(0)  # recorded by a process that died before it could tell
        announcing = asyncio.create_task(
            Announcing(store, Interface(stage.still, queue=stage.queue)).keep_announcing(3600)
        )
        try:
            await eventually(lambda: len(receiver.heard) == 1, seconds=30)
            await became(store, Status.SUSPENDED)
            await eventually(lambda: len(receiver.heard) == 2, seconds=30)
        finally:
            announcing.cancel()
        assert lines(receiver) == {"s_1": [1, 2]}


@pytest.mark.parametrize("broken", [Unavailable("away"), KeyError("a bug of ours")])
async def test_word_is_given_again_once_temporal_is_back(store: SqlStore, broken: Exception) -> None:
    class Away(FakeProcesses):
        tries = 0

        async def deliver_events(self, tenant: str, endpoint: str) -> None:
            self.tries += 1
            if self.tries == 1:
                raise broken
            await super().deliver_events(tenant, endpoint)

    processes = Away()
    await store.add_endpoint(fresh("acme", "https://acme.example/", [], NOW))
    announcing = asyncio.create_task(Announcing(store, processes).keep_announcing(3600))
    try:
        await became(store, Status.PAST_DUE)
        await eventually(lambda: len(processes.woken) == 1, seconds=30)
    finally:
        announcing.cancel()
    assert [tenant for tenant, _ in processes.woken] == ["acme"]


async def test_while_a_secret_is_rotated_either_one_verifies(stage: Stage, store: SqlStore) -> None:
    async with receiving() as receiver, carrying(stage, store):
        endpoint = await at(store, receiver)
        other = rotated(endpoint, datetime.now(UTC), timedelta(hours=1))
        await store.save_endpoint(other)
        await became(store, Status.PAST_DUE)
        await over(stage, store, other)
        (heard,) = receiver.heard
        assert heard.verified(endpoint.secret) == heard.verified(other.secret)
