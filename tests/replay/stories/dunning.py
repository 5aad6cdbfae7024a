"""What becomes of unpaid invoices."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from activities.failures import Throttled
from models.collecting.cases import Case, Outcome, Stage
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
from models.policies.policy import Action, Policy, Step
from models.policies.presets import preset
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Instalment
from models.tickets.messages import EscalateCase
from models.tickets.ticket import Priority
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from tests.samples import PRICE, RUTHLESS, overdue
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id

Handle = WorkflowHandle[Any, Outcome]
ANA = Command("ana", "customer called")


def invoice(theatre: Theatre) -> str:
    return f"in_{theatre.story}"


async def opened(theatre: Theatre, code: str = "insufficient_funds", *, still: bool = False) -> Handle:
    theatre.payments.add(overdue(invoice(theatre), theatre.started, code))
    case = Case(invoice(theatre), PRICE, theatre.started, RUTHLESS, Calendar(), decline=Decline(code))
    return await (theatre.still if still else theatre.client).start_workflow(
        DunningWorkflow.run,
        DunningStart("acme", "s_1", "clinic-7", "pro", case),
        id=dunning_id("acme", invoice(theatre)),
        task_queue=theatre.queue,
    )


async def in_grace(theatre: Theatre) -> Handle:
    """A case in its first hour, on the wall's clock, so that orders can be given to it."""
    handle = await opened(theatre, still=True)
    await eventually(lambda: NoticeKind.PAYMENT_FAILED in theatre.processes.kinds)
    return handle


def process(theatre: Theatre) -> Handle:
    return theatre.client.get_workflow_handle_for(DunningWorkflow.run, dunning_id("acme", invoice(theatre)))


async def pays(theatre: Theatre) -> None:
    """The customer pays, and the subscription sees it."""
    paid = theatre.payments.pay(invoice(theatre), theatre.started + timedelta(days=5))
    await process(theatre).signal(DunningWorkflow.invoice_seen, paid)


async def pays_on_second_retry(theatre: Theatre) -> Handle:
    theatre.payments.script = ["insufficient_funds", "paid"]
    handle = await opened(theatre)
    assert await handle.result() is Outcome.PAID
    assert len(theatre.payments.by_key) == 2
    return handle


async def hard_decline_new_card(theatre: Theatre) -> Handle:
    async def gives_another() -> None:
        theatre.payments.script = ["paid"]
        await process(theatre).signal(DunningWorkflow.card_updated, "pm_2")

    theatre.processes.reactions[NoticeKind.UPDATE_CARD] = gives_another
    handle = await opened(theatre, "lost_card")
    assert await handle.result() is Outcome.PAID
    assert len(theatre.payments.by_key) == 1
    return handle


async def suspended_then_pays_by_link(theatre: Theatre) -> Handle:
    theatre.processes.reactions[Stage.SUSPENDED] = lambda: pays(theatre)
    handle = await opened(theatre)
    assert await handle.result() is Outcome.PAID
    assert theatre.processes.kinds[-1] is NoticeKind.SUSPENDED
    return handle


async def gives_up(theatre: Theatre) -> Handle:
    handle = await opened(theatre)
    assert await handle.result() is Outcome.EXHAUSTED
    return handle


async def extended_by_support(theatre: Theatre) -> Handle:
    handle = await in_grace(theatre)
    await handle.execute_update(DunningWorkflow.extend_grace, Days("ana", "paid on Friday", 3))
    await pays(theatre)
    assert await handle.result() is Outcome.PAID
    return handle


async def written_again_after_a_restore(theatre: Theatre) -> Handle:
    """The books were restored from a backup made before the case: it writes its row again, and tells nobody anything new."""
    handle = await in_grace(theatre)
    await handle.execute_update(DunningWorkflow.refresh, Command("reconciliation", "the books know no case of it"))
    await pays(theatre)
    assert await handle.result() is Outcome.PAID
    return handle


