"""Subscriptions live as Stripe's do: trial, renewal, decline, recovery, cancellation, pause."""

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Receiver, Shop, until

DAY = 86_400
pytestmark = pytest.mark.live
HOUR = 3_600


def start(shop: Shop, customer: str, **fields: Any) -> stripe.Subscription:
    return shop.client.v1.subscriptions.create({"customer": customer, "items": [{"price": shop.price()}], **fields})


def test_a_trial_ends_in_a_paid_period(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock), trial_period_days=7, metadata={"tenant": "t1"})
    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription.created + 7 * DAY
    first = shop.latest(subscription.id)
    assert (first.status, first.amount_due, first.billing_reason) == ("paid", 0, "subscription_create")

    shop.advance(clock, 7 * DAY)
    draft = shop.latest(subscription.id)
    assert (draft.status, draft.billing_reason, draft.amount_due) == ("draft", "subscription_cycle", 49_900)

    shop.advance(clock, HOUR)
    paid = shop.latest(subscription.id)
    assert (paid.id, paid.status, paid.amount_paid) == (draft.id, "paid", 49_900)
    assert paid.parent is not None
    assert paid.parent.subscription_details is not None
    assert paid.parent.subscription_details.to_dict()["metadata"] == {"tenant": "t1"}
    again = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert again.status == "active"
    assert again["items"].data[0].current_period_start == subscription.trial_end


def test_the_trial_notice_comes_three_days_before_its_end(shop: Shop, receiver: Receiver) -> None:
    clock = shop.clock()
    start(shop, shop.customer(clock=clock), trial_period_days=7)
    shop.advance(clock, 4 * DAY - 1)
    assert not shop.client.v1.events.list({"type": "customer.subscription.trial_will_end"}).data
    shop.advance(clock, 1)
    until(lambda: receiver.events("customer.subscription.trial_will_end"))


def test_a_short_trial_gives_notice_at_once(shop: Shop, receiver: Receiver) -> None:
    start(shop, shop.customer(), trial_period_days=1)
    until(lambda: receiver.events("customer.subscription.trial_will_end"))


def test_a_failing_card_makes_it_past_due_and_nobody_retries(shop: Shop, receiver: Receiver) -> None:
    clock = shop.clock()
    customer = shop.customer("pm_card_chargeCustomerFail_insufficient_funds", clock)
    subscription = start(shop, customer, trial_period_days=1)
    shop.advance(clock, DAY + HOUR)
    invoice = shop.latest(subscription.id)
    assert (invoice.status, invoice.attempt_count, invoice.next_payment_attempt) == ("open", 1, None)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
    assert shop.client.v1.customers.retrieve(customer).delinquent is True

    shop.advance(clock, 20 * DAY)
    assert shop.latest(subscription.id).attempt_count == 1
    failed = until(lambda: receiver.events("invoice.payment_failed"))
    assert failed[0]["data"]["object"]["id"] == invoice.id
    charge = shop.client.v1.charges.list({"customer": customer}).data[0]
    assert (charge.status, charge.failure_code) == ("failed", "card_declined")
    assert charge.outcome is not None
    assert (charge.outcome.reason, charge.outcome.network_decline_code) == ("insufficient_funds", "51")
    assert charge.outcome.advice_code == "try_again_later"


def test_paying_the_open_invoice_with_another_card_brings_it_back(shop: Shop, receiver: Receiver) -> None:
    clock = shop.clock()
    customer = shop.customer("pm_card_chargeCustomerFail", clock)
    subscription = start(shop, customer, trial_period_days=1)
    shop.advance(clock, DAY + HOUR)
    invoice = shop.latest(subscription.id)
    with pytest.raises(stripe.CardError) as declined:
        shop.client.v1.invoices.pay(invoice.id)
    assert declined.value.code == "card_declined"
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "generic_decline"
    assert shop.client.v1.invoices.retrieve(invoice.id).attempt_count == 1

    good = shop.client.v1.payment_methods.attach("pm_card_visa_debit", {"customer": customer})
    paid = shop.client.v1.invoices.pay(invoice.id, {"payment_method": good.id})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"
    payments = shop.client.v1.invoice_payments.list({"invoice": invoice.id}).data
    assert [payment.status for payment in payments] == ["paid"]
    intent = payments[0].payment.payment_intent
    assert isinstance(intent, str)
    found = shop.client.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]})
    assert isinstance(found.latest_charge, stripe.Charge)
    details = found.latest_charge.payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.funding == "debit"
    back = until(
        lambda: [
            event
            for event in receiver.events("customer.subscription.updated")
            if event["data"]["object"]["status"] == "active"
            and event["data"]["previous_attributes"].get("status") == "past_due"
        ]
    )
    assert back[0]["data"]["object"]["id"] == subscription.id


