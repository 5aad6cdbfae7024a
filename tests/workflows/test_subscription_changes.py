"""Changes of mind in time: real workflow, real server, fakes at the ports. Most of them keep to the clock on the wall."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from models.changing.change_records import Arrival, ChangeKind, ChangeState, When
from models.changing.stay_offers import OfferKind, StayOffer
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome
from models.collecting.cases import Stage as CaseStage
from models.messages import Answer, Cancel, ChangePlan, Command, Opening, TakeOffer
from models.money import Money
from models.policies.policy import Ending
from models.speaking.notices import NoticeKind
from models.subscribing.subscriptions import Status
from models.watching.decisions import DecisionKind
from tests.conftest import Stage, eventually
from tests.samples import provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from tests.workflows.test_subscription import NEWS, failed, name_of, started
from workflows.subscription import SubscriptionWorkflow

Handle = WorkflowHandle[Any, Opening]
ANA = Command("ana", "asked by phone")
SHOWN = '{"limits":[],"features_lost":[],"benefits_left":[]}'
LESS = ChangePlan(
    "ana",
    "asked on the page",
    change="pc_1",
    before="pro",
    plan="basic",
    price=Money(9_900),
    provider_price="price_basic",
    kind=ChangeKind.DOWNGRADE,
    when=When.PERIOD_END,
    asked_at=datetime(2026, 11, 21, tzinfo=UTC),
    shown=SHOWN,
)
MORE = replace(
    LESS, plan="max", price=Money(29_900), provider_price="price_max", kind=ChangeKind.UPGRADE, when=When.NOW
)


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        yield stage


async def active(stage: Stage, *, trial_days: int = 0, still: bool = True) -> Handle:
    status = "trialing" if trial_days else "active"
    word = provider(datetime.now(UTC), status=status, trial_days=trial_days)
    stage.payments.word = replace(word, price="price_pro")
    handle = await started(stage, still=still)
    await handle.execute_update(SubscriptionWorkflow.opened)
    return handle


async def change(handle: Handle, order: ChangePlan, name: str = "") -> Answer:
    return await handle.execute_update(SubscriptionWorkflow.change_plan, order, id=name or None)


async def refused(handle: Handle, order: ChangePlan) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as error:
        await change(handle, order)
    return str(error.value.cause)


def state_of(stage: Stage, name: str = "pc_1") -> ChangeState:
    return stage.store.minded[name].state


def plan_of(stage: Stage, handle: Handle) -> str:
    return stage.store.subscriptions[name_of(handle)].plan


def deliver(stage: Stage, attempt: int = 1) -> str:
    notice = f"pc_1/summary-{attempt}"
    stage.store.arrivals[notice] = Arrival(notice, "whatsapp", f"SM{attempt}", datetime.now(UTC))
    return notice


async def test_more_is_there_at_once_paid_and_invoiced_for_the_new_plan(at_work: Stage) -> None:
    at_work.payments.due = Money(7_500)
    handle = await active(at_work)
    assert (await change(handle, replace(MORE, due=Money(7_500)))).status == "active"
    assert plan_of(at_work, handle) == "max"
    (payment,) = at_work.store.payments.values()
    assert payment.amount == Money(7_500)
    kept = at_work.store.minded["pc_1"]
    assert (kept.state, kept.charged, kept.actor, kept.shown) == (ChangeState.DONE, Money(7_500), "ana", SHOWN)
    assert "plan changed to max" in at_work.store.actions
    assert at_work.store.subscriptions[name_of(handle)].price == Money(29_900)
    await handle.terminate()


async def test_pressed_twice_it_is_one_change(at_work: Stage) -> None:
    at_work.payments.due = Money(7_500)
    handle = await active(at_work)
    order = replace(MORE, due=Money(7_500))
    assert await change(handle, order, "pc_1") == await change(handle, order, "pc_1")
    assert at_work.payments.prices == ["price_max"]
    assert "by now" in await refused(handle, order)  # with a name of its own it is another order
    await handle.terminate()


async def test_a_refused_charge_or_another_amount_changes_nothing(at_work: Stage) -> None:
    at_work.payments.due = Money(7_500)
    handle = await active(at_work)
    assert "not $75.01" in await refused(handle, replace(MORE, due=Money(7_501)))
    at_work.payments.refuse_change = "insufficient_funds"
    assert "insufficient_funds" in await refused(handle, replace(MORE, due=Money(7_500)))
    assert (plan_of(at_work, handle), at_work.store.minded) == ("pro", {})
    await handle.terminate()


async def test_less_waits_for_its_summary_and_for_the_period(at_work: Stage) -> None:
    handle = await active(at_work)
    await change(handle, LESS)
    await eventually(lambda: at_work.processes.kinds == [NoticeKind.PLAN_CHANGE_SUMMARY])
    (notice,) = at_work.processes.notices
    assert (notice.change, notice.amount) == ("pc_1", Money(9_900))
    await handle.execute_update(SubscriptionWorkflow.refresh, ANA)
    assert at_work.payments.next_price == ""  # the provider hears of nothing before the customer
    await handle.signal(SubscriptionWorkflow.summary_settled, deliver(at_work))
    await eventually(lambda: at_work.payments.next_price == "price_basic")
    await handle.execute_update(SubscriptionWorkflow.refresh, ANA)
    assert plan_of(at_work, handle) == "pro"
    at_work.payments.renew()
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: plan_of(at_work, handle) == "basic")
    kept = at_work.store.minded["pc_1"]
    assert (kept.state, kept.channel, kept.reference) == (ChangeState.DONE, "whatsapp", "SM1")
    assert kept.delivered_at is not None
    (decided,) = at_work.store.decided.values()
    assert (decided.kind, decided.evidence, decided.outcome) == (DecisionKind.PLAN_CHANGE, "pc_1", "took effect")
    await at_work.client.get_workflow_handle(handle.id).terminate()


async def test_a_summary_that_did_not_arrive_is_sent_anew_and_the_change_waits_another_period(at_work: Stage) -> None:
    handle = await active(at_work)
    await change(handle, LESS)
    await eventually(lambda: len(at_work.processes.notices) == 1)
    await handle.signal(SubscriptionWorkflow.summary_settled, "pc_1/summary-1")  # it failed by every channel
    at_work.payments.renew()
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: len(at_work.processes.notices) == 2)
    assert (plan_of(at_work, handle), state_of(at_work)) == ("pro", ChangeState.WAITING)
    latest = at_work.client.get_workflow_handle(handle.id)
    await latest.signal(SubscriptionWorkflow.summary_settled, deliver(at_work, 2))
    await eventually(lambda: at_work.payments.next_price == "price_basic")
    await latest.terminate()


async def test_a_summary_that_arrives_after_another_was_sent_is_enough(at_work: Stage) -> None:
    """A phone that was off: one of them in the customer's hands is what the change waits for, not the newest."""
    handle = await active(at_work, still=False)
    await change(handle, LESS)
    await eventually(lambda: len(at_work.processes.notices) >= 2)
    deliver(at_work, 1)
    await eventually(lambda: at_work.payments.next_price == "price_basic")
    assert at_work.store.minded["pc_1"].notice == "pc_1/summary-1"
    await at_work.client.get_workflow_handle(handle.id).terminate()


