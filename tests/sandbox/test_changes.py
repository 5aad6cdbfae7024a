"""Plans change, coupons take off, schedules wait, previews tell: to the centavo."""

from typing import Any

import pytest
import stripe

from sandbox.stripe.proration import share
from tests.sandbox.conftest import Shop

DAY, HOUR = 86_400, 3_600


def start(shop: Shop, clock: str, amount: int = 30_000, **fields: Any) -> stripe.Subscription:
    params: Any = {"customer": shop.customer(clock=clock), "items": [{"price": shop.price(amount)}], **fields}
    return shop.client.v1.subscriptions.create(params)


def change(shop: Shop, subscription: stripe.Subscription, price: str, **fields: Any) -> stripe.Subscription:
    params: Any = {"items": [{"id": subscription["items"].data[0].id, "price": price}], **fields}
    return shop.client.v1.subscriptions.update(subscription.id, params)


@pytest.mark.parametrize(
    ("amount", "at", "part"),
    [(3000, 0, 3000), (3000, 15, 1500), (3000, 30, 0), (3000, 31, 0), (100, 20, 33), (5, 15, 3), (3000, -5, 3000)],
)
def test_a_share_of_a_period_is_rounded_half_up(amount: int, at: int, part: int) -> None:
    assert share(amount, start=0, end=30, at=at) == part