async def paid_by_spei(theatre: Theatre) -> Handle:
    handle = await in_grace(theatre)
    order = ExternalPayment("ana", "transfer seen", method="spei", reference="2026112140014BMOV0000123456")
    await handle.execute_update(DunningWorkflow.record_external_payment, order)
    assert await handle.result() is Outcome.PAID_OUTSIDE
    return handle


async def canceled_mid_dunning(theatre: Theatre) -> Handle:
    theatre.processes.reactions[NoticeKind.UPDATE_CARD] = lambda: process(theatre).signal(
        DunningWorkflow.subscription_canceled
    )
    handle = await opened(theatre)
    assert await handle.result() is Outcome.CANCELED
    return handle


async def ladder_moved_back_after_outage(theatre: Theatre) -> Handle:
    """The provider is away for twenty hours at the first retry: the second is late by eight, and all that follows too."""
    theatre.payments.failures = [Throttled("away", 20 * 3600.0)]
    handle = await opened(theatre)
    assert await handle.result() is Outcome.EXHAUSTED
    assert "ladder moved back" in theatre.store.actions
    return handle


async def provider_down_then_paid(theatre: Theatre) -> Handle:
    theatre.payments.outage, theatre.payments.script = 3, ["paid"]
    handle = await opened(theatre)
    assert await handle.result() is Outcome.PAID
    return handle


async def waits_behind_an_older_debt(theatre: Theatre) -> Handle:
    """An older debt comes first; when that is settled, this one begins its clock and is paid."""
    handle = await in_grace(theatre)
    await handle.signal(DunningWorkflow.line_moved, Line(behind=True))
    await eventually(lambda: "dunning held: an older debt first" in theatre.store.actions)
    await handle.signal(DunningWorkflow.line_moved, Line(behind=False, stage=Stage.SUSPENDED))
    await eventually(lambda: "the oldest debt now" in theatre.store.actions)
    await pays(theatre)
    assert await handle.result() is Outcome.PAID
    return handle


async def waits_for_a_voucher(theatre: Theatre) -> Handle:
    """The first retry finds a voucher out; when it has run out unpaid, the retry is made."""
    handle = await in_grace(theatre)
    flying = replace(theatre.payments.invoices[invoice(theatre)], in_flight=True)
    await handle.signal(DunningWorkflow.invoice_seen, flying)
    await eventually(lambda: "payment on its way" in theatre.store.actions)
    await handle.signal(DunningWorkflow.invoice_seen, replace(flying, in_flight=False))
    await eventually(lambda: "dunning resumed" in theatre.store.actions)
    await pays(theatre)
    assert await handle.result() is Outcome.PAID
    return handle


async def agrees_on_parts(theatre: Theatre) -> Handle:
    handle = await in_grace(theatre)
    days = [theatre.started + timedelta(days=n) for n in (15, 30)]
    plan = AgreeInstalments("ana", "customer called", (Instalment(4_900, days[0]), Instalment(10_000, days[1])))
    await handle.execute_update(DunningWorkflow.agree_instalments, plan)
    assert await handle.result() is Outcome.REPLACED
    return handle


async def found_paid_before_suspension(theatre: Theatre) -> Handle:
    """The customer pays after the last retry, and nobody tells us: the last look sees it."""

    async def silently() -> None:
        theatre.payments.pay(invoice(theatre), theatre.started + timedelta(days=2))

    theatre.processes.reactions[NoticeKind.UPDATE_CARD] = silently
    handle = await opened(theatre)
    assert await handle.result() is Outcome.PAID
    assert NoticeKind.SUSPENDED not in theatre.processes.kinds
    return handle


async def restored_by_support_then_suspended_again(theatre: Theatre) -> Handle:
    theatre.processes.reactions[NoticeKind.SUSPENDED] = lambda: process(theatre).signal(
        DunningWorkflow.service_restored, Days("ana", "promised to pay", 5)
    )
    handle = await opened(theatre)
    assert await handle.result() is Outcome.EXHAUSTED
    assert theatre.processes.kinds.count(NoticeKind.SUSPENDED) == 2
    return handle