async def test_a_summary_nobody_reported_of_is_looked_for_the_day_after(at_work: Stage) -> None:
    handle = await active(at_work, still=False)  # the clock runs ahead to the next attempt
    deliver(at_work)
    await change(handle, LESS)
    await eventually(lambda: at_work.payments.next_price == "price_basic")
    assert len([kind for kind in at_work.processes.kinds if kind is NoticeKind.PLAN_CHANGE_SUMMARY]) == 1
    await at_work.client.get_workflow_handle(handle.id).terminate()


async def test_until_the_period_ends_it_can_be_undone(at_work: Stage) -> None:
    handle = await active(at_work)
    await change(handle, LESS)
    assert "undo it first" in await refused(handle, MORE)
    await eventually(lambda: at_work.processes.notices)
    await handle.signal(SubscriptionWorkflow.summary_settled, deliver(at_work))
    await eventually(lambda: at_work.payments.next_price == "price_basic")
    await handle.execute_update(SubscriptionWorkflow.undo_plan_change, ANA)
    assert (at_work.payments.next_price, state_of(at_work)) == ("", ChangeState.UNDONE)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(SubscriptionWorkflow.undo_plan_change, ANA)
    await handle.terminate()


async def test_whoever_owes_may_have_less_and_nothing_that_is_charged(at_work: Stage) -> None:
    handle, _ = await failed(at_work)
    assert "pay it first" in await refused(handle, MORE)
    await change(handle, LESS)
    assert state_of(at_work) is ChangeState.WAITING
    await handle.terminate()


