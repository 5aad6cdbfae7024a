"""What becomes of subscriptions. Their cases and tax invoices are stand-ins: those have stories of their own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from activities.ports.payments import Checkout
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome
from models.collecting.cases import Stage as CaseStage
from models.messages import Cancel, Command, Days, Opening, SubscriptionStart
from models.periods import Calendar
from models.speaking.notices import NoticeKind
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status, Subscription
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from tests.samples import PRICE, overdue, provider
from workflows.ids import subscription_id
from workflows.subscription import SubscriptionWorkflow

Handle = WorkflowHandle[Any, Opening]
NEWS = ProviderNews("evt_1", "invoice.paid")
ANA = Command("ana", "asked by phone")


def start(theatre: Theatre, **more: Any) -> SubscriptionStart:
    card = "" if "checkout" in more else "pm_1"
    return SubscriptionStart(
        "acme", f"s_{theatre.story}", "clinic-7", "pro", PRICE, Calendar(), payment_method=card, **more
    )


async def signed_up(theatre: Theatre, *, still: bool = True, **more: Any) -> Handle:
    """By the product's own door; the handle is that of the first run."""
    order = start(theatre, **more)
    await theatre.door(still=still).start_subscription(order)
    return await theatre.first_run(subscription_id(order.tenant, order.subscription), Opening)


async def continued(theatre: Theatre, handle: Handle) -> Handle:
    """Wait until a run has ended by continuing as new, then put an end to its successor."""
    latest = theatre.client.get_workflow_handle(handle.id)

    async def gone_on() -> bool:
        return (await latest.describe()).run_id != handle.run_id

    await eventually(gone_on, seconds=60)
    await latest.terminate()
    return handle


def renewal(theatre: Theatre) -> None:
    """At the provider, the next period has begun and its invoice is paid."""
    word = theatre.payments.word
    assert word is not None
    begins = word.period_end
    theatre.payments.word = replace(word, status="active", period_start=begins, period_end=begins + timedelta(days=30))
    invoice = f"in_{theatre.story}"
    theatre.payments.add(overdue(invoice, begins))
    theatre.payments.pay(invoice, begins)


async def signs_up_with_trial(theatre: Theatre) -> Handle:
    """Seven days free, the notice three days before their end, and the first charge: nobody tells us, so we ask."""
    theatre.payments.word = provider(theatre.started, status="trialing", trial_days=7)
    theatre.payments.foreseen = [lambda: renewal(theatre)]
    handle = await continued(theatre, await signed_up(theatre, still=False))
    assert theatre.processes.kinds == [NoticeKind.TRIAL_ENDING]
    assert list(theatre.store.payments) == [f"ch_in_{theatre.story}"]
    return handle


async def renews(theatre: Theatre) -> Handle:
    theatre.payments.word = provider(theatre.started)
    theatre.payments.foreseen = [lambda: renewal(theatre)]
    handle = await continued(theatre, await signed_up(theatre, still=False))
    assert theatre.processes.kinds == [NoticeKind.RENEWAL]
    return handle


async def lives_a_later_period(theatre: Theatre) -> Handle:
    """A run that began with the state of the one before, and cancels at the end of its period."""
    word = provider(theatre.started)
    theatre.payments.word = word
    state = Subscription(
        status=Status.ACTIVE,
        provider_id=word.id,
        provider_status="active",
        period_start=word.period_start,
        period_end=word.period_end,
        payment_method="pm_1",
        settled=("in_0",),
        ask_at=word.period_end + timedelta(hours=1),
    )
    handle = await signed_up(theatre, state=state)
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked by mail", at_period_end=True))
    theatre.payments.word = replace(theatre.payments.word, status="canceled")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await handle.result()
    assert theatre.processes.kinds == [NoticeKind.CANCELED]
    return handle


async def trial_without_a_card(theatre: Theatre) -> Handle:
    """More days by order of support, an end without a card, and a card after it: the first paid period begins."""
    word = replace(provider(theatre.started, status="trialing", trial_days=7), payment_method="")
    theatre.payments.word = word
    handle = await signed_up(theatre)
    await handle.execute_update(SubscriptionWorkflow.extend_trial, Days("ana", "asked for a week", 7))
    theatre.payments.word = replace(theatre.payments.word, status="paused")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: theatre.store.history[-1:] == [Status.PAUSED])
    paid = provider(theatre.started + timedelta(days=20))
    theatre.payments.resumed = paid
    theatre.payments.word = replace(theatre.payments.word, payment_method="pm_1")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await continued(theatre, handle)
    assert theatre.store.history == [Status.TRIALING, Status.PAUSED, Status.ACTIVE]
    return handle


async def card_refused(theatre: Theatre) -> Handle:
    theatre.payments.refuse_opening = "insufficient_funds"
    handle = await signed_up(theatre)
    assert (await handle.result()).refusal == "insufficient_funds"
    return handle


async def canceled_now(theatre: Theatre, handle: Handle) -> Handle:
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked", at_period_end=False))
    await handle.result()
    return handle


async def checkout_completed(theatre: Theatre) -> Handle:
    page = Checkout("cs_1", "https://checkout.test/1", theatre.started + timedelta(days=1))
    theatre.payments.checkout = page
    handle = await signed_up(theatre, checkout=page.id)
    theatre.payments.word = provider(theatre.started, status="trialing", trial_days=7)
    theatre.payments.checkout = replace(page, status="complete", subscription="sub_1")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: theatre.store.history[-1:] == [Status.TRIALING])
    return await canceled_now(theatre, handle)


