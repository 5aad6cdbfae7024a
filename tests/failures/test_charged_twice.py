"""Charged twice: whatever collides, one settled charge per debt; and what is not the same debt is not taken for it."""

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from models.collecting.cases import Outcome
from models.messages import Command, DunningStart, SkipToStep, SubscriptionStart
from models.periods import Calendar
from tests.conftest import Stage, eventually
from tests.failures.street import Street, built, invoice_of
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id
from workflows.subscription import SubscriptionWorkflow

WAYS = ("card", "page", "ladder", "support")


@pytest.fixture
async def street(stage: Stage) -> AsyncIterator[Street]:
    async with built(stage) as street:
        street.post.door = None
        yield street


async def begin(street: Street, handle: WorkflowHandle[object, Outcome], way: str) -> None:
    """One way to pay. A case that is over takes no more words."""
    invoice = invoice_of(handle)
    with suppress(WorkflowUpdateFailedError, RPCError):
        match way:
            case "card":
                await handle.signal(DunningWorkflow.card_updated, "pm_2")
            case "page":
                await street.till.pay_page(invoice)
                await handle.signal(DunningWorkflow.invoice_seen, street.till.invoices[invoice])
            case "ladder":
                await handle.execute_update(DunningWorkflow.skip_to_step, SkipToStep("ana", "x", step=3))
            case "support":
                await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "x"))


async def collide(street: Street, order: tuple[str, ...], *, held: bool) -> WorkflowHandle[object, Outcome]:
    """All four ways to pay one debt, in this order; `held`: while the first charge is still in flight."""
    handle = await street.falls_due("-".join(order), still=True)
    invoice = invoice_of(handle)
    await eventually(lambda: len(street.gate.passed[invoice]) >= 3, seconds=60)  # opened, told of, and now waiting
    street.till.good.add(invoice)
    if held:
        street.till.held[invoice] = asyncio.Event()
    given = []
    for way in order:
        given.append(asyncio.create_task(begin(street, handle, way)))
        if not held:
            await given[-1]
        elif len(given) == 1 and way != "page":
            await eventually(lambda: invoice in street.till.in_flight, seconds=60)
    if held:
        with suppress(TimeoutError):  # long enough for a second charge to reach the bank, if anything lets it through
            await eventually(lambda: street.charges(invoice) > 1, seconds=2)
        street.till.held[invoice].set()
    await asyncio.gather(*given)
    return handle


@pytest.mark.parametrize("held", [False, True], ids=["one after the other", "while the first is in flight"])
async def test_card_page_ladder_and_support_in_every_order_settle_one_charge(street: Street, held: bool) -> None:
    orders = list(itertools.permutations(WAYS))
    handles = await asyncio.gather(*(collide(street, order, held=held) for order in orders))
    outcomes = await asyncio.wait_for(asyncio.gather(*(handle.result() for handle in handles)), 60)
    assert set(outcomes) == {Outcome.PAID}
    invoices = [invoice_of(handle) for handle in handles]
    assert {invoice: street.till.settled[invoice] for invoice in invoices} == dict.fromkeys(invoices, 1)
    assert all(street.endings(invoice) == {Outcome.PAID} for invoice in invoices)
    # At most one charge was begun for each: the provider was never asked for money a second time.
    assert max(Counter(invoice for invoice, _ in street.till.begun).values()) == 1
    assert len(street.till.begun) >= 6, "where the card came first it was charged"


async def test_one_order_sent_again_by_a_client_that_heard_no_answer_is_one_attempt(street: Street) -> None:
    handle = await street.falls_due("again", still=True)
    for _ in range(3):
        await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "x"), id="update-1")
    assert [key.rpartition("/")[2] for key in street.till.by_key] == ["support-update-1"]
    await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "x"), id="update-2")
    assert len(street.till.by_key) == 2, "another order is another attempt"
    await handle.terminate()


async def test_two_workers_that_start_one_case_start_it_once_even_after_it_ended(street: Street) -> None:
    handle = await street.falls_due("start", still=True)
    invoice = invoice_of(handle)
    state = await handle.query(DunningWorkflow.state)

    async def again() -> None:
        with pytest.raises(WorkflowAlreadyStartedError):
            await street.still.start_workflow(
                DunningWorkflow.run,
                DunningStart("acme", "s_1", "clinic-7", "pro", state),
                id=handle.id,
                task_queue=street.queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )

    await asyncio.gather(*(again() for _ in range(5)))
    street.till.good.add(invoice)
    await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "x"))
    assert await handle.result() is Outcome.PAID
    await again()
    assert street.till.settled[invoice] == 1


async def test_a_cycle_that_was_scheduled_twice_has_one_case_even_after_it_ended(stage: Stage) -> None:
    """Two processes of one subscription read that the same renewal was declined, the second when its case is over."""
    name, now = f"s_{uuid.uuid4().hex[:8]}", datetime.now(UTC)
    invoice = f"in_{name}"
    stage.payments.word = provider(now)
    stage.payments.add(overdue(invoice, now))
    case = stage.client.get_workflow_handle(dunning_id("acme", invoice))
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        for worker in (1, 2):
            start = SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_1")
            handle = await stage.still.start_workflow(
                SubscriptionWorkflow.run, start, id=f"sub:acme:{name}:{worker}", task_queue=stage.queue
            )
            await handle.execute_update(SubscriptionWorkflow.opened)
            await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
            if worker == 1:
                await case.terminate("ended by hand")
            assert [one.invoice for one in (await handle.query(SubscriptionWorkflow.state)).cases] == [invoice]
            await handle.terminate()
    assert (await case.describe()).status is WorkflowExecutionStatus.TERMINATED, "the one that was, and none after it"


async def test_two_debts_of_one_customer_in_one_minute_are_both_charged(street: Street) -> None:
    handles = [await street.falls_due("both", still=True) for _ in range(2)]
    for handle in handles:
        street.till.good.add(invoice_of(handle))
    await asyncio.gather(*(h.execute_update(DunningWorkflow.retry_now, Command("ana", "x")) for h in handles))
    assert await asyncio.gather(*(h.result() for h in handles)) == [Outcome.PAID] * 2
    assert len(street.till.by_key) == 2
    assert [street.till.settled[invoice_of(h)] for h in handles] == [1, 1]


async def test_a_declined_debt_is_asked_for_as_often_as_the_policy_says_and_no_more(street: Street) -> None:
    handle = await street.falls_due("declined")
    assert await handle.result() is Outcome.EXHAUSTED
    assert [key.rpartition("/")[2] for key in street.till.by_key] == ["attempt-1", "attempt-2", "attempt-3"]