def test_a_paid_invoice_cannot_be_paid_twice(shop: Shop) -> None:
    subscription = start(shop, shop.customer())
    invoice = shop.latest(subscription.id)
    assert invoice.status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        shop.client.v1.invoices.pay(invoice.id)


def test_money_from_outside_settles_without_a_charge(shop: Shop) -> None:
    clock = shop.clock()
    customer = shop.customer("pm_card_chargeCustomerFail", clock)
    subscription = start(shop, customer, trial_period_days=1)
    shop.advance(clock, DAY + HOUR)
    before = len(shop.client.v1.charges.list({"customer": customer}).data)
    paid = shop.client.v1.invoices.pay(shop.latest(subscription.id).id, {"paid_out_of_band": True})
    assert (paid.status, paid.amount_paid_off_stripe) == ("paid", 49_900)
    assert len(shop.client.v1.charges.list({"customer": customer}).data) == before
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"


@pytest.mark.parametrize("ending", ["void_invoice", "mark_uncollectible"])
def test_giving_up_the_latest_invoice_ends_past_due(shop: Shop, ending: str) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer("pm_card_chargeCustomerFail", clock), trial_period_days=1)
    shop.advance(clock, DAY + HOUR)
    getattr(shop.client.v1.invoices, ending)(shop.latest(subscription.id).id)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_a_past_due_subscription_still_gets_its_next_invoice(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer("pm_card_chargeCustomerFail", clock), trial_period_days=1)
    shop.advance(clock, 40 * DAY)
    found = shop.client.v1.invoices.list({"subscription": subscription.id, "status": "open"}).data
    assert len(found) == 2
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"


def test_paying_only_the_older_of_two_open_invoices_leaves_it_past_due(shop: Shop) -> None:
    clock = shop.clock()
    customer = shop.customer("pm_card_chargeCustomerFail", clock)
    subscription = start(shop, customer, trial_period_days=1)
    shop.advance(clock, 40 * DAY)
    newer, older = shop.client.v1.invoices.list({"subscription": subscription.id, "status": "open"}).data
    good = shop.default(customer, "pm_card_visa")
    shop.client.v1.invoices.pay(older.id, {"payment_method": good})
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"
    shop.client.v1.invoices.pay(newer.id, {"payment_method": good})
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_month_ends_are_clamped_and_come_back(shop: Shop) -> None:
    clock = shop.clock(1_801_353_600)  # 2027-01-31 00:00 UTC
    subscription = start(shop, shop.customer(clock=clock))
    ends = []
    for _ in range(3):
        item = shop.client.v1.subscriptions.retrieve(subscription.id)["items"].data[0]
        ends.append(item.current_period_end)
        shop.advance(clock, item.current_period_end - item.current_period_start)
    assert ends == [1_803_772_800, 1_806_451_200, 1_809_043_200]  # 28 February, 31 March, 30 April


