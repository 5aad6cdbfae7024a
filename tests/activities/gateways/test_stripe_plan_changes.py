"""Changes of plan through Stripe's own SDK against the sandbox: what was foretold is what is charged, to the centavo."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import stripe as sdk
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from activities.failures import Declined, Refused
from activities.gateways.payments_stripe import StripePayments
from activities.gateways.stripe_objects import instant
from models.money import Money
from models.selling.plans import Interval, Plan
from models.subscribing.invoices import InvoiceStatus
from models.subscribing.subscriptions import ProviderSubscription
from tests.activities.gateways.conftest import Local

START, DAY = 1_800_000_000, 86_400
_numbers = itertools.count(1)


@dataclass
class Counter:
    """A provider whose time we move, and what we need of it beside the port."""

    payments: StripePayments
    raw: sdk.V1Services

    async def price(self, centavos: int, interval: Interval = Interval.MONTH) -> str:
        code = f"p{next(_numbers)}"
        return await self.payments.ensure_price(Plan("acuario", code, code, Money(centavos), interval))

    async def opened(self, price: str, *, card: str = "pm_card_visa", trial_days: int = 0) -> tuple[str, str]:
        """A subscription and the clock that it runs by."""
        clock = await self.raw.test_helpers.test_clocks.create_async({"frozen_time": START})
        customer = await self.raw.customers.create_async({"email": "ana@example.com", "test_clock": clock.id})
        method = await self.raw.payment_methods.attach_async(card, {"customer": customer.id})
        default: sdk.params.CustomerUpdateParams = {"invoice_settings": {"default_payment_method": method.id}}
        await self.raw.customers.update_async(customer.id, default)
        params: sdk.params.SubscriptionCreateParams = {"customer": customer.id, "items": [{"price": price}]}
        if trial_days:
            params["trial_period_days"] = trial_days
        return (await self.raw.subscriptions.create_async(params)).id, clock.id

    async def advance(self, clock: str, seconds: int) -> datetime:
        known = await self.raw.test_helpers.test_clocks.retrieve_async(clock)
        await self.raw.test_helpers.test_clocks.advance_async(clock, {"frozen_time": known.frozen_time + seconds})
        async with asyncio.timeout(60):
            while (await self.raw.test_helpers.test_clocks.retrieve_async(clock)).status != "ready":
                await asyncio.sleep(0.01)
        return instant(known.frozen_time + seconds)

    async def word(self, subscription: str) -> ProviderSubscription:
        return await self.payments.look_up_subscription(subscription)

    async def latest(self, subscription: str) -> sdk.Invoice:
        found = await self.raw.invoices.list_async({"subscription": subscription, "limit": 1})
        return found.data[0]


@pytest.fixture(scope="module")
async def counter(local: Local) -> AsyncIterator[Counter]:
    payments = StripePayments(local.settings.stripe_key, local.url)
    yield Counter(payments, payments._v1)
    await payments.close()


@example(cheap=1_000, more=1, elapsed=0, pause=0, yearly=(True, True), percent=33)  # its discount ends before it renews
@given(
    cheap=st.integers(1_000, 200_000),
    more=st.integers(1, 400_000),
    elapsed=st.integers(0, 27 * DAY),
    pause=st.integers(0, 900),
    yearly=st.sampled_from([(False, False), (False, True), (True, True)]),
    percent=st.sampled_from([0, 0, 15, 33, 100]),
)
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
async def test_what_was_foretold_is_the_invoice_that_is_made(
    counter: Counter, cheap: int, more: int, elapsed: int, pause: int, yearly: tuple[bool, bool], percent: int
) -> None:
    """Whatever the prices, the day, the interval and a discount, and although minutes pass before it is confirmed."""
    before, after = (Interval.YEAR if each else Interval.MONTH for each in yearly)
    subscription, clock = await counter.opened(await counter.price(cheap, before))
    if percent:
        await counter.payments.discount(subscription, percent=percent, months=6, key=f"{subscription}/stay")
    at = await counter.advance(clock, elapsed + 1)
    wanted = await counter.price(cheap + more, after)
    foretold = await counter.payments.preview_change(subscription, wanted, at)
    renewal = await counter.payments.preview_renewal(subscription, wanted)
    await counter.advance(clock, pause + 1)
    known = {invoice.id for invoice in (await counter.word(subscription)).invoices}
    await counter.payments.change_now(subscription, wanted, at=at, due=foretold.due, key=f"{subscription}/change")
    word = await counter.word(subscription)
    (made,) = [invoice for invoice in word.invoices if invoice.id not in known]
    assert (made.total, made.status, word.price) == (foretold.total, InvoiceStatus.PAID, wanted)
    assert (made.charge.amount if made.charge else Money(0)) == foretold.due
    lines = sorted(line.amount for line in (await counter.latest(subscription)).lines.data)
    assert lines == sorted(line.amount for line in foretold.lines)
    if before is after:
        await counter.advance(clock, int((word.period_end - at).total_seconds()) + 2 * 3_600)
        assert (await counter.latest(subscription)).total == renewal.total.centavos


async def test_what_would_cost_otherwise_by_now_is_refused_and_changes_nothing(counter: Counter) -> None:
    old, new = await counter.price(10_000), await counter.price(30_000)
    subscription, clock = await counter.opened(old)
    at = await counter.advance(clock, 10 * DAY)
    with pytest.raises(Refused) as refused:
        await counter.payments.change_now(subscription, new, at=at, due=Money(1), key=f"{subscription}/otherwise")
    assert refused.value.code == "preview_differs"
    assert (await counter.word(subscription)).price == old


async def test_a_refused_card_changes_nothing_and_a_repeat_of_what_was_done_does_nothing(counter: Counter) -> None:
    old, new = await counter.price(10_000), await counter.price(30_000)
    subscription, clock = await counter.opened(old)
    at = await counter.advance(clock, 10 * DAY)
    due = (await counter.payments.preview_change(subscription, new, at)).due
    found = await counter.raw.subscriptions.retrieve_async(subscription)
    customer = str(found.customer)
    bad = await counter.raw.payment_methods.attach_async("pm_card_chargeCustomerFail", {"customer": customer})
    good = (await counter.raw.customers.retrieve_async(customer)).invoice_settings
    await counter.raw.customers.update_async(customer, {"invoice_settings": {"default_payment_method": bad.id}})
    with pytest.raises(Declined):
        await counter.payments.change_now(subscription, new, at=at, due=due, key=f"{subscription}/refused")
    word = await counter.word(subscription)
    assert (word.price, word.status, len(word.invoices)) == (old, "active", 1)
    assert good is not None
    await counter.raw.customers.update_async(
        customer, {"invoice_settings": {"default_payment_method": str(good.default_payment_method)}}
    )
    for key in (f"{subscription}/paid", f"{subscription}/after-a-day"):
        await counter.payments.change_now(subscription, new, at=at, due=due, key=key)
    assert len((await counter.word(subscription)).invoices) == 2


@pytest.mark.parametrize("interval", [Interval.MONTH, Interval.YEAR])
async def test_a_change_with_the_next_period_charges_nothing_before_it(counter: Counter, interval: Interval) -> None:
    old, new = await counter.price(30_000), await counter.price(9_900, interval)
    subscription, clock = await counter.opened(old)
    before = await counter.word(subscription)
    for _ in range(2):  # a repeat arranges the same
        await counter.payments.change_later(subscription, new, f"{subscription}/later")
    waiting = await counter.word(subscription)
    assert (waiting.price, waiting.period_end, len(waiting.invoices)) == (old, before.period_end, 1)
    await counter.advance(clock, int((before.period_end - before.period_start).total_seconds()) + 2 * 3_600)
    after = await counter.word(subscription)
    assert (after.price, after.period_start) == (new, before.period_end)
    assert [invoice.total.centavos for invoice in after.invoices] == [9_900, 30_000]


async def test_a_change_that_was_called_off_never_comes(counter: Counter) -> None:
    old, new = await counter.price(30_000), await counter.price(9_900)
    subscription, clock = await counter.opened(old)
    await counter.payments.change_later(subscription, new, "later")
    for key in ("undo", "undo-again"):
        await counter.payments.undo_change(subscription, old, key)
    await counter.advance(clock, 32 * DAY)
    after = await counter.word(subscription)
    assert (after.price, [invoice.total.centavos for invoice in after.invoices]) == (old, [30_000, 30_000])


async def test_in_a_trial_the_other_price_is_charged_first_when_it_ends(counter: Counter) -> None:
    old, new, third = [await counter.price(each) for each in (10_000, 30_000, 5_000)]
    subscription, clock = await counter.opened(old, trial_days=14)
    at = await counter.advance(clock, DAY)
    await counter.payments.change_now(subscription, new, at=at, due=Money(0), key="now")
    await counter.payments.change_later(subscription, third, "later")
    await counter.payments.undo_change(subscription, new, "undo")
    trial = await counter.word(subscription)
    assert (trial.status, trial.price, [invoice.total.centavos for invoice in trial.invoices]) == ("trialing", new, [0])
    await counter.advance(clock, 14 * DAY)
    assert (await counter.latest(subscription)).total == 30_000


async def test_a_cancellation_is_taken_back_and_a_pause_ends_by_itself(counter: Counter) -> None:
    subscription, clock = await counter.opened(await counter.price(30_000))
    await counter.payments.cancel(subscription, at_period_end=True, key="cancel")
    await counter.payments.keep(subscription, "keep")
    assert not (await counter.word(subscription)).cancel_at_period_end
    until = datetime.fromtimestamp(START, UTC) + timedelta(days=5)
    await counter.payments.pause_until(subscription, until, "pause")
    assert (await counter.word(subscription)).collection_paused
    await counter.advance(clock, 6 * DAY)
    assert not (await counter.word(subscription)).collection_paused


async def test_an_offer_is_given_once_beside_what_is_taken_off_already(counter: Counter) -> None:
    subscription, _ = await counter.opened(await counter.price(30_000))
    for key in ("a", "b"):
        await counter.payments.discount(subscription, percent=30, months=3, key=key)
    await counter.payments.discount(subscription, percent=10, months=1, key="c")
    found = await counter.raw.subscriptions.retrieve_async(subscription)
    assert len(found.discounts or []) == 2
