"""Payments through Stripe's own SDK against the sandbox."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from activities.billing import AtProvider, Billing
from activities.failures import Declined, Refused, Throttled, Unavailable
from activities.gateways.payments_stripe import StripePayments
from activities.policies import Debtor, Policies
from models.bookkeeping.ledger import Kind
from models.bookkeeping.money_facts import invoice_facts
from models.collecting.declines import DeclineClass
from models.money import Money
from models.periods import Calendar
from models.records import Customer
from models.selling.plans import Plan, Trial, TrialEnd
from models.speaking.pay_instructions import Way
from models.subscribing.invoices import ChargeOutcome, Funding, Instalment, Invoice, InvoiceStatus
from models.subscribing.subscription_news import absorb
from models.subscribing.subscriptions import ProviderSubscription, Subscription
from tests.activities.gateways.conftest import Local
from tests.fakes.store import FakeStore

PLAN = Plan("acuario", "pro", "Plan Pro", Money(49_900))
_numbers = itertools.count(1)


@pytest.fixture
async def stripe(local: Local) -> AsyncIterator[StripePayments]:
    payments = StripePayments(local.settings.stripe_key, local.url)
    yield payments
    await payments.close()


def customer(provider_id: str = "") -> Customer:
    name = f"c{next(_numbers)}"
    return Customer("acuario", name, name, "Ana", f"{name}@cliente.example", "+525512345678", provider_id=provider_id)


async def opened(stripe: StripePayments, card: str, *, trial_days: int = 0) -> ProviderSubscription:
    someone = customer()
    return await stripe.open_subscription(
        customer=await stripe.ensure_customer(someone, card),
        price=await stripe.ensure_price(PLAN),
        trial=Trial(trial_days),
        tenant="acuario",
        subscription=someone.id,
        key=f"{someone.id}/open",
    )


async def overdue(stripe: StripePayments, card: str) -> tuple[ProviderSubscription, Invoice]:
    """A subscription whose trial ended with a charge that failed."""
    trial = await opened(stripe, card, trial_days=1)

    async def failed() -> bool:
        return any(i.overdue for i in (await stripe.look_up_subscription(trial.id)).invoices)

    await until(failed)
    word = await stripe.look_up_subscription(trial.id)
    return word, next(i for i in word.invoices if i.overdue)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await true():
            await asyncio.sleep(0.05)


async def test_a_price_is_made_once_and_another_amount_is_another_price(stripe: StripePayments) -> None:
    first = await stripe.ensure_price(PLAN)
    assert await stripe.ensure_price(PLAN) == first
    assert await stripe.ensure_price(Plan("acuario", "pro", "Plan Pro", Money(59_900))) != first
    assert await stripe.ensure_price(Plan("otro", "pro", "Plan Pro", Money(49_900))) != first


async def test_a_customer_is_made_once_however_often_it_is_asked_for(stripe: StripePayments) -> None:
    someone = customer()
    assert await stripe.ensure_customer(someone, "pm_card_visa") == await stripe.ensure_customer(
        someone, "pm_card_visa"
    )


async def test_a_card_that_cannot_be_saved_is_a_decline(stripe: StripePayments) -> None:
    with pytest.raises(Declined) as caught:
        await stripe.ensure_customer(customer(), "pm_card_visa_chargeDeclinedLostCard")
    assert caught.value.decline.kind is DeclineClass.HARD


async def test_a_subscription_opens_paid_with_its_charge(stripe: StripePayments) -> None:
    word = await opened(stripe, "pm_card_visa_debit")
    assert word.status == "active"
    assert word.payment_method.startswith("pm_")
    assert word.period_end > word.period_start
    (invoice,) = word.invoices
    assert (invoice.status, invoice.first, invoice.overdue) == (InvoiceStatus.PAID, True, False)
    assert invoice.charge is not None
    assert (invoice.charge.amount, invoice.charge.funding) == (Money(49_900), Funding.DEBIT)
    assert invoice.pay_url.startswith("http")


async def test_a_trial_opens_without_a_charge(stripe: StripePayments) -> None:
    word = await opened(stripe, "pm_card_visa", trial_days=7)
    assert (word.status, word.trial_end) == ("trialing", word.period_end)
    assert [i.charge for i in word.invoices] == [None]


async def test_a_refused_first_charge_opens_nothing(stripe: StripePayments, local: Local) -> None:
    someone = customer()
    known = await stripe.ensure_customer(someone, "pm_card_chargeCustomerFail_insufficient_funds")
    with pytest.raises(Declined) as caught:
        await stripe.open_subscription(
            customer=known,
            price=await stripe.ensure_price(PLAN),
            trial=Trial(),
            tenant="acuario",
            subscription=someone.id,
            key="open",
        )
    assert caught.value.decline.code == "insufficient_funds"
    async with httpx.AsyncClient(trust_env=False, auth=(local.settings.stripe_key, "")) as http:
        listed = await http.get(f"{local.url}/v1/subscriptions", params={"customer": known, "status": "all"})
    assert [s["status"] for s in listed.json()["data"] if s["status"] not in ("incomplete_expired", "canceled")] == []


async def test_an_opening_repeated_with_its_key_opens_one_subscription(stripe: StripePayments) -> None:
    someone = customer()
    known, price = await stripe.ensure_customer(someone, "pm_card_visa"), await stripe.ensure_price(PLAN)

    async def open_it() -> ProviderSubscription:
        return await stripe.open_subscription(
            customer=known, price=price, trial=Trial(), tenant="acuario", subscription=someone.id, key=someone.id
        )

    assert (await open_it()).id == (await open_it()).id


async def test_a_failed_renewal_tells_why_and_where_to_pay(stripe: StripePayments) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_lost_card")
    assert word.status == "past_due"
    assert invoice.first is False
    assert invoice.due == Money(49_900)
    assert invoice.decline is not None
    assert (invoice.decline.code, invoice.decline.kind) == ("lost_card", DeclineClass.HARD)
    assert await stripe.look_up_invoice(invoice.id) == invoice


async def test_a_decline_is_a_result_and_its_repetition_the_same_attempt(stripe: StripePayments, local: Local) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_insufficient_funds")
    first = await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-1")
    again = await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-1")
    assert (first.outcome, first.decline and first.decline.code) == (ChargeOutcome.DECLINED, "insufficient_funds")
    assert first == again
    async with httpx.AsyncClient(trust_env=False, auth=(local.settings.stripe_key, "")) as http:
        intents = (await http.get(f"{local.url}/v1/invoice_payments", params={"invoice": invoice.id})).json()["data"]
        charges = await http.get(
            f"{local.url}/v1/charges", params={"payment_intent": intents[0]["payment"]["payment_intent"]}
        )
    assert len(charges.json()["data"]) == 2  # the renewal's own and one retry


async def test_a_new_card_lets_the_retry_succeed_and_a_paid_invoice_is_not_charged_again(
    stripe: StripePayments,
) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    await stripe.ensure_customer(customer(word.customer), "pm_card_mastercard")
    paid = await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-1")
    assert paid.outcome is ChargeOutcome.PAID
    assert paid.invoice.charge is not None
    assert paid.invoice.paid_at is not None
    assert await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-2") == paid


async def test_an_answer_that_got_lost_is_found_by_asking_again(stripe: StripePayments, local: Local) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    await stripe.ensure_customer(customer(word.customer), "pm_card_visa")
    await local.order("faults", operation=f"POST /v1/invoices/{invoice.id}/pay", kind="cut_after")
    result = await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-1")
    assert result.outcome is ChargeOutcome.PAID


@pytest.mark.parametrize(("kind", "expected"), [("429", Throttled), ("500", Unavailable), ("cut_before", Unavailable)])
async def test_a_provider_in_trouble_is_waited_for(
    stripe: StripePayments, local: Local, kind: str, expected: type[Exception]
) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    await local.order("faults", operation=f"POST /v1/invoices/{invoice.id}/pay", kind=kind)
    with pytest.raises(expected):
        await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-1")
    assert (await stripe.look_up_invoice(invoice.id)).overdue


async def test_money_that_came_by_another_way_settles_the_invoice(stripe: StripePayments) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    settled = await stripe.settle_outside(invoice.id, f"{invoice.id}/outside")
    assert (settled.status, settled.charge) == (InvoiceStatus.PAID, None)
    assert await stripe.write_off(invoice.id, f"{invoice.id}/write-off") == settled


async def test_an_invoice_written_off_is_closed_for_charges(stripe: StripePayments) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    assert (await stripe.write_off(invoice.id, f"{invoice.id}/w")).status is InvoiceStatus.UNCOLLECTIBLE
    assert (await stripe.charge_invoice(invoice.id, f"{invoice.id}/1")).outcome is ChargeOutcome.CLOSED


async def test_a_subscription_pauses_resumes_and_is_canceled_once(stripe: StripePayments) -> None:
    word = await opened(stripe, "pm_card_visa")
    assert (await stripe.pause(word.id, f"{word.id}/pause")).collection_paused
    assert not (await stripe.resume(word.id, f"{word.id}/resume")).collection_paused
    ending = await stripe.cancel(word.id, at_period_end=True, key=f"{word.id}/end")
    assert (ending.status, ending.cancel_at_period_end) == ("active", True)
    assert (await stripe.cancel(word.id, at_period_end=False, key=f"{word.id}/1")).status == "canceled"
    assert (await stripe.cancel(word.id, at_period_end=False, key=f"{word.id}/2")).status == "canceled"
    assert (await stripe.pause(word.id, f"{word.id}/pause-2")).status == "canceled"


async def test_checkout_leads_to_the_subscription(stripe: StripePayments) -> None:
    someone = customer()
    checkout = await stripe.open_checkout(
        customer=await stripe.ensure_customer(someone, ""),
        price=await stripe.ensure_price(PLAN),
        trial=Trial(),
        tenant="acuario",
        subscription=someone.id,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/back",
        key=f"{someone.id}/checkout",
    )
    assert (checkout.status, checkout.subscription) == ("open", "")
    async with httpx.AsyncClient(trust_env=False) as browser:
        await browser.post(checkout.url, data={"card": "pm_card_visa", "email": someone.email, "name": "Ana"})
    completed = await stripe.look_up_checkout(checkout.id)
    assert completed.status == "complete"
    assert (await stripe.look_up_subscription(completed.subscription)).status == "active"


async def test_the_portal_shows_the_customers_page(stripe: StripePayments) -> None:
    known = await stripe.ensure_customer(customer(), "pm_card_visa")
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert (await browser.get(await stripe.portal(known, "https://shop.example"))).status_code == 200


async def test_an_unknown_object_is_refused_by_name(stripe: StripePayments) -> None:
    with pytest.raises(Refused) as caught:
        await stripe.look_up_invoice("in_absent")
    assert caught.value.code == "resource_missing"


async def test_every_write_that_costs_carries_its_key(stripe: StripePayments, local: Local) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    await stripe.charge_invoice(invoice.id, f"{invoice.id}/attempt-1")
    (call,) = [c for c in await local.calls() if c["path"] == f"/v1/invoices/{invoice.id}/pay"]
    assert call["idempotency_key"] == f"{invoice.id}/attempt-1"


async def test_reachable_means_that_stripe_takes_our_key(stripe: StripePayments, local: Local) -> None:
    assert await stripe.reachable()
    stranger = StripePayments("sk_test_wrong", local.url)
    assert not await stranger.reachable()
    await stranger.close()


async def test_a_refund_is_read_with_the_charge_and_the_invoice_it_takes_back(
    stripe: StripePayments, local: Local
) -> None:
    word = await opened(stripe, "pm_card_visa_debit")
    (invoice,) = word.invoices
    assert invoice.charge is not None
    async with httpx.AsyncClient(base_url=local.url, trust_env=False) as merchant:
        made = await merchant.post(
            "/v1/refunds",
            data={"charge": invoice.charge.id, "amount": 5_000},
            headers={"Authorization": f"Bearer {local.settings.stripe_key}"},
        )
    assert made.status_code == 200, made.text
    refund = await stripe.look_up_refund(made.json()["id"])
    assert (refund.charge, refund.invoice, refund.amount) == (invoice.charge.id, invoice.id, Money(5_000))
    assert (refund.status, refund.funding, refund.given_back) == ("succeeded", Funding.DEBIT, True)


async def test_the_renewal_and_every_retry_spend_the_budget_of_the_card_that_is_charged(stripe: StripePayments) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_insufficient_funds")
    assert invoice.card
    assert await stripe.card_of(invoice.id) == invoice.card
    store = FakeStore()
    billing = Billing(stripe, store)
    await Policies(store).pin_policy(Debtor("acme", "s_1", "pro", invoice.id, invoice.card))
    tries = [
        await billing.charge_invoice(AtProvider(invoice.id, f"{invoice.id}/attempt-{n}", "acme", "s_1", budget=2))
        for n in (1, 2)
    ]
    assert [result.outcome for result in tries] == [ChargeOutcome.DECLINED, ChargeOutcome.WITHHELD]
    await stripe.ensure_customer(customer(word.customer), "pm_card_mastercard")
    assert await stripe.card_of(invoice.id) not in ("", invoice.card)
    order = AtProvider(invoice.id, f"{invoice.id}/card-pm_2", "acme", "s_1", budget=2, fresh=True)
    assert (await billing.charge_invoice(order)).outcome is ChargeOutcome.PAID


@pytest.mark.parametrize(("way", "ends"), [("oxxo", True), ("customer_balance", False)])
async def test_a_voucher_or_a_transfer_under_way_is_told_and_not_charged_over(
    stripe: StripePayments, way: str, ends: bool
) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_insufficient_funds")
    async with httpx.AsyncClient(trust_env=False) as browser:
        await browser.post(invoice.pay_url, data={"card": way})
    waiting = await stripe.look_up_invoice(invoice.id)
    assert (waiting.in_flight, waiting.overdue) == (True, True)
    assert (waiting.pending_until is not None) is ends
    assert waiting.decline is not None
    assert waiting.decline.kind is DeclineClass.PENDING
    result = await Billing(stripe, FakeStore()).charge_invoice(AtProvider(invoice.id, f"{invoice.id}/attempt-1"))
    assert result.outcome is ChargeOutcome.PENDING
    if ends:

        async def over() -> bool:
            return not (await stripe.look_up_invoice(invoice.id)).in_flight

        await until(over)  # three days, which are short here
        after = await stripe.look_up_invoice(invoice.id)
        assert after.decline is not None
        assert (after.status, after.decline.kind) == (InvoiceStatus.OPEN, DeclineClass.SOFT)


async def test_a_voucher_is_made_once_shown_again_and_pays_the_invoice(stripe: StripePayments, local: Local) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_insufficient_funds")
    assert await stripe.instructions(invoice.id) is None
    who = {"name": "Ana López", "email": "ana@cliente.example"}
    first, again = [await stripe.pay_later(invoice.id, Way.OXXO, **who) for _ in range(2)]
    assert first == again == await stripe.instructions(invoice.id)
    assert (first.way, first.amount, len(first.reference)) == (Way.OXXO, Money(49_900), 32)
    waiting = await stripe.look_up_invoice(invoice.id)
    assert (waiting.in_flight, waiting.pending_until) == (True, first.expires_at)
    # Beside a voucher that somebody may be paying there is no transfer.
    assert (await stripe.pay_later(invoice.id, Way.SPEI, **who)).way is Way.OXXO
    async with httpx.AsyncClient(trust_env=False) as till:
        await till.post(first.url)
    paid = await stripe.look_up_invoice(invoice.id)
    assert paid.charge is not None
    assert (paid.status, paid.charge.funding, paid.in_flight) == (InvoiceStatus.PAID, Funding.CASH, False)
    with pytest.raises(Refused):
        await stripe.pay_later(invoice.id, Way.OXXO, **who)


async def test_after_a_voucher_ran_out_there_is_another_one_and_a_transfer_can_become_a_voucher(
    stripe: StripePayments, local: Local
) -> None:
    _, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_insufficient_funds")
    who = {"name": "Ana", "email": "ana@cliente.example"}
    transfer = await stripe.pay_later(invoice.id, Way.SPEI, **who)
    assert (len(transfer.clabe), transfer.bank != "", transfer.expires_at) == (18, True, None)
    assert await stripe.pay_later(invoice.id, Way.SPEI, **who) == transfer
    first = await stripe.pay_later(invoice.id, Way.OXXO, **who)

    async def over() -> bool:
        return await stripe.instructions(invoice.id) is None

    await until(over)
    assert (await stripe.pay_later(invoice.id, Way.OXXO, **who)).reference != first.reference


async def test_a_payment_plan_replaces_the_invoice_and_each_part_is_charged_by_itself(stripe: StripePayments) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail_insufficient_funds")
    await stripe.ensure_customer(customer(word.customer), "pm_card_visa")
    now = datetime.now(UTC)
    plan = (Instalment(20_000, now + timedelta(seconds=2)), Instalment(29_900, now + timedelta(hours=1)))
    for _ in range(2):  # the answer to the first was lost
        await stripe.split(invoice.id, plan, f"{invoice.id}/instalments")
    after = await stripe.look_up_subscription(word.id)
    assert next(i for i in after.invoices if i.id == invoice.id).status is InvoiceStatus.VOID
    parts = sorted((i for i in after.invoices if i.part_of == invoice.id), key=lambda i: i.total)
    assert [i.total.centavos for i in parts] == [20_000, 29_900]
    assert [i.finalizes_at for i in parts if i.finalizes_at] == [
        part.on.replace(microsecond=0) for part in plan[-len([i for i in parts if i.finalizes_at]) :]
    ]

    async def charged() -> bool:
        return (await stripe.look_up_invoice(parts[0].id)).status is InvoiceStatus.PAID

    await until(charged)
    assert (await stripe.look_up_invoice(parts[1].id)).status is InvoiceStatus.DRAFT


async def test_an_invoice_paid_meanwhile_is_not_split(stripe: StripePayments) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    await stripe.settle_outside(invoice.id, f"{invoice.id}/outside")
    now = datetime.now(UTC)
    with pytest.raises(Refused):
        await stripe.split(invoice.id, tuple(Instalment(24_950, now + timedelta(days=n)) for n in (1, 2)), "key")
    assert not [i for i in (await stripe.look_up_subscription(word.id)).invoices if i.part_of]


async def test_a_debt_given_up_and_paid_after_all_is_money_like_any_other(stripe: StripePayments) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    await stripe.write_off(invoice.id, f"{invoice.id}/w")
    async with httpx.AsyncClient(trust_env=False) as browser:
        await browser.post(invoice.pay_url, data={"card": "pm_card_visa"})
    after = await stripe.look_up_subscription(word.id)
    settled = absorb(Subscription(closed=(invoice.id,)), after, now=datetime.now(UTC), calendar=Calendar())[1].settled
    recovered = next(each for each in settled if each.id == invoice.id)
    assert recovered.charge is not None
    kinds = [fact.kind for fact in invoice_facts("acme", "s_1", recovered)]
    assert Kind.WRITTEN_OFF in kinds


@pytest.mark.parametrize("how", ["card", "page", "cash"])
async def test_whatever_pays_an_invoice_calls_off_what_waits_beside_it(
    stripe: StripePayments, local: Local, how: str
) -> None:
    word, invoice = await overdue(stripe, "pm_card_chargeCustomerFail")
    told = await stripe.pay_later(invoice.id, Way.SPEI, name="Ana", email="ana@cliente.example")
    intent, billing = told.url.rpartition("/")[2], Billing(stripe, FakeStore())
    async with httpx.AsyncClient(trust_env=False, auth=(local.settings.stripe_key, "")) as http:

        async def status() -> str:
            return str((await http.get(f"{local.url}/v1/payment_intents/{intent}")).json()["status"])

        if how == "card":
            await stripe.ensure_customer(customer(word.customer), "pm_card_visa")
            key = f"{invoice.id}/card-pm_2"
            paid = await billing.charge_invoice(AtProvider(invoice.id, key, fresh=True))
            assert paid.outcome is ChargeOutcome.PAID
        elif how == "cash":
            await billing.settle_outside(AtProvider(invoice.id, f"{invoice.id}/outside"))
        else:  # the provider's hosted page: nobody asks us
            assert (await http.post(invoice.pay_url, data={"card": "pm_card_visa"})).status_code == 303
            assert await status() == "requires_action"
            assert (await stripe.look_up_invoice(invoice.id)).loose
            await billing.look_up_subscription(AtProvider(word.id))
        assert await status() == "canceled"
        found = await stripe.look_up_invoice(invoice.id)
        assert (found.status, found.loose) == (InvoiceStatus.PAID, False)
        await stripe.call_off(invoice.id)  # a second time nothing happens


async def test_a_trial_without_a_card_pauses_at_its_end_and_is_charged_once_there_is_one(
    stripe: StripePayments,
) -> None:
    someone = customer()
    known = await stripe.ensure_customer(someone, "")
    word = await stripe.open_subscription(
        customer=known,
        price=await stripe.ensure_price(PLAN),
        trial=Trial(1, TrialEnd.PAUSE),
        tenant="acuario",
        subscription=someone.id,
        key=f"{someone.id}/open",
    )
    assert word.payment_method == ""

    async def paused() -> bool:
        return (await stripe.look_up_subscription(word.id)).status == "paused"

    await until(paused)
    await stripe.ensure_customer(replace(someone, provider_id=known), "pm_card_visa")
    assert (await stripe.look_up_subscription(word.id)).status == "paused"  # a card alone charges nothing
    for _ in range(2):  # a repeat after a lost answer
        went_on = await stripe.resume(word.id, f"{someone.id}/card")
        assert (went_on.status, len([i for i in went_on.invoices if i.charge])) == ("active", 1)


async def test_a_trial_may_end_later(stripe: StripePayments) -> None:
    word = await opened(stripe, "pm_card_visa", trial_days=7)
    assert word.trial_end is not None
    until_then = word.trial_end + timedelta(hours=1)
    for _ in range(2):
        longer = await stripe.extend_trial(word.id, until_then, f"{word.id}/extend")
        assert (longer.status, longer.trial_end, longer.period_end) == ("trialing", until_then, until_then)


async def test_checkout_asks_for_no_card_where_the_trial_needs_none(stripe: StripePayments) -> None:
    someone = customer()
    page = await stripe.open_checkout(
        customer=await stripe.ensure_customer(someone, ""),
        price=await stripe.ensure_price(PLAN),
        trial=Trial(14, TrialEnd.CANCEL),
        tenant="acuario",
        subscription=someone.id,
        success_url="https://shop.example/ok",
        cancel_url="https://shop.example/back",
        key=f"{someone.id}/checkout",
    )
    assert (page.success_url, page.cancel_url) == ("https://shop.example/ok", "https://shop.example/back")
    async with httpx.AsyncClient(trust_env=False) as browser:
        await browser.post(page.url, data={"card": "", "email": someone.email, "name": "Ana"})
    completed = await stripe.look_up_checkout(page.id)
    word = await stripe.look_up_subscription(completed.subscription)
    assert (completed.status, word.status, word.payment_method) == ("complete", "trialing", "")