@pytest.mark.parametrize(
    ("behavior", "status"), [("allow_incomplete", "incomplete"), ("default_incomplete", "incomplete")]
)
def test_a_first_payment_that_fails_leaves_it_incomplete(shop: Shop, behavior: str, status: str) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail")
    subscription = start(shop, customer, payment_behavior=behavior)
    assert subscription.status == status
    assert shop.latest(subscription.id).status == "open"
    shop.client.v1.invoices.pay(
        shop.latest(subscription.id).id, {"payment_method": shop.default(customer, "pm_card_visa")}
    )
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_error_if_incomplete_makes_nothing(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail_lost_card")
    with pytest.raises(stripe.CardError) as declined:
        start(shop, customer, payment_behavior="error_if_incomplete")
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "lost_card"
    assert not shop.client.v1.subscriptions.list({"customer": customer, "status": "all"}).data


def test_an_incomplete_subscription_expires_after_23_hours(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer("pm_card_chargeCustomerFail", clock))
    shop.advance(clock, 23 * HOUR)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "incomplete_expired"
    assert shop.latest(subscription.id).status == "void"


def test_without_a_payment_method_nothing_starts(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        start(shop, shop.customer(card=None))


def test_canceling_at_period_end_keeps_it_until_then(shop: Shop, receiver: Receiver) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    changed = shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (changed.status, changed.cancel_at) == ("active", subscription["items"].data[0].current_period_end)
    shop.advance(clock, 31 * DAY)
    ended = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert ended.status == "canceled"
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "cancellation_requested"
    until(lambda: receiver.events("customer.subscription.deleted"))
    assert len(shop.client.v1.invoices.list({"subscription": subscription.id}).data) == 1


@pytest.mark.parametrize("days", [10, 0])
def test_it_ends_on_its_day_even_when_that_is_the_last_of_the_period(shop: Shop, days: int) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    item = subscription["items"].data[0]
    day = subscription.created + days * DAY if days else item.current_period_end
    shop.client.v1.subscriptions.update(subscription.id, {"cancel_at": day})
    shop.advance(clock, 32 * DAY)
    ended = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", day)
    assert len(shop.client.v1.invoices.list({"subscription": subscription.id}).data) == 1


def test_keeping_it_after_all_renews(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    kept = shop.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (kept.cancel_at, kept.canceled_at) == (None, None)
    shop.advance(clock, 32 * DAY)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_canceling_now_ends_it_and_twice_is_refused(shop: Shop) -> None:
    subscription = start(shop, shop.customer())
    assert shop.client.v1.subscriptions.cancel(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.subscriptions.cancel(subscription.id)


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_paused_collection_does_not_charge(shop: Shop, behavior: Any, status: str) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": behavior}})
    shop.advance(clock, 32 * DAY)
    assert shop.latest(subscription.id).status == status
    resumed = shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": ""})
    assert resumed.pause_collection is None


def test_collection_resumes_by_itself(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    resumes = subscription.created + 5 * DAY
    params: Any = {"pause_collection": {"behavior": "void", "resumes_at": resumes}}
    shop.client.v1.subscriptions.update(subscription.id, params)
    shop.advance(clock, 6 * DAY)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).pause_collection is None


def test_a_paused_subscription_bills_nothing_until_resumed(shop: Shop, receiver: Receiver) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    paused = shop.client.v1.subscriptions.pause(subscription.id)
    assert paused.status == "paused"
    shop.advance(clock, 60 * DAY)
    assert len(shop.client.v1.invoices.list({"subscription": subscription.id}).data) == 1
    resumed = shop.client.v1.subscriptions.resume(subscription.id)
    assert resumed.status == "active"
    assert resumed.billing_cycle_anchor == subscription.created + 60 * DAY
    until(lambda: receiver.events("customer.subscription.resumed"))
    until(lambda: receiver.events("customer.subscription.paused"))


def test_a_resumption_that_cannot_be_paid_leaves_it_paused(shop: Shop) -> None:
    clock = shop.clock()
    customer = shop.customer(clock=clock)
    subscription = start(shop, customer)
    shop.client.v1.subscriptions.pause(subscription.id)
    shop.default(customer, "pm_card_chargeCustomerFail")
    assert shop.client.v1.subscriptions.resume(subscription.id).status == "paused"
    shop.advance(clock, 24 * HOUR)
    assert shop.latest(subscription.id).status == "void"


@pytest.mark.parametrize(("behavior", "status"), [("cancel", "canceled"), ("pause", "paused")])
def test_a_trial_without_a_card_ends_as_told(shop: Shop, behavior: Any, status: str) -> None:
    clock = shop.clock()
    settings: Any = {"end_behavior": {"missing_payment_method": behavior}}
    subscription = start(shop, shop.customer(None, clock), trial_period_days=2, trial_settings=settings)
    shop.advance(clock, 2 * DAY)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == status


def test_ending_a_trial_now_bills_at_once(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock), trial_period_days=7)
    shop.advance(clock, DAY)
    changed = shop.client.v1.subscriptions.update(subscription.id, {"trial_end": "now"})
    assert changed.status == "active"
    assert shop.latest(subscription.id).status == "paid"


def test_the_renewal_is_announced(shop: Shop, receiver: Receiver) -> None:
    clock = shop.clock()
    subscription = start(shop, shop.customer(clock=clock))
    shop.advance(clock, 28 * DAY + 1)
    upcoming = until(lambda: receiver.events("invoice.upcoming"))
    assert upcoming[0]["data"]["object"]["amount_due"] == 49_900
    assert upcoming[0]["data"]["object"]["parent"]["subscription_details"]["subscription"] == subscription.id


@pytest.mark.parametrize("field", ["current_period_end", "current_period_start"])
def test_periods_stand_on_the_items(shop: Shop, field: str) -> None:
    subscription = start(shop, shop.customer())
    assert field not in subscription.to_dict()
    assert subscription["items"].data[0][field]
