"""Trials in time: without a card to their end, a card after it, more days by order, and a checkout page that nobody finished."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from activities.ports.payments import Checkout
from models.messages import Command, Days
from models.speaking.notices import NoticeKind
from models.subscribing.subscriptions import Status
from models.watching.decisions import DecisionKind
from tests.conftest import Stage, eventually
from tests.samples import provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from tests.workflows.test_subscription import NEWS, name_of, started
from workflows.subscription import SubscriptionWorkflow


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        yield stage


async def test_a_trial_without_a_card_is_told_paused_and_goes_on_with_the_first_card(at_work: Stage) -> None:
    now = datetime.now(UTC)
    trial = replace(provider(now, status="trialing", trial_days=14), payment_method="")
    at_work.payments.word = trial
    handle = await started(at_work)
    name = name_of(handle)
    await eventually(lambda: at_work.processes.kinds == [NoticeKind.TRIAL_WITHOUT_CARD])
    (told,) = at_work.store.decided.values()
    assert (told.kind, told.subscription, told.outcome) == (DecisionKind.TRIAL_ENDING, name, "")

    at_work.payments.word = replace(trial, status="paused")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: at_work.processes.kinds[1:] == [NoticeKind.TRIAL_ENDED])
    assert at_work.store.subscriptions[name].status is Status.PAUSED
    assert not at_work.store.subscriptions[name].card
    assert "without a card" in next(iter(at_work.store.decided.values())).outcome

    at_work.payments.word = replace(at_work.payments.word, payment_method="pm_9")
    at_work.payments.resumed = replace(
        provider(now + timedelta(days=20)), payment_method="pm_9"
    )  # the first paid period
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: at_work.store.subscriptions[name].status is Status.ACTIVE)
    assert at_work.store.subscriptions[name].card
    await at_work.client.get_workflow_handle(handle.id).terminate()


async def test_a_card_that_is_refused_after_the_trial_is_tried_once(at_work: Stage) -> None:
    now = datetime.now(UTC)
    trial = replace(provider(now, status="trialing", trial_days=14), payment_method="")
    at_work.payments.word = trial
    handle = await started(at_work, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    at_work.payments.word = at_work.payments.resumed = replace(trial, status="paused", payment_method="pm_bad")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: "card given after the trial" in at_work.store.actions)
    for _ in range(2):
        await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "look"))
    assert (at_work.payments.resumptions, at_work.store.actions.count("card given after the trial")) == (1, 1)
    assert (await handle.query(SubscriptionWorkflow.state)).status is Status.PAUSED
    await handle.terminate()


async def test_more_days_move_the_end_and_the_message_before_it(at_work: Stage) -> None:
    at_work.payments.word = provider(datetime.now(UTC), status="trialing", trial_days=7)
    handle = await started(at_work, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    ends = at_work.payments.word.trial_end
    assert ends is not None
    order = Days("u_7", "asked for a week", 7)
    for _ in range(2):  # a repeat of the same order gives no second week
        answer = await handle.execute_update(SubscriptionWorkflow.extend_trial, order, id="order-1")
    until = (ends + timedelta(days=7)).replace(microsecond=0)
    assert (answer.status, at_work.payments.word.trial_end) == (Status.TRIALING, until)
    assert answer.next_action_at == (until - timedelta(days=3)).isoformat()
    assert at_work.store.actions.count("trial extended") == 1
    (decision,) = at_work.store.decided.values()
    assert (decision.kind, decision.responsible) == (DecisionKind.TRIAL_EXTENDED, "u_7")

    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(SubscriptionWorkflow.extend_trial, replace(order, days=0))
    at_work.payments.word = replace(at_work.payments.word, status="active")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: at_work.store.history[-1:] == [Status.ACTIVE])
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(SubscriptionWorkflow.extend_trial, order, id="order-2")
    await handle.terminate()


async def test_a_checkout_page_that_expired_is_followed_up_once(at_work: Stage) -> None:
    now = datetime.now(UTC)
    at_work.payments.checkout = Checkout("cs_1", "https://checkout.test/1", now, status="expired")
    for _ in range(2):  # the page that the message opened expires as well
        handle = await started(at_work, checkout="cs_1")
        assert (await handle.result()).status is Status.CANCELED
    (only,) = at_work.processes.notices
    assert (only.kind, only.key) == (NoticeKind.CHECKOUT_ABANDONED, "clinic-7/checkout_abandoned")
