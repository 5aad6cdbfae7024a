"""The subscription in time: real workflow, real server whose clock skips, fakes at the ports."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from activities.ports.payments import Checkout
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome
from models.collecting.cases import Stage as CaseStage
from models.messages import Cancel, Command, Days, Opening, SubscriptionStart
from models.periods import Calendar
from models.policies.policy import Action, Step
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import InvoiceStatus
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from tests.conftest import Stage, eventually
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.subscription import SubscriptionWorkflow

NEWS = ProviderNews("evt_1", "invoice.paid")


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        yield stage


async def started(stage: Stage, *, still: bool = False, **more: Any) -> WorkflowHandle[Any, Opening]:
    """A subscription; `still`: its clock does not run ahead, so that orders can be given to it as it stands."""
    name = f"s_{uuid.uuid4().hex[:8]}"
    return await (stage.still if still else stage.client).start_workflow(
        SubscriptionWorkflow.run,
        SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_1", **more),
        id=f"sub:acme:{name}",
        task_queue=stage.queue,
    )


def name_of(handle: WorkflowHandle[Any, Any]) -> str:
    return handle.id.split(":")[2]


async def status(handle: WorkflowHandle[Any, Any]) -> Status:
    return (await handle.query(SubscriptionWorkflow.state)).status


async def case_said(stage: Stage, invoice: str) -> list[str]:
    return await stage.client.get_workflow_handle(f"dunning:acme:{invoice}").query(SilentCase.said)


async def test_a_refused_first_charge_opens_nothing_and_says_why(at_work: Stage) -> None:
    at_work.payments.refuse_opening = "insufficient_funds"
    handle = await started(at_work)
    assert await handle.result() == Opening(Status.CANCELED, "insufficient_funds")
    row = at_work.store.subscriptions[name_of(handle)]
    assert (row.status, row.refusal) == (Status.CANCELED, "insufficient_funds")
    assert at_work.processes.kinds == []


async def test_a_payment_method_nobody_knows_is_answered_at_once(at_work: Stage) -> None:
    at_work.payments.refusals = 1
    handle = await started(at_work)
    assert await handle.result() == Opening(Status.CANCELED, "resource_missing")


async def test_a_look_that_is_refused_is_repeated_until_somebody_mends_it(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    at_work.payments.pay(invoice, datetime.now(UTC))
    at_work.payments.refusals = 1
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)

    async def told() -> bool:
        return await case_said(at_work, invoice) == ["seen paid"]

    await eventually(told)
    await handle.terminate()


async def test_an_order_the_provider_refuses_is_refused_in_words_and_the_process_goes_on(at_work: Stage) -> None:
    at_work.payments.word = provider(datetime.now(UTC), days=30)
    handle = await started(at_work, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    at_work.payments.refusals = 1
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
    assert "will not do this" in str(refused.value.cause)
    assert (
        await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
    ).status == "paused"
    await handle.terminate()


async def test_a_checkout_ends_when_the_provider_says_so_and_not_by_our_clock(at_work: Stage) -> None:
    now = datetime.now(UTC)
    page = Checkout("cs_1", "https://checkout.test/1", now - timedelta(seconds=1))
    at_work.payments.checkout = page
    handle = await started(at_work, still=True, checkout=page.id)
    assert (await handle.execute_update(SubscriptionWorkflow.opened)).status is Status.INCOMPLETE
    at_work.payments.word = provider(now)
    at_work.payments.checkout = replace(page, status="complete", subscription="sub_1")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: at_work.store.history[-1:] == [Status.ACTIVE])
    await handle.terminate()


async def test_a_signup_is_answered_with_the_status_reached(at_work: Stage) -> None:
    at_work.payments.word = provider(datetime.now(UTC), status="trialing", trial_days=7)
    handle = await started(at_work)
    assert await handle.execute_update(SubscriptionWorkflow.opened) == Opening(Status.TRIALING)
    await handle.terminate()


async def test_three_days_before_the_trial_ends_one_notice_goes_out(at_work: Stage) -> None:
    at_work.payments.word = provider(datetime.now(UTC), status="trialing", trial_days=7)
    handle = await started(at_work)
    await eventually(lambda: at_work.processes.notices)
    notice = at_work.processes.notices[0]
    assert notice.kind is NoticeKind.TRIAL_ENDING
    assert notice.on == at_work.payments.word.period_end
    await eventually(lambda: at_work.payments.looks >= 2)
    assert at_work.processes.kinds == [NoticeKind.TRIAL_ENDING]
    await handle.terminate()


async def test_a_renewal_nobody_told_of_is_asked_for_and_continues_as_a_new_run(at_work: Stage) -> None:
    now = datetime.now(UTC)
    at_work.payments.word = provider(now)
    handle = await started(at_work)
    first_run = (await handle.describe()).run_id
    await eventually(lambda: at_work.processes.kinds == [NoticeKind.RENEWAL])
    end = at_work.payments.word.period_end
    at_work.payments.word = replace(at_work.payments.word, period_start=end, period_end=end + timedelta(days=30))
    at_work.payments.add(replace(overdue("in_2", end), status=InvoiceStatus.OPEN))
    at_work.payments.pay("in_2", end)
    latest = at_work.client.get_workflow_handle(handle.id)

    async def continued() -> bool:
        return (await latest.describe()).run_id != first_run

    await eventually(continued)
    await eventually(lambda: "ch_in_2" in at_work.store.payments)
    state = await latest.query(SubscriptionWorkflow.state)
    assert state.period_start == end
    assert "in_2" in state.settled
    await latest.terminate()


async def failed(stage: Stage, invoice: str = "") -> tuple[WorkflowHandle[Any, Opening], str]:
    """An active subscription whose invoice has just been declined."""
    now = datetime.now(UTC)
    stage.payments.word = provider(now, days=30)
    handle = await started(stage, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    invoice = invoice or f"in_{uuid.uuid4().hex[:8]}"
    stage.payments.add(overdue(invoice, now))
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: stage.store.history[-1:] == [Status.PAST_DUE])
    # An order waits for the act in progress: after it, the case's process is there.
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "is the case open?"))
    return handle, invoice


async def test_a_declined_renewal_is_past_due_with_one_case_however_often_it_is_told(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    for _ in range(5):
        await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    state = await handle.query(SubscriptionWorkflow.state)
    assert [case.invoice for case in state.cases] == [invoice]
    assert state.amount_due == PRICE.centavos
    await handle.terminate()


async def test_the_case_decides_when_service_stops_and_payment_gives_it_back_once(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await eventually(lambda: at_work.store.history[-1] is Status.SUSPENDED)
    paid = at_work.payments.pay(invoice, datetime.now(UTC))
    closing = CaseNews(invoice, CaseStage.CLOSED, Outcome.PAID, paid)
    await handle.signal(SubscriptionWorkflow.case_reported, closing)
    await handle.signal(SubscriptionWorkflow.case_reported, closing)
    await eventually(lambda: at_work.store.history[-1] is Status.ACTIVE)
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    assert at_work.processes.kinds == [NoticeKind.PAYMENT_RECEIVED]
    assert list(at_work.store.payments) == [f"ch_{invoice}"]
    assert invoice in at_work.store.restored
    invoicing = at_work.client.get_workflow_handle(f"cfdi:acme:ch_{invoice}")
    assert await invoicing.result() is None
    await handle.terminate()


async def test_nobody_is_thanked_for_money_that_has_not_arrived(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    for stage in (CaseStage.GRACE, CaseStage.SUSPENDED):  # a charge was tried, and tried again
        await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, stage))
        await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    assert (at_work.processes.kinds, at_work.store.payments) == ([], {})
    paid = at_work.payments.pay(invoice, datetime.now(UTC))
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.PAID, paid))
    await eventually(lambda: at_work.store.history[-1] is Status.ACTIVE)
    assert at_work.processes.kinds == [NoticeKind.PAYMENT_RECEIVED]
    await handle.terminate()


async def test_service_stays_suspended_until_the_last_overdue_invoice_is_paid(at_work: Stage) -> None:
    handle, first = await failed(at_work)
    second = f"in_{uuid.uuid4().hex[:8]}"
    at_work.payments.add(overdue(second, datetime.now(UTC)))
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    for invoice in (first, second):
        await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    paid = at_work.payments.pay(first, datetime.now(UTC))
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(first, CaseStage.CLOSED, Outcome.PAID, paid))
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    assert await status(handle) is Status.SUSPENDED

    async def told() -> bool:
        return bool(await case_said(at_work, second))

    await eventually(told)  # the answer may come before its case was told
    assert await case_said(at_work, second) == ["behind False, suspended"]
    await handle.terminate()


async def test_an_invoice_seen_paid_is_told_to_its_case_which_ends_first(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    at_work.payments.pay(invoice, datetime.now(UTC))
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    assert await case_said(at_work, invoice) == ["seen paid"]
    assert await status(handle) is Status.PAST_DUE
    await handle.terminate()


async def test_whoever_pays_is_restored_even_when_the_case_was_ended_by_hand(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await eventually(lambda: at_work.store.history[-1] is Status.SUSPENDED)
    await at_work.client.get_workflow_handle(f"dunning:acme:{invoice}").terminate("by an operator")
    at_work.payments.pay(invoice, datetime.now(UTC))
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: at_work.store.history[-1] is Status.ACTIVE)
    assert at_work.processes.kinds == [NoticeKind.PAYMENT_RECEIVED]
    await handle.terminate()


async def test_a_new_card_is_told_to_the_open_case(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    assert at_work.payments.word is not None
    at_work.payments.word = replace(at_work.payments.word, payment_method="pm_2")
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))
    assert await case_said(at_work, invoice) == ["card pm_2"]
    await handle.terminate()


async def test_a_debt_given_up_cancels_at_the_provider_and_says_goodbye(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.EXHAUSTED))
    assert (await handle.result()).status is not None
    assert at_work.payments.canceled == [False]
    assert at_work.store.history == [Status.ACTIVE, Status.PAST_DUE, Status.CANCELED]
    assert at_work.processes.kinds == [NoticeKind.CANCELED]


async def test_canceling_now_ends_the_open_case_before_the_process_ends(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    answer = await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked", at_period_end=False))
    assert answer.status == Status.CANCELED
    assert await case_said(at_work, invoice) == ["canceled"]
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.CANCELED))
    await handle.result()
    assert at_work.store.history[-1] is Status.CANCELED


async def test_a_cancelation_that_waits_for_the_act_in_progress_still_ends_the_process(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    paid = at_work.payments.pay(invoice, datetime.now(UTC))
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.PAID, paid))
    order = Cancel("ana", "asked", at_period_end=False)
    await asyncio.gather(
        handle.signal(SubscriptionWorkflow.provider_reported, NEWS),
        handle.execute_update(SubscriptionWorkflow.cancel, order),
        handle.signal(SubscriptionWorkflow.provider_reported, NEWS),
    )
    assert (await handle.result()).status is not Status.INCOMPLETE
    assert at_work.store.history[-1] is Status.CANCELED


async def test_news_that_comes_late_never_brings_a_canceled_subscription_back(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked", at_period_end=False))
    assert at_work.payments.word is not None
    at_work.payments.word = replace(at_work.payments.word, status="past_due")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await handle.execute_update(SubscriptionWorkflow.opened)
    await asyncio.sleep(0.1)
    assert await status(handle) is Status.CANCELED
    await handle.terminate()


async def test_support_suspends_and_restores_and_is_told_why_not(at_work: Stage) -> None:
    at_work.payments.word = provider(datetime.now(UTC), days=30)
    handle = await started(at_work, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "x"))
    assert "not suspended" in str(refused.value.cause)
    assert (
        await handle.execute_update(SubscriptionWorkflow.suspend_now, Command("ana", "abuse"))
    ).status == "suspended"
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(SubscriptionWorkflow.suspend_now, Command("ana", "abuse"))
    assert (await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "sorry"))).status == "active"
    actors = {e.action: (e.actor, e.reason) for e in at_work.store.entries.values()}
    assert actors["suspended by support"] == ("ana", "abuse")
    await handle.terminate()


async def test_giving_service_back_rewinds_the_ladder_of_the_case(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await eventually(lambda: at_work.store.history[-1] is Status.SUSPENDED)
    answer = await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "promised", 5))
    assert answer.status == Status.PAST_DUE
    assert await case_said(at_work, invoice) == ["restored 5"]
    await handle.terminate()


async def test_a_paused_subscription_is_not_charged_and_resumes(at_work: Stage) -> None:
    at_work.payments.word = provider(datetime.now(UTC), days=30)
    handle = await started(at_work, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    assert (
        await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
    ).status == "paused"
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
    assert (
        await handle.execute_update(SubscriptionWorkflow.resume_subscription, Command("ana", "x"))
    ).status == "active"
    await handle.terminate()


async def test_a_subscription_in_debt_cannot_be_paused(at_work: Stage) -> None:
    handle, _ = await failed(at_work)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(SubscriptionWorkflow.pause_subscription, Command("ana", "x"))
    assert "unpaid" in str(refused.value.cause)
    await handle.terminate()


async def test_a_storm_of_news_makes_few_looks_and_loses_nothing(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    looks = at_work.payments.looks
    await asyncio.gather(*(handle.signal(SubscriptionWorkflow.provider_reported, NEWS) for _ in range(200)))
    at_work.payments.pay(invoice, datetime.now(UTC))
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)

    async def told() -> bool:
        return "seen paid" in await case_said(at_work, invoice)

    await eventually(told)
    await handle.execute_update(SubscriptionWorkflow.refresh, Command("ana", "check"))  # behind all that was told
    assert at_work.payments.looks - looks < 100
    await handle.terminate()


async def test_the_operator_reads_where_it_stands(at_work: Stage) -> None:
    handle, invoice = await failed(at_work)
    details = await handle.query("__temporal_workflow_metadata")
    assert "past_due" in str(details)
    assert invoice in str(details)
    assert "ana@" not in str(details)
    await handle.terminate()


async def test_the_policy_says_when_a_renewal_is_announced(at_work: Stage) -> None:
    steps = tuple(Step(timedelta(days=-days), Action.NOTIFY, NoticeKind.RENEWAL) for days in (3, 7))
    at_work.store.pinned = replace(at_work.store.pinned, reminders=steps)
    at_work.payments.word = provider(datetime.now(UTC))
    handle = await started(at_work, still=True)
    await handle.execute_update(SubscriptionWorkflow.opened)
    state = await handle.query(SubscriptionWorkflow.state)
    assert [step.offset.days for step in state.reminders.steps] == [-7, -3]
    await handle.terminate()
    running = await started(at_work)
    await eventually(lambda: at_work.processes.kinds.count(NoticeKind.RENEWAL) == 2)
    told = [notice for notice in at_work.processes.notices if notice.kind is NoticeKind.RENEWAL]
    assert [notice.contact for notice in told] == [at_work.store.pinned.contact] * 2
    await running.terminate()
