"""Blocked though paid, or state going backwards: what came late, came twice or was somebody else's changes nothing."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from models.collecting.case_news import CaseNews
from models.collecting.cases import HoldKind, Outcome
from models.collecting.cases import Stage as CaseStage
from models.messages import Cancel, Command, Days, Opening, SubscriptionStart
from models.periods import Calendar
from models.speaking.notices import NoticeKind
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from tests.conftest import Stage, eventually
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.subscription import SubscriptionWorkflow

Handle = WorkflowHandle[Any, Opening]


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        yield stage


async def subscribed(stage: Stage) -> Handle:
    """Somebody whose subscription is active, on a clock that does not run ahead."""
    name = f"s_{uuid.uuid4().hex[:8]}"
    stage.payments.word = provider(datetime.now(UTC))
    handle = await stage.still.start_workflow(
        SubscriptionWorkflow.run,
        SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_1"),
        id=f"sub:acme:{name}",
        task_queue=stage.queue,
    )
    await handle.execute_update(SubscriptionWorkflow.opened)
    return handle


async def looked(handle: Handle) -> Status:
    """Where it stands once everything told so far was taken in."""
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    return (await handle.query(SubscriptionWorkflow.state)).status


async def owes(stage: Stage, handle: Handle, created: datetime | None = None) -> str:
    """An invoice of theirs is declined, and Stripe says so."""
    invoice = f"in_{uuid.uuid4().hex[:8]}"
    stage.payments.add(overdue(invoice, created or datetime.now(UTC)))
    await handle.signal(SubscriptionWorkflow.provider_reported, ProviderNews("evt_f", "invoice.payment_failed"))
    assert await looked(handle) in (Status.PAST_DUE, Status.SUSPENDED)
    return invoice


async def suspended(stage: Stage, handle: Handle, invoice: str) -> None:
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await eventually(lambda: stage.store.history[-1] is Status.SUSPENDED)


async def paid(stage: Stage, handle: Handle, invoice: str) -> None:
    """They pay; the case hears of it and reports."""
    settled = stage.payments.pay(invoice, datetime.now(UTC))
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.PAID, settled))


LATE = [
    "payment_intent.canceled",  # flipped a paid invoice elsewhere
    "payment_intent.payment_failed",
    "charge.failed",
    "invoice.payment_failed",  # redelivered two days late, it locked a payer out elsewhere
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "customer.subscription.updated",  # with past_due in it
    "customer.subscription.deleted",  # another subscription's, found by the customer
    "customer.deleted",
]


async def test_whatever_comes_late_a_payer_stays_active_and_hears_nothing(at_work: Stage) -> None:
    handle = await subscribed(at_work)
    invoice = await owes(at_work, handle)
    await suspended(at_work, handle, invoice)
    await paid(at_work, handle, invoice)
    assert await looked(handle) is Status.ACTIVE
    statuses, said = list(at_work.store.history), list(at_work.processes.kinds)
    for late in LATE:
        for again in range(3):
            await handle.signal(SubscriptionWorkflow.provider_reported, ProviderNews(f"evt_{late}_{again}", late))
        assert (await handle.query(SubscriptionWorkflow.state)).status is Status.ACTIVE, f"{late} was believed"
        await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
        assert await looked(handle) is Status.ACTIVE, late
    assert at_work.store.history == statuses
    assert at_work.processes.kinds == said == [NoticeKind.PAYMENT_RECEIVED]
    assert list(at_work.store.payments) == [f"ch_{invoice}"]
    await handle.terminate()


async def test_past_due_never_overwrites_canceled(at_work: Stage) -> None:
    handle = await subscribed(at_work)
    invoice = await owes(at_work, handle)
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked", at_period_end=False))
    assert at_work.payments.word is not None
    at_work.payments.word = replace(at_work.payments.word, status="past_due")
    looks = at_work.payments.looks
    await handle.signal(SubscriptionWorkflow.provider_reported, ProviderNews("evt_l", "customer.subscription.updated"))
    await eventually(lambda: at_work.payments.looks > looks)
    for stage in (CaseStage.GRACE, CaseStage.SUSPENDED, CaseStage.DELETION_WARNED):
        await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, stage))
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.CANCELED))
    await handle.result()
    assert at_work.store.history[-1] is Status.CANCELED
    assert at_work.store.history.count(Status.PAST_DUE) == 1
    assert Status.SUSPENDED not in at_work.store.history


@pytest.mark.parametrize("cut", [False, True], ids=["paid before the block", "paid while suspended"])
async def test_the_next_debt_begins_its_own_ladder_whatever_its_age_or_that_of_the_one_before(
    at_work: Stage, cut: bool
) -> None:
    handle = await subscribed(at_work)
    long_ago = datetime.now(UTC) - timedelta(days=25)
    first = await owes(at_work, handle, long_ago)
    if cut:
        await suspended(at_work, handle, first)
    second = await owes(at_work, handle, long_ago + timedelta(days=1))
    await paid(at_work, handle, first)
    case = at_work.client.get_workflow_handle(f"dunning:acme:{second}")

    async def told() -> bool:
        return bool(await case.query(SilentCase.said))

    # It comes first now. Its age blocks nobody, and what the debt before it had cost stays lost until this one is settled.
    await eventually(told)
    left = CaseStage.SUSPENDED if cut else CaseStage.GRACE
    assert await case.query(SilentCase.said) == [f"behind False, {left}"]
    assert await looked(handle) is (Status.SUSPENDED if cut else Status.PAST_DUE)
    (start,) = await at_work.client.data_converter.decode(
        (await case.fetch_history()).events[0].workflow_execution_started_event_attributes.input.payloads
    )
    # Its clock stood until then, before the first step: it has warned nobody yet.
    assert start["case"]["hold"]["kind"] == HoldKind.BEHIND
    began = datetime.fromisoformat(start["case"]["opened"])
    assert timedelta() <= datetime.now(UTC) - began < timedelta(minutes=5)
    assert start["case"].get("position", 0) == 0
    await paid(at_work, handle, second)
    await eventually(lambda: at_work.store.history[-1] is Status.ACTIVE)
    await handle.terminate()


class TestEveryBlockedStateHasAWayOut:
    async def test_suspended_for_a_debt_ends_by_paying(self, at_work: Stage) -> None:
        handle = await subscribed(at_work)
        invoice = await owes(at_work, handle)
        await suspended(at_work, handle, invoice)
        await paid(at_work, handle, invoice)
        assert await looked(handle) is Status.ACTIVE
        await handle.terminate()

    async def test_suspended_for_a_debt_ends_by_supports_word_and_begins_again(self, at_work: Stage) -> None:
        handle = await subscribed(at_work)
        invoice = await owes(at_work, handle)
        await suspended(at_work, handle, invoice)
        await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "promised", 3))
        assert await looked(handle) is Status.PAST_DUE
        await suspended(at_work, handle, invoice)
        await paid(at_work, handle, invoice)
        assert await looked(handle) is Status.ACTIVE
        await handle.terminate()

    async def test_suspended_by_support_ends_by_support(self, at_work: Stage) -> None:
        handle = await subscribed(at_work)
        await handle.execute_update(SubscriptionWorkflow.suspend_now, Command("ana", "abuse"))
        await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "sorry"))
        assert await looked(handle) is Status.ACTIVE
        await handle.terminate()

    async def test_paused_ends_by_resuming(self, at_work: Stage) -> None:
        handle = await subscribed(at_work)
        await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
        await handle.execute_update(SubscriptionWorkflow.resume_subscription, Command("ana", "x"))
        assert await looked(handle) is Status.ACTIVE
        await handle.terminate()

    @pytest.mark.parametrize("blocked", ["suspended", "paused", "past due"])
    async def test_every_one_of_them_may_leave(self, at_work: Stage, blocked: str) -> None:
        handle = await subscribed(at_work)
        if blocked == "paused":
            await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
        else:
            invoice = await owes(at_work, handle)
            if blocked == "suspended":
                await suspended(at_work, handle, invoice)
        await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked", at_period_end=False))
        assert at_work.store.history[-1] is Status.CANCELED