def test_changing_plan_credits_the_old_and_charges_the_new_on_the_next_invoice(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    item = subscription["items"].data[0]
    length = item.current_period_end - item.current_period_start
    shop.advance(clock, length // 2)
    change(shop, subscription, shop.price(60_000))
    pending = shop.client.v1.invoice_items.list({"pending": True}).data
    assert sorted(each.amount for each in pending) == [-15_000, 30_000]
    shop.advance(clock, length // 2 + HOUR + 60)
    invoice = shop.latest(subscription.id)
    assert sorted(line.amount for line in invoice.lines.data) == [-15_000, 30_000, 60_000]
    assert (invoice.total, invoice.status) == (75_000, "paid")


@pytest.mark.live
def test_always_invoice_bills_the_difference_now(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    item = subscription["items"].data[0]
    shop.advance(clock, (item.current_period_end - item.current_period_start) // 2)
    change(shop, subscription, shop.price(60_000), proration_behavior="always_invoice")
    invoice = shop.latest(subscription.id)
    assert (invoice.billing_reason, invoice.total, invoice.status) == ("subscription_update", 15_000, "paid")


def test_no_proration_changes_only_the_future(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    shop.advance(clock, DAY)
    change(shop, subscription, shop.price(60_000), proration_behavior="none")
    assert not shop.client.v1.invoice_items.list().data
    shop.advance(clock, 32 * DAY)
    assert shop.latest(subscription.id).total == 60_000


@pytest.mark.live
def test_another_interval_starts_a_new_cycle(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    shop.advance(clock, DAY)
    changed = change(shop, subscription, shop.price(500_000, "year"), proration_behavior="none")
    assert changed.billing_cycle_anchor == subscription.created + DAY
    assert shop.latest(subscription.id).total == 500_000
    item = changed["items"].data[0]
    assert item.current_period_end - item.current_period_start in {365 * DAY, 366 * DAY}


def test_a_preview_tells_what_a_change_would_cost_and_changes_nothing(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    item = subscription["items"].data[0]
    shop.advance(clock, (item.current_period_end - item.current_period_start) // 2)
    events = len(shop.client.v1.events.list({"limit": 100}).data)
    details: Any = {"items": [{"id": item.id, "price": shop.price(60_000)}], "proration_behavior": "always_invoice"}
    preview = shop.client.v1.invoices.create_preview({"subscription": subscription.id, "subscription_details": details})
    assert preview.total == 15_000
    plain = shop.client.v1.invoices.create_preview({"subscription": subscription.id})
    assert plain.total == 30_000
    kept = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert kept["items"].data[0].price.unit_amount == 30_000
    assert not shop.client.v1.invoice_items.list().data
    assert len(shop.client.v1.events.list({"limit": 100}).data) == events + 2  # the product and the price


@pytest.mark.parametrize(
    ("coupon", "totals"),
    [
        ({"percent_off": 50, "duration": "once"}, [15_000, 30_000, 30_000]),
        ({"percent_off": 33.3, "duration": "forever"}, [20_010, 20_010, 20_010]),
        ({"amount_off": 40_000, "currency": "mxn", "duration": "repeating", "duration_in_months": 2}, [0, 0, 30_000]),
    ],
)
@pytest.mark.live
def test_coupons_take_off_for_as_long_as_they_last(shop: Shop, coupon: Any, totals: list[int]) -> None:
    clock = shop.clock()
    made = shop.client.v1.coupons.create(coupon)
    subscription = start(shop, clock, discounts=[{"coupon": made.id}])
    for _ in totals[1:]:
        item = shop.client.v1.subscriptions.retrieve(subscription.id)["items"].data[0]
        shop.advance(clock, item.current_period_end - item.current_period_start + HOUR)
    found = shop.client.v1.invoices.list({"subscription": subscription.id}).data
    assert [invoice.total for invoice in reversed(found)] == totals


def test_a_promotion_code_is_redeemed_as_often_as_allowed(shop: Shop) -> None:
    clock = shop.clock()
    coupon = shop.client.v1.coupons.create({"percent_off": 10, "duration": "forever"})
    promotion: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HOLA", "max_redemptions": 1}
    code = shop.client.v1.promotion_codes.create(promotion)
    subscription = start(shop, clock, discounts=[{"promotion_code": code.id}])
    assert shop.latest(subscription.id).total == 27_000
    assert shop.client.v1.promotion_codes.list({"code": "HOLA"}).data[0].times_redeemed == 1
    with pytest.raises(stripe.InvalidRequestError, match="redeemed too often"):
        start(shop, clock, discounts=[{"promotion_code": code.id}])


@pytest.mark.live
def test_a_schedule_changes_the_plan_at_the_period_end(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    schedule = shop.client.v1.subscription_schedules.create({"from_subscription": subscription.id})
    old, new = schedule.phases[0], shop.price(60_000)
    phases: Any = [
        {
            "items": [{"price": old.items[0].price, "quantity": 1}],
            "start_date": old.start_date,
            "end_date": old.end_date,
        },
        {"items": [{"price": new}], "proration_behavior": "none"},
    ]
    shop.client.v1.subscription_schedules.update(schedule.id, {"phases": phases})
    shop.advance(clock, 32 * DAY)
    changed = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert changed["items"].data[0].price.id == new
    assert shop.latest(subscription.id).total == 60_000
    shop.advance(clock, 62 * DAY)
    assert shop.client.v1.subscription_schedules.retrieve(schedule.id).status == "completed"
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_a_credit_note_lessens_an_open_invoice_and_refunds_a_paid_one(shop: Shop) -> None:
    clock = shop.clock()
    subscription = start(shop, clock)
    paid = shop.latest(subscription.id)
    shop.client.v1.credit_notes.create({"invoice": paid.id, "amount": 10_000, "refund_amount": 10_000})
    assert shop.client.v1.refunds.list().data[0].amount == 10_000
    with pytest.raises(stripe.InvalidRequestError, match="exceeds"):
        shop.client.v1.credit_notes.create({"invoice": paid.id, "amount": 20_001, "refund_amount": 20_001})
    customer = str(paid.customer)
    shop.default(customer, "pm_card_chargeCustomerFail")
    shop.advance(clock, 32 * DAY)
    unpaid = shop.latest(subscription.id)
    shop.client.v1.credit_notes.create({"invoice": unpaid.id, "amount": 12_000})
    again = shop.client.v1.invoices.retrieve(unpaid.id)
    assert (again.status, again.amount_remaining) == ("open", 18_000)
    settled = shop.client.v1.invoices.pay(unpaid.id, {"payment_method": shop.default(customer, "pm_card_visa")})
    assert (settled.status, settled.amount_paid) == ("paid", 18_000)
    assert shop.client.v1.charges.list({"customer": customer}).data[0].amount == 18_000


def test_a_dispute_is_won_or_lost_by_its_evidence(shop: Shop) -> None:
    clock = shop.clock()
    for words, verdict in (("winning_evidence", "won"), ("losing_evidence", "lost")):
        customer = shop.customer("pm_card_createDispute", clock)
        method = shop.client.v1.customers.payment_methods.list(customer).data[0].id
        intent = shop.client.v1.payment_intents.create(
            {"amount": 1000, "currency": "mxn", "customer": customer, "payment_method": method, "confirm": True}
        )
        shop.advance(clock, 1)
        (dispute,) = shop.client.v1.disputes.list({"payment_intent": intent.id}).data
        assert dispute.status == "needs_response"
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.client.v1.refunds.create({"payment_intent": intent.id})
        assert refused.value.code == "charge_disputed"
        shop.client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
        assert shop.client.v1.disputes.retrieve(dispute.id).status == verdict


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('email:"ana@example.com"', 1),
        ("email~'example'", 2),
        ('email~"example" AND -name:"Ana"', 1),
        ('name:"Ana" OR name:"Beto"', 2),
        ('metadata["clinic"]:"7"', 1),
        ("created>0", 2),
        ("phone:null", 2),
    ],
)
def test_search_finds_customers(shop: Shop, query: str, found: int) -> None:
    shop.client.v1.customers.create({"email": "ana@example.com", "name": "Ana", "metadata": {"clinic": "7"}})
    shop.client.v1.customers.create({"email": "beto@example.com", "name": "Beto"})
    assert len(shop.client.v1.customers.search({"query": query}).data) == found


@pytest.mark.parametrize("query", ["", "email", 'email:"a" AND name:"b" OR name:"c"', 'shoe:"42"', "created>soon"])
@pytest.mark.live
def test_a_search_that_makes_no_sense_is_refused(shop: Shop, query: str) -> None:
    shop.client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.customers.search({"query": query})