async def paused_skipped_and_resumed(theatre: Theatre) -> Handle:
    """Stopped for a dispute, moved to the suspension by hand, and let go on: on the skipping clock from there."""
    handle = await opened(theatre)
    await handle.execute_update(DunningWorkflow.pause_dunning, ANA)
    position = (await handle.query(DunningWorkflow.state)).position
    await handle.execute_update(DunningWorkflow.skip_to_step, SkipToStep("ana", "lost", step=max(position + 1, 6)))
    await handle.execute_update(DunningWorkflow.resume_dunning, ANA)
    assert await handle.result() is Outcome.EXHAUSTED
    return handle


async def retried_by_support(theatre: Theatre) -> Handle:
    theatre.payments.script = ["do_not_honor", "paid"]
    handle = await in_grace(theatre)
    for turn in ("first", "second"):
        await handle.execute_update(DunningWorkflow.retry_now, ANA, id=f"{turn}-press")
    assert await handle.result() is Outcome.PAID
    return handle


async def written_off(theatre: Theatre) -> Handle:
    handle = await in_grace(theatre)
    await handle.execute_update(DunningWorkflow.write_off, ANA)
    assert await handle.result() is Outcome.WRITTEN_OFF
    return handle


async def promised_disputed_and_moved(theatre: Theatre) -> Handle:
    """Mercy in every form: a promise, a dispute, another policy; then they pay."""
    handle = await in_grace(theatre)
    until = theatre.started + timedelta(days=9)
    await handle.execute_update(DunningWorkflow.promise_to_pay, Promise("ana", "said so by phone", until))
    await handle.execute_update(DunningWorkflow.resume_dunning, ANA)
    await handle.execute_update(DunningWorkflow.pause_dunning, Pause("ana", "not mine", days=20, disputed=True))
    await handle.execute_update(DunningWorkflow.adopt_policy, AdoptPolicy("ana", "too hard", preset("gentle-28d")))
    await pays(theatre)
    assert await handle.result() is Outcome.PAID
    return handle


async def escalated_by_step_and_by_hand(theatre: Theatre) -> Handle:
    """Asked for by support at once and by the ladder after three days; its ticket hears of both, and of the end."""
    theatre.store.pinned = preset("alpha-runbook")
    theatre.payments.add(overdue(invoice(theatre), theatre.started))
    policy = replace(preset("alpha-runbook"), contact=RUTHLESS.contact)
    case = Case(invoice(theatre), PRICE, theatre.started, policy, Calendar(), decline=Decline("insufficient_funds"))
    theatre.processes.reactions[NoticeKind.SUSPENDED] = lambda: pays(theatre)
    start = DunningStart("acme", "s_1", "clinic-7", "pro", case)
    place = {"id": dunning_id("acme", invoice(theatre)), "task_queue": theatre.queue}
    handle = await theatre.client.start_workflow(DunningWorkflow.run, start, **place)
    await handle.execute_update(DunningWorkflow.escalate, EscalateCase("ana", "they call daily", Priority.URGENT))
    assert await handle.result() is Outcome.PAID
    by = [(asked.by, asked.priority) for _, asked in theatre.processes.escalated]
    assert sorted(by) == [("ana", Priority.URGENT), ("perdura", Priority.HIGH)]
    assert theatre.processes.ended == [(f"tk_{invoice(theatre)}", "paid")]
    return handle


async def promise_broken(theatre: Theatre) -> Handle:
    handle = await opened(theatre)
    await handle.execute_update(DunningWorkflow.pause_dunning, Pause("ana", "on the phone"))
    held = (await handle.query(DunningWorkflow.state)).hold
    assert held is not None
    promise = Promise("ana", "said so", held.since + timedelta(days=5))
    await handle.execute_update(DunningWorkflow.promise_to_pay, promise)
    assert await handle.result() is Outcome.EXHAUSTED
    return handle


