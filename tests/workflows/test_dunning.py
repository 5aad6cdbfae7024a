"""The dunning case in time: real workflow, real server whose clock skips, fakes at the ports."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from models.collecting.cases import Case, Hold, HoldKind, Outcome
from models.collecting.cases import Stage as CaseStage
from models.collecting.contact import ANYTIME
from models.collecting.declines import Decline
from models.messages import (
    AdoptPolicy,
    AgreeInstalments,
    Command,
    Days,
    DunningStart,
    ExternalPayment,
    Line,
    Pause,
    Promise,
    SkipToStep,
)
from models.periods import Calendar
from models.policies.policy import Ending, Policy, Retries
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Instalment, Invoice, InvoiceStatus
from tests.conftest import Stage, eventually
from tests.samples import PRICE, RUTHLESS, overdue
from workflows.dunning import DunningWorkflow

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

PAGE = """name: whole
steps:
  - {{at: 1d, do: notify, notice: payment_failed}}
  - {{at: 2d, do: degrade, notice: degraded}}
  - {{at: 3d, do: escalate}}
  - {{at: 4d, do: suspend, notice: suspended}}
  - {{at: 5d, do: warn_deletion, notice: deletion_warning}}
  - {{at: 6d, do: request_deletion}}
  - {{at: 7d, do: close, then: {then}}}