async def checkout_expired(theatre: Theatre) -> Handle:
    page = Checkout("cs_1", "https://checkout.test/1", theatre.started + timedelta(days=1))
    theatre.payments.checkout = page
    handle = await signed_up(theatre, checkout=page.id)
    theatre.payments.checkout = replace(page, status="expired")
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await handle.result()
    assert theatre.store.history == [Status.CANCELED]
    return handle


async def active(theatre: Theatre) -> Handle:
    theatre.payments.word = provider(theatre.started)
    return await signed_up(theatre)


async def suspended_by_support(theatre: Theatre) -> Handle:
    handle = await active(theatre)
    await handle.execute_update(SubscriptionWorkflow.suspend_now, ANA)
    await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "settled"))
    return await canceled_now(theatre, handle)


async def paused_and_resumed(theatre: Theatre) -> Handle:
    handle = await active(theatre)
    await handle.execute_update(SubscriptionWorkflow.pause_subscription, ANA)
    await handle.execute_update(SubscriptionWorkflow.resume_subscription, ANA)
    return await canceled_now(theatre, handle)


async def past_due(theatre: Theatre) -> tuple[Handle, str]:
    """An active subscription whose renewal has just been declined."""
    handle, invoice = await active(theatre), f"in_{theatre.story}"
    theatre.payments.add(overdue(invoice, theatre.started))
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await eventually(lambda: theatre.store.history[-1:] == [Status.PAST_DUE])
    return handle, invoice


async def suspended_then_paid(theatre: Theatre) -> Handle:
    """The case cuts service; the customer pays; the case reports, and service is back with a confirmation."""
    handle, invoice = await past_due(theatre)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await eventually(lambda: theatre.store.history[-1] is Status.SUSPENDED)
    paid = theatre.payments.pay(invoice, theatre.started)
    await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.PAID, paid))
    await eventually(lambda: theatre.store.history[-1] is Status.ACTIVE)
    assert theatre.processes.kinds == [NoticeKind.PAYMENT_RECEIVED]
    return await canceled_now(theatre, handle)


async def new_card_for_the_open_case(theatre: Theatre) -> Handle:
    handle, invoice = await past_due(theatre)
    assert theatre.payments.word is not None
    theatre.payments.word = replace(theatre.payments.word, payment_method="pm_2")
    await handle.execute_update(SubscriptionWorkflow.refresh, ANA)
    paid = theatre.payments.pay(invoice, theatre.started)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.PAID, paid))
    await eventually(lambda: theatre.store.history[-1] is Status.ACTIVE)
    return await canceled_now(theatre, handle)


async def restored_while_unpaid(theatre: Theatre) -> Handle:
    """Support gives service back for some days; then the subscription is canceled with its case still open."""
    handle, invoice = await past_due(theatre)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.SUSPENDED))
    await eventually(lambda: theatre.store.history[-1] is Status.SUSPENDED)
    await handle.execute_update(SubscriptionWorkflow.restore_now, Days("ana", "promised to pay", 5))
    await handle.execute_update(SubscriptionWorkflow.cancel, Cancel("ana", "asked", at_period_end=False))
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.CANCELED))
    await handle.result()
    return handle


async def given_up(theatre: Theatre) -> Handle:
    handle, invoice = await past_due(theatre)
    await handle.signal(SubscriptionWorkflow.case_reported, CaseNews(invoice, CaseStage.CLOSED, Outcome.EXHAUSTED))
    await handle.result()
    assert theatre.payments.canceled == [False]
    return handle


async def in_its_third_year(theatre: Theatre, invoices: int) -> Handle:
    """A process that remembers the last two years of its settled invoices; `invoices`: so many are shown."""
    theatre.payments.word = provider(theatre.started)
    for month in range(invoices):
        then = theatre.started - timedelta(days=30 * (invoices - month))
        theatre.payments.add(replace(overdue(f"in_{month}", then), pay_url=""))
        theatre.payments.pay(f"in_{month}", then)
    known = Subscription(
        Status.ACTIVE,
        provider_id="sub_1",
        provider_status="active",
        period_start=theatre.started,
        period_end=theatre.started + timedelta(days=30),
        settled=tuple(f"in_{month}" for month in range(2, 26)),
        ask_at=theatre.started + timedelta(days=30),
    )
    handle = await signed_up(theatre, state=known)
    await handle.execute_update(SubscriptionWorkflow.refresh, ANA)
    return await canceled_now(theatre, handle)


async def remembers_all_that_a_look_shows(theatre: Theatre) -> Handle:
    return await in_its_third_year(theatre, invoices=0)


async def remembers_less_than_a_look_shows(theatre: Theatre) -> Handle:
    """Recorded before the memory was made long enough: with every look it settles anew what the one before pushed out."""
    return await in_its_third_year(theatre, invoices=26)


STORIES = (
    signs_up_with_trial,
    trial_without_a_card,
    renews,
    lives_a_later_period,
    card_refused,
    checkout_completed,
    checkout_expired,
    suspended_by_support,
    paused_and_resumed,
    suspended_then_paid,
    new_card_for_the_open_case,
    restored_while_unpaid,
    given_up,
    remembers_all_that_a_look_shows,
    remembers_less_than_a_look_shows,
)
