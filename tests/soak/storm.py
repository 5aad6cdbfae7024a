"""`make storm`: thousands of events about one subscription. Every one is looked after, and the process still continues as new."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
from temporalio.client import Client

from models.messages import SubscriptionStart
from models.periods import Calendar
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from tests.conftest import Stage, eventually
from tests.samples import PRICE, provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.ids import subscription_id
from workflows.interface import Interface
from workflows.subscription import SubscriptionWorkflow

EVENTS = 5_000
AT_ONCE = 50


# About 30 s of CPU, which on a busy machine is minutes of the clock: what counts is that it ends, and how.
@pytest.mark.timeout(600)
# The SDK leaves signals unrun when an activation is thrown away: it comes again, with them, as the counts below show.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object _WorkflowInstanceImpl._process_signal_job")
@pytest.mark.filterwarnings("ignore:coroutine '_WorkflowInstanceImpl._process_signal_job:RuntimeWarning")
async def test_five_thousand_events_for_one_subscription_lose_none_and_do_not_stop_continue_as_new(
    stage: Stage,
) -> None:
    stage.payments.word = provider(datetime.now(UTC))
    name = f"s_{uuid.uuid4().hex[:8]}"
    door = Interface(stage.still, queue=stage.queue)
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        start = SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_1")
        opened = await door.start_subscription(start)
        assert opened is not None
        assert opened.status is Status.ACTIVE
        first = (await described(stage.still, name)).run_id
        turns = asyncio.Semaphore(AT_ONCE)

        async def tell(number: int) -> bool:
            async with turns:
                return await door.report_news("acme", name, ProviderNews(f"evt_{number}", "invoice.paid"))

        told = await asyncio.gather(*(tell(number) for number in range(EVENTS)))
        assert told == [True] * EVENTS
        looks = stage.payments.looks
        # What came last is looked at, too: a change made now is seen after one more event.
        stage.payments.word = provider(datetime.now(UTC), status="canceled")
        assert await door.report_news("acme", name, ProviderNews("evt_last", "customer.subscription.deleted"))

        async def over() -> bool:
            return stage.store.subscriptions[name].status is Status.CANCELED

        await eventually(over, seconds=300)
        handle = stage.still.get_workflow_handle(subscription_id("acme", name))
        await handle.result()
        assert await runs_since(stage.still, name, first) > 1, "the history was cut while the events came"
    assert looks < EVENTS, "many events make one look"


async def described(client: Client, name: str):  # type: ignore[no-untyped-def]
    return await client.get_workflow_handle(subscription_id("acme", name)).describe()


async def runs_since(client: Client, name: str, first: str) -> int:
    """How many runs the process has had, and that all signals are in their histories."""
    run, count, signals = first, 0, 0
    while run:
        count += 1
        history = await client.get_workflow_handle(subscription_id("acme", name), run_id=run).fetch_history()
        signals += sum(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)
        last = history.events[-1].workflow_execution_continued_as_new_event_attributes
        run = last.new_execution_run_id
    assert signals == EVENTS + 1
    return count