"""


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(DunningWorkflow):
        yield stage


async def opened(
    stage: Stage, code: str = "insufficient_funds", policy: Policy = RUTHLESS
) -> WorkflowHandle[Any, Outcome]:
    invoice = f"in_{uuid.uuid4().hex[:8]}"
    stage.payments.add(overdue(invoice, NOW, code))
    case = Case(invoice, PRICE, datetime.now(UTC), policy, Calendar(), decline=Decline(code))
    return await stage.client.start_workflow(
        DunningWorkflow.run,
        DunningStart("acme", "s_1", "clinic-7", "pro", case),
        id=f"dunning:acme:{invoice}",
        task_queue=stage.queue,
    )


def invoice_of(handle: WorkflowHandle[Any, Any]) -> str:
    return handle.id.split(":")[2]


async def test_a_debt_nobody_pays_walks_the_whole_ladder_and_ends(at_work: Stage) -> None:
    handle = await opened(at_work)
    assert await handle.result() is Outcome.EXHAUSTED
    assert len(at_work.payments.by_key) == 3
    assert at_work.processes.kinds == [
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.UPDATE_CARD,
        NoticeKind.SUSPENDED,
        NoticeKind.DELETION_WARNING,
    ]
    row = at_work.store.case_rows[invoice_of(handle)]
    assert row.closed_at is not None
    assert 29.9 < (row.closed_at - row.opened_at) / timedelta(days=1) < 30.1
    assert [news.stage for news in at_work.processes.cases][-1] is CaseStage.CLOSED
    assert [a for a in at_work.store.actions if a.startswith("D")] == [
        "D0 notify",
        "D+1 notify",
        "D+3 suspend",
        "D+7 warn deletion",
        "D+30 close",
    ]


async def test_the_second_retry_collects_and_nothing_more_is_sent(at_work: Stage) -> None:
    at_work.payments.script = ["insufficient_funds", "paid"]
    handle = await opened(at_work)
    assert await handle.result() is Outcome.PAID
    assert at_work.processes.kinds == [NoticeKind.PAYMENT_FAILED]
    settled = at_work.processes.cases[-1].settled
    assert settled is not None
    assert settled.charge is not None


async def test_a_hard_decline_spends_no_retry(at_work: Stage) -> None:
    handle = await opened(at_work, "lost_card")
    assert await handle.result() is Outcome.EXHAUSTED
    assert at_work.payments.by_key == {}


async def test_a_hard_decline_on_a_retry_ends_the_retries(at_work: Stage) -> None:
    at_work.payments.script = ["stolen_card"]
    handle = await opened(at_work)
    await handle.result()
    assert len(at_work.payments.by_key) == 1


@pytest.mark.parametrize(("days", "first"), [(8, "D0 notify"), (40, "D0 notify"), (40, "D+3 suspend")])
async def test_after_steps_fell_due_with_no_worker_there_the_ladder_moves_back_once_and_nothing_comes_in_a_row(
    stage: Stage, days: int, first: str
) -> None:
    names = [step.name for step in RUTHLESS.steps]
    taken = names.index(first)
    away = datetime.now(UTC) - timedelta(days=days)
    invoice = f"in_{uuid.uuid4().hex[:8]}"
    stage.payments.add(overdue(invoice, away))
    case = Case(invoice, PRICE, away, RUTHLESS, Calendar(), position=taken, decline=Decline("insufficient_funds"))
    handle = await stage.client.start_workflow(
        DunningWorkflow.run,
        DunningStart("acme", "s_1", "clinic-7", "pro", case),
        id=f"dunning:acme:{invoice}",
        task_queue=stage.queue,
    )
    async with stage.working(DunningWorkflow):  # the first worker there is since the case began
        assert await handle.result() is Outcome.EXHAUSTED
    assert stage.store.actions.count("ladder moved back") == 1
    at = {entry.action: entry.at for entry in stage.store.entries.values()}
    for before, after in pairwise(step for step in RUTHLESS.steps[taken:] if step.name in at):
        planned, came = after.offset - before.offset, at[after.name] - at[before.name]
        assert abs(came - planned) < timedelta(minutes=5), f"{before.name}, then {after.name} {came} later"
    assert {"D+3 suspend", "D+7 warn deletion", "D+30 close"} <= at.keys()


async def test_a_provider_outage_repeats_the_same_attempt_with_the_same_key(at_work: Stage) -> None:
    handle = await opened(at_work)
    at_work.payments.outage = 4
    at_work.payments.script = ["paid"]
    assert await handle.result() is Outcome.PAID
    assert [key.rpartition("/")[2] for key in at_work.payments.by_key] == ["attempt-1"]


async def test_an_invoice_paid_without_our_hearing_of_it_is_never_suspended(at_work: Stage) -> None:
    at_work.payments.script = ["insufficient_funds"] * 3
    handle = await opened(at_work)
    original = at_work.payments.charge_invoice

    async def paid_after_the_third(invoice: str, key: str) -> Any:
        result = await original(invoice, key)
        if key.endswith("attempt-3"):
            at_work.payments.pay(invoice, NOW)
        return result

    at_work.payments.charge_invoice = paid_after_the_third  # type: ignore[method-assign]
    assert await handle.result() is Outcome.PAID
    assert NoticeKind.SUSPENDED not in at_work.processes.kinds


async def paused(stage: Stage) -> WorkflowHandle[Any, Outcome]:
    """A case that stands still, so that orders can be given to it without the clock running ahead."""
    handle = await opened(stage)
    await handle.execute_update(DunningWorkflow.pause_dunning, Command("ana", "disputed"))
    return handle


async def test_a_paused_case_waits_and_resumes_with_the_same_distances(at_work: Stage) -> None:
    handle = await paused(at_work)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(DunningWorkflow.pause_dunning, Command("ana", "again"))
    assert "already paused" in str(refused.value.cause)
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "settled"))
    assert await handle.result() is Outcome.EXHAUSTED


async def test_a_payment_made_outside_ends_the_case_with_its_own_charge(at_work: Stage) -> None:
    handle = await paused(at_work)
    answer = await handle.execute_update(
        DunningWorkflow.record_external_payment, ExternalPayment("ana", "SPEI seen", reference="TRK-1")
    )
    assert answer.status == Outcome.PAID_OUTSIDE
    assert await handle.result() is Outcome.PAID_OUTSIDE
    settled = at_work.processes.cases[-1].settled
    assert settled is not None
    assert settled.charge is not None
    assert settled.charge.id == f"out_{invoice_of(handle)}"


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (ExternalPayment("ana", "x", method="cheque", reference="1"), "method"),
        (ExternalPayment("ana", "x", reference=" "), "reference"),
        (ExternalPayment("", "x", reference="1"), "actor"),
        (ExternalPayment("ana", "", reference="1"), "reason"),
    ],
)
async def test_an_order_that_lacks_something_is_refused_in_words(
    at_work: Stage, order: ExternalPayment, says: str
) -> None:
    handle = await paused(at_work)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(DunningWorkflow.record_external_payment, order)
    assert says in str(refused.value.cause)
    await handle.terminate()


async def test_a_paid_case_cannot_be_extended(at_work: Stage) -> None:
    at_work.payments.script = ["paid"]
    handle = await opened(at_work)
    assert await handle.result() is Outcome.PAID
    state = await handle.query(DunningWorkflow.state)
    assert state.outcome is Outcome.PAID


async def test_grace_given_moves_every_later_step(at_work: Stage) -> None:
    handle = await paused(at_work)
    before = await handle.query(DunningWorkflow.state)
    await handle.execute_update(DunningWorkflow.extend_grace, Days("ana", "asked", 3))
    after = await handle.query(DunningWorkflow.state)
    assert after.shift - before.shift == timedelta(days=3)
    await handle.terminate()


async def test_skipping_goes_forward_only(at_work: Stage) -> None:
    handle = await paused(at_work)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(DunningWorkflow.skip_to_step, SkipToStep("ana", "x", step=0))
    await handle.execute_update(DunningWorkflow.skip_to_step, SkipToStep("ana", "x", step=8))
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))
    assert await handle.result() is Outcome.EXHAUSTED
    assert NoticeKind.SUSPENDED not in at_work.processes.kinds


async def test_a_new_card_is_tried_at_once_and_spends_no_attempt(at_work: Stage) -> None:
    handle = await opened(at_work, "lost_card")
    await handle.execute_update(DunningWorkflow.pause_dunning, Command("ana", "wait"))
    at_work.payments.script = ["paid"]
    await handle.signal(DunningWorkflow.card_updated, "pm_2")
    assert await handle.result() is Outcome.PAID
    assert [key.rpartition("/")[2] for key in at_work.payments.by_key] == ["card-pm_2"]


async def test_service_given_back_is_taken_again_with_a_new_message(at_work: Stage) -> None:
    handle = await paused(at_work)
    await handle.execute_update(DunningWorkflow.skip_to_step, SkipToStep("ana", "x", step=6))
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))
    assert await handle.result() is Outcome.EXHAUSTED
    assert at_work.processes.kinds.count(NoticeKind.SUSPENDED) == 1


async def test_a_canceled_subscription_is_no_longer_dunned(at_work: Stage) -> None:
    handle = await paused(at_work)
    await handle.signal(DunningWorkflow.subscription_canceled)
    assert await handle.result() is Outcome.CANCELED


async def test_a_voided_invoice_ends_the_case_without_payment(at_work: Stage) -> None:
    handle = await paused(at_work)
    at_work.payments.take_back(invoice_of(handle))
    await handle.signal(DunningWorkflow.invoice_seen, at_work.payments.invoices[invoice_of(handle)])
    assert await handle.result() is Outcome.VOIDED
    assert at_work.processes.cases[-1].settled is None


async def test_late_news_of_failure_does_not_reopen_a_paid_case(at_work: Stage) -> None:
    handle = await paused(at_work)
    invoice = invoice_of(handle)
    failed = at_work.payments.invoices[invoice]
    await handle.signal(DunningWorkflow.invoice_seen, at_work.payments.pay(invoice, NOW))
    assert await handle.result() is Outcome.PAID
    await eventually(lambda: at_work.store.case_rows[invoice].outcome is Outcome.PAID)
    assert replace(failed, attempted=True).overdue


async def test_a_charge_the_provider_will_not_hear_of_is_told_and_the_ladder_goes_on(at_work: Stage) -> None:
    handle = await opened(at_work)
    at_work.payments.refusals = 1
    assert await handle.result() is Outcome.EXHAUSTED
    assert "charge not possible" in at_work.store.actions
    assert len(at_work.payments.by_key) == 2


async def test_an_order_the_provider_refuses_is_refused_in_words_and_the_case_stays_open(at_work: Stage) -> None:
    handle = await paused(at_work)
    at_work.payments.refusals = 1
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(
            DunningWorkflow.record_external_payment, ExternalPayment("ana", "SPEI seen", reference="TRK-1")
        )
    assert "will not do this" in str(refused.value.cause)
    assert (await handle.query(DunningWorkflow.state)).outcome is None
    await handle.terminate()


@pytest.mark.parametrize("order", ["write_off", "record_external_payment"])
async def test_an_order_about_an_invoice_paid_meanwhile_changes_nothing_and_the_money_counts(
    at_work: Stage, order: str
) -> None:
    handle = await paused(at_work)
    invoice = invoice_of(handle)
    paid = at_work.payments.pay(invoice, NOW)

    async def answers_as_it_is(invoice: str, key: str) -> Invoice:
        return paid

    at_work.payments.write_off = at_work.payments.settle_outside = answers_as_it_is  # type: ignore[method-assign]
    said = ExternalPayment("ana", "x", reference="1") if order == "record_external_payment" else Command("ana", "x")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(order, said)
    assert "already paid" in str(refused.value.cause)
    assert await handle.result() is Outcome.PAID
    assert at_work.processes.cases[-1].settled == paid


async def promised(stage: Stage) -> WorkflowHandle[Any, Outcome]:
    """A case in which a promise was made for ten days from now, on its own clock."""
    handle = await paused(stage)
    held = (await handle.query(DunningWorkflow.state)).hold
    assert held is not None
    until = held.since + timedelta(days=10)
    answer = await handle.execute_update(DunningWorkflow.promise_to_pay, Promise("ana", "said so", until))
    assert answer.status == "on hold: promise"
    return handle


async def test_a_promise_that_is_not_kept_lets_the_ladder_go_on_by_itself(at_work: Stage) -> None:
    handle = await promised(at_work)
    assert await handle.result() is Outcome.EXHAUSTED
    row = at_work.store.case_rows[invoice_of(handle)]
    assert (row.promises, row.broken_promises) == (1, 1)
    assert "dunning resumed" in at_work.store.actions
    assert row.closed_at is not None
    assert row.closed_at - row.opened_at >= timedelta(days=40)


async def test_a_promise_that_is_kept_ends_the_case(at_work: Stage) -> None:
    handle = await paused(at_work)
    held = (await handle.query(DunningWorkflow.state)).hold
    assert held is not None
    at_work.payments.pay(invoice_of(handle), NOW)
    promise = Promise("ana", "said so", held.since + timedelta(days=10))
    await handle.execute_update(DunningWorkflow.promise_to_pay, promise)
    await handle.signal(DunningWorkflow.invoice_seen, at_work.payments.invoices[invoice_of(handle)])
    assert await handle.result() is Outcome.PAID
    assert NoticeKind.SUSPENDED not in at_work.processes.kinds


async def test_a_disputed_debt_is_held_until_somebody_lets_it_go_on(at_work: Stage) -> None:
    handle = await opened(at_work)
    await handle.execute_update(DunningWorkflow.pause_dunning, Pause("ana", "never ordered it", disputed=True))
    state = await handle.query(DunningWorkflow.state)
    assert state.hold is not None
    assert (state.hold.kind, state.hold.until) == (HoldKind.DISPUTE, None)
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "they remembered"))
    assert await handle.result() is Outcome.EXHAUSTED


async def test_a_pause_of_some_days_ends_by_itself(at_work: Stage) -> None:
    handle = await opened(at_work)
    await handle.execute_update(DunningWorkflow.pause_dunning, Pause("ana", "on holiday", days=5))
    assert await handle.result() is Outcome.EXHAUSTED


async def test_a_running_case_moves_to_another_policy(at_work: Stage) -> None:
    handle = await opened(at_work)
    await handle.execute_update(DunningWorkflow.pause_dunning, Pause("ana", "wait"))
    runbook = replace(preset("alpha-runbook"), contact=ANYTIME)
    await handle.execute_update(DunningWorkflow.adopt_policy, AdoptPolicy("ana", "too hard", runbook))
    assert (await handle.query(DunningWorkflow.state)).policy.name == "alpha-runbook"
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))
    assert await handle.result() is Outcome.EXHAUSTED
    assert NoticeKind.DELETION_WARNING in at_work.processes.kinds


async def test_a_refusal_for_good_on_a_retry_asks_for_another_card_at_once(at_work: Stage) -> None:
    at_work.payments.script = ["insufficient_funds", "stolen_card"]
    handle = await opened(at_work)
    await handle.result()
    assert at_work.processes.kinds[:2] == [NoticeKind.PAYMENT_FAILED, NoticeKind.UPDATE_CARD]
    assert at_work.processes.kinds.count(NoticeKind.UPDATE_CARD) == 2  # at once, and the ladder's own


async def test_a_charge_the_holder_must_approve_sends_the_link_for_it(at_work: Stage) -> None:
    handle = await opened(at_work, "authentication_required")
    assert await handle.result() is Outcome.EXHAUSTED
    assert at_work.payments.by_key == {}
    assert at_work.processes.kinds[:2] == [NoticeKind.AUTHENTICATE, NoticeKind.AUTHENTICATE]


@pytest.mark.parametrize(
    ("then", "outcome", "ending"),
    [
        ("cancel", Outcome.EXHAUSTED, Ending.CANCEL),
        ("pause", Outcome.EXHAUSTED, Ending.PAUSE),
        ("write_off", Outcome.WRITTEN_OFF, Ending.WRITE_OFF),
        ("downgrade, plan: free", Outcome.WRITTEN_OFF, Ending.DOWNGRADE),
    ],
)
async def test_a_ladder_ends_as_its_policy_says(at_work: Stage, then: str, outcome: Outcome, ending: Ending) -> None:
    handle = await opened(at_work, policy=replace(parse(PAGE.format(then=then)), contact=ANYTIME))
    assert await handle.result() is outcome
    last = at_work.processes.cases[-1]
    assert (last.ending, last.plan) == (ending, "free" if ending is Ending.DOWNGRADE else "")
    row = at_work.store.case_rows[invoice_of(handle)]
    assert row.escalated_at is not None
    assert row.deletion_asked_at is not None
    assert [news.stage for news in at_work.processes.cases].count(CaseStage.DEGRADED) >= 1


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("paid", [False, True])
async def test_every_preset_walks_to_its_end(at_work: Stage, name: str, paid: bool) -> None:
    policy = replace(preset(name), contact=ANYTIME)
    at_work.payments.script = ["insufficient_funds"] * (policy.retries - 1) + ["paid" if paid else "do_not_honor"]
    handle = await opened(at_work, policy=policy)
    assert await handle.result() is (Outcome.PAID if paid else Outcome.EXHAUSTED)
    assert len(at_work.payments.by_key) == policy.retries


async def test_a_card_is_never_tried_more_often_than_its_network_allows(at_work: Stage) -> None:
    policy = replace(RUTHLESS, retry=Retries(budget=2))
    handle = await opened(at_work, policy=policy)
    assert await handle.result() is Outcome.EXHAUSTED
    assert len(at_work.payments.by_key) == 2
    assert at_work.store.actions.count("charge withheld") == 1
    other = await opened(at_work, policy=policy)  # the same card, another invoice
    await other.execute_update(DunningWorkflow.pause_dunning, Pause("ana", "x"))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await other.execute_update(DunningWorkflow.retry_now, Command("ana", "try again"))
    assert "no more attempts" in str(refused.value.cause)
    assert len(at_work.payments.by_key) == 2
    await other.terminate()


async def test_a_card_refused_for_good_is_charged_again_only_when_the_holder_gives_it_anew(at_work: Stage) -> None:
    at_work.payments.script = ["stolen_card", "paid"]
    handle = await paused(at_work)
    await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "they swear"))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "once more"))
    assert len(at_work.payments.by_key) == 1
    await handle.signal(DunningWorkflow.card_updated, "pm_2")
    assert await handle.result() is Outcome.PAID


def under_way(stage: Stage, handle: WorkflowHandle[Any, Any], until: datetime | None = None) -> Invoice:
    """The invoice with a voucher or a transfer out for it; nobody tells the case."""
    stage.payments.add(replace(stage.payments.invoices[invoice_of(handle)], in_flight=True, pending_until=until))
    return stage.payments.invoices[invoice_of(handle)]


async def test_a_voucher_holds_the_ladder_and_the_attempt_it_stopped_is_made_when_it_has_run_out(
    at_work: Stage,
) -> None:
    handle = await paused(at_work)
    voucher = under_way(at_work, handle, datetime.now(UTC) + timedelta(days=400))
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))

    async def waits() -> bool:
        return at_work.store.case_rows[voucher.id].hold == HoldKind.PENDING

    await eventually(waits)
    assert at_work.payments.by_key == {}
    over = replace(voucher, in_flight=False, pending_until=None)
    at_work.payments.add(over)
    await handle.signal(DunningWorkflow.invoice_seen, over)
    assert await handle.result() is Outcome.EXHAUSTED
    assert [key.rpartition("/")[2] for key in at_work.payments.by_key] == ["attempt-1-1", "attempt-2-1", "attempt-3-1"]
    assert "payment on its way" in at_work.store.actions


async def test_a_transfer_that_never_comes_ends_as_any_debt_without_a_charge_beside_it(at_work: Stage) -> None:
    handle = await paused(at_work)
    under_way(at_work, handle)
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))
    assert await handle.result() is Outcome.EXHAUSTED
    assert at_work.payments.by_key == {}
    row = at_work.store.case_rows[invoice_of(handle)]
    assert row.closed_at is not None
    assert (row.closed_at - row.opened_at) / timedelta(days=1) > 32.9  # three days later than without it
    assert NoticeKind.UPDATE_CARD in at_work.processes.kinds


async def test_nobody_pays_twice_by_voucher_and_by_card_unless_they_give_a_card_anew(at_work: Stage) -> None:
    handle = await paused(at_work)
    under_way(at_work, handle)
    await handle.execute_update(DunningWorkflow.retry_now, Command("ana", "try"))
    assert at_work.payments.by_key == {}
    at_work.payments.script = ["paid"]
    await handle.signal(DunningWorkflow.card_updated, "pm_2")
    assert await handle.result() is Outcome.PAID


async def test_a_voucher_paid_without_our_hearing_of_it_ends_the_wait(at_work: Stage) -> None:
    handle = await paused(at_work)
    voucher = under_way(at_work, handle, datetime.now(UTC) + timedelta(days=400))
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))

    async def waits() -> bool:
        return at_work.store.case_rows[voucher.id].hold == HoldKind.PENDING

    await eventually(waits)
    at_work.payments.pay(voucher.id, datetime.now(UTC))
    assert await handle.result() is Outcome.PAID
    assert NoticeKind.SUSPENDED not in at_work.processes.kinds


async def test_a_refusal_that_says_nothing_is_looked_at_again_and_then_treated_as_soft(at_work: Stage) -> None:
    at_work.payments.script = ["never_heard_of_it", "paid"]
    handle = await opened(at_work)
    assert await handle.result() is Outcome.PAID
    assert len(at_work.payments.by_key) == 2


async def test_a_debt_behind_an_older_one_says_nothing_until_it_comes_first(at_work: Stage) -> None:
    handle = await paused(at_work)
    await handle.signal(DunningWorkflow.line_moved, Line(behind=True))  # support's pause is left alone
    await handle.execute_update(DunningWorkflow.resume_dunning, Command("ana", "go"))
    other = await paused(at_work)
    at_work.processes.notices.clear()
    hold = Hold(HoldKind.BEHIND, datetime.now(UTC))
    behind = replace(await other.query(DunningWorkflow.state), hold=hold, position=0)
    waiting = await at_work.client.start_workflow(
        DunningWorkflow.run,
        DunningStart("acme", "s_1", "clinic-7", "pro", behind),
        id=f"dunning:acme:behind-{behind.invoice}",
        task_queue=at_work.queue,
    )
    assert (await waiting.query(DunningWorkflow.state)).hold == behind.hold
    await waiting.signal(DunningWorkflow.line_moved, Line(behind=False, stage=CaseStage.DELETION_WARNED))
    assert await waiting.result() is Outcome.EXHAUSTED
    mine = [notice.kind for notice in at_work.processes.notices if notice.invoice == behind.invoice]
    assert mine == [
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.UPDATE_CARD,
        NoticeKind.SUSPENDED,
        NoticeKind.DELETION_WARNING,
    ]
    assert "the oldest debt now" in at_work.store.actions
    await other.terminate()


async def test_a_payment_plan_takes_the_place_of_the_invoice_and_ends_its_case(at_work: Stage) -> None:
    handle = await paused(at_work)
    name = invoice_of(handle)
    now = datetime.now(UTC)
    short = AgreeInstalments("ana", "asked", (Instalment(100, now + timedelta(days=400)),))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(DunningWorkflow.agree_instalments, short)
    days = [now + timedelta(days=200 + n * 30) for n in (1, 2)]
    order = AgreeInstalments("ana", "asked", (Instalment(4_900, days[0]), Instalment(10_000, days[1])))
    answer = await handle.execute_update(DunningWorkflow.agree_instalments, order)
    assert answer.status == "replaced"
    assert await handle.result() is Outcome.REPLACED
    made = [each for each in at_work.payments.invoices.values() if each.part_of == name]
    assert [(each.due.centavos, each.finalizes_at) for each in made] == [(4_900, days[0]), (10_000, days[1])]
    assert at_work.payments.invoices[name].status is InvoiceStatus.VOID
    last = at_work.processes.cases[-1]
    assert (last.outcome, last.settled) == (Outcome.REPLACED, None)
    assert "instalments agreed" in at_work.store.actions


async def test_a_plan_the_provider_refuses_leaves_the_case_as_it_was(at_work: Stage) -> None:
    handle = await paused(at_work)
    now = datetime.now(UTC)
    at_work.payments.refusals = 1
    order = AgreeInstalments("ana", "x", tuple(Instalment(7_450, now + timedelta(days=d)) for d in (200, 230)))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(DunningWorkflow.agree_instalments, order)
    assert (await handle.query(DunningWorkflow.state)).outcome is None
    await handle.terminate()