async def invoice_voided(theatre: Theatre) -> Handle:
    handle = await in_grace(theatre)
    theatre.payments.take_back(invoice(theatre))
    await handle.signal(DunningWorkflow.invoice_seen, theatre.payments.invoices[invoice(theatre)])
    assert await handle.result() is Outcome.VOIDED
    return handle


async def under(theatre: Theatre, policy: Policy, opened_at: datetime) -> Handle:
    """A case by a policy of one's own."""
    theatre.payments.add(overdue(invoice(theatre), theatre.started))
    case = Case(invoice(theatre), PRICE, opened_at, policy, Calendar())
    return await theatre.client.start_workflow(
        DunningWorkflow.run,
        DunningStart("acme", "s_1", "clinic-7", "pro", case),
        id=dunning_id("acme", invoice(theatre)),
        task_queue=theatre.queue,
    )


async def warned_after_an_outage(theatre: Theatre) -> Handle:
    """By a policy in a hurry: the warning comes four and a half hours late, when what it warns of was due an hour and a half ago."""
    steps = (
        Step(timedelta(hours=1), Action.NOTIFY, NoticeKind.PAYMENT_FAILED),
        Step(timedelta(hours=4), Action.SUSPEND, NoticeKind.SUSPENDED),
        Step(timedelta(days=2), Action.CLOSE),
    )
    handle = await under(theatre, Policy("hurried", 1, steps, contact=ANYTIME), theatre.started - timedelta(hours=5.5))
    assert await handle.result() is Outcome.EXHAUSTED
    return handle


async def warned_in_time(theatre: Theatre) -> Handle:
    handle = await warned_after_an_outage(theatre)
    assert theatre.store.actions[1:3] == ["ladder moved back", "D+1h notify"]
    return handle


async def warned_too_late(theatre: Theatre) -> Handle:
    """Recorded before a warning was given its time: service is cut at once after it."""
    return await warned_after_an_outage(theatre)


async def adopted_a_hurried_policy(theatre: Theatre) -> Handle:
    """Recorded before a warning was given its time: the policy in a hurry came later, and the warning two hours late."""
    theatre.payments.outage = 34
    calm = (
        Step(timedelta(hours=1), Action.NOTIFY, NoticeKind.PAYMENT_FAILED),
        Step(timedelta(days=5), Action.SUSPEND, NoticeKind.SUSPENDED),
        Step(timedelta(days=20), Action.CLOSE),
    )
    quick = (
        Step(timedelta(hours=1), Action.NOTIFY, NoticeKind.PAYMENT_FAILED),
        Step(timedelta(hours=2), Action.RETRY),
        Step(timedelta(hours=3), Action.NOTIFY, NoticeKind.PAYMENT_FAILED),
        Step(timedelta(hours=6), Action.SUSPEND, NoticeKind.SUSPENDED),
        Step(timedelta(days=5), Action.CLOSE),
    )
    handle = await under(theatre, Policy("calm", 1, calm, contact=ANYTIME), theatre.started)
    quicker = AdoptPolicy("ana", "shorter", Policy("quick", 1, quick, contact=ANYTIME))
    await handle.execute_update(DunningWorkflow.adopt_policy, quicker)
    assert await handle.result() is Outcome.EXHAUSTED
    return handle


STORIES = (
    adopted_a_hurried_policy,
    pays_on_second_retry,
    hard_decline_new_card,
    suspended_then_pays_by_link,
    waits_behind_an_older_debt,
    waits_for_a_voucher,
    agrees_on_parts,
    gives_up,
    extended_by_support,
    written_again_after_a_restore,
    paid_by_spei,
    canceled_mid_dunning,
    ladder_moved_back_after_outage,
    provider_down_then_paid,
    found_paid_before_suspension,
    restored_by_support_then_suspended_again,
    paused_skipped_and_resumed,
    retried_by_support,
    written_off,
    promised_disputed_and_moved,
    promise_broken,
    escalated_by_step_and_by_hand,
    invoice_voided,
    warned_in_time,
    warned_too_late,
)