async def test_a_debt_that_ends_in_a_smaller_plan_drops_what_waited(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    await change(handle, LESS)
    await at_work.payments.write_off(invoice, "written-off")
    ended = CaseNews(invoice, CaseStage.CLOSED, Outcome.WRITTEN_OFF, ending=Ending.DOWNGRADE, plan="pro")
    await handle.signal(SubscriptionWorkflow.case_reported, ended)
    await eventually(lambda: state_of(at_work) is ChangeState.DROPPED)
    assert at_work.payments.prices == ["price_pro"]
    await handle.terminate()


async def test_in_a_trial_more_is_there_at_once_and_nothing_is_charged(at_work: Stage) -> None:
    handle = await active(at_work, trial_days=14)
    assert (await change(handle, MORE)).status == "trialing"
    assert (plan_of(at_work, handle), at_work.store.payments) == ("max", {})
    await handle.terminate()


async def test_a_cancellation_drops_what_waits_is_kept_and_can_be_taken_back(at_work: Stage) -> None:
    handle = await active(at_work)
    await change(handle, LESS)
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "leaves", change="pc_2", shown=SHOWN))
    assert (state_of(at_work), state_of(at_work, "pc_2")) == (ChangeState.DROPPED, ChangeState.WAITING)
    assert "take the cancellation back" in await refused(handle, LESS)
    await handle.execute_update(SubscriptionWorkflow.keep_subscription, ANA)
    assert state_of(at_work, "pc_2") is ChangeState.UNDONE
    assert not at_work.store.subscriptions[name_of(handle)].cancel_at_period_end
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(SubscriptionWorkflow.keep_subscription, ANA)
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "leaves", change="pc_3", shown=SHOWN))
    assert at_work.payments.word is not None
    at_work.payments.word = replace(at_work.payments.word, status="canceled")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await handle.result()
    assert state_of(at_work, "pc_3") is ChangeState.DONE


@pytest.mark.parametrize(
    ("offer", "status"),
    [
        (StayOffer(OfferKind.DISCOUNT, percent=30, months=3), Status.ACTIVE),
        (StayOffer(OfferKind.PAUSE, days=30), Status.PAUSED),
    ],
)
async def test_an_offer_to_stay_is_given_and_kept(at_work: Stage, offer: StayOffer, status: Status) -> None:
    handle = await active(at_work)
    order = TakeOffer("ana", "stays", change="pc_1", plan="basic", price=Money(9_900), offer=offer, shown=SHOWN)
    answer = await handle.execute_update(SubscriptionWorkflow.take_stay_offer, order)
    kept = at_work.store.minded["pc_1"]
    assert (answer.status, kept.state, kept.offer) == (status, ChangeState.RETAINED, offer.code)
    assert at_work.payments.discounts == ([(30, 3)] if offer.percent else [])
    assert plan_of(at_work, handle) == "pro"
    await handle.terminate()
