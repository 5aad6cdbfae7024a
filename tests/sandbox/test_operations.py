"""What no story elsewhere calls, through the real SDK: each operation does what it says, and tells it by its event."""

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import HTTP, Receiver, Running, Shop, until

DAY, HOUR = 86_400, 3_600


def subscribed(shop: Shop, clock: str | None = None, **fields: Any) -> stripe.Subscription:
    params: Any = {"customer": shop.customer(clock=clock), "items": [{"price": shop.price()}], **fields}
    return shop.client.v1.subscriptions.create(params)


def told(shop: Shop, kind: str) -> int:
    """How many events of the kind there were."""
    return len(shop.client.v1.events.list({"type": kind, "limit": 100}).data)


def test_products_are_changed_listed_and_deleted_while_nothing_is_sold_of_them(shop: Shop) -> None:
    products = shop.client.v1.products
    product = products.create({"name": "Plan", "metadata": {"plan": "basico"}})
    assert products.update(product.id, {"active": False, "name": "Plan viejo"}).active is False
    assert products.retrieve(product.id).name == "Plan viejo"
    assert [each.id for each in products.list({"active": False}).data] == [product.id]
    assert [each.id for each in products.search({"query": 'metadata["plan"]:"basico"'}).data] == [product.id]
    assert products.delete(product.id).deleted
    sold = str(shop.client.v1.prices.retrieve(shop.price()).product)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        products.delete(sold)


def test_a_price_keeps_its_amount_and_hands_over_its_lookup_key(shop: Shop) -> None:
    prices = shop.client.v1.prices
    old, new = shop.price(10_000), shop.price(20_000)
    prices.update(old, {"lookup_key": "basico", "nickname": "2025"})
    with pytest.raises(stripe.InvalidRequestError, match="already uses"):
        prices.update(new, {"lookup_key": "basico"})
    prices.update(new, {"lookup_key": "basico", "transfer_lookup_key": True})
    assert [each.id for each in prices.list({"lookup_keys": ["basico"]}).data] == [new]
    assert prices.update(old, {"active": False}).active is False
    assert [each.id for each in prices.search({"query": 'active:"true"'}).data] == [new]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        prices.update(old, {"unit_amount": 1})  # type: ignore[typeddict-unknown-key]
    assert refused.value.code == "parameter_unknown"


def test_a_coupon_withdrawn_stays_with_those_who_have_it(shop: Shop) -> None:
    coupons = shop.client.v1.coupons
    coupon = coupons.create({"percent_off": 50, "duration": "forever", "id": "MITAD"})
    assert coupons.update("MITAD", {"name": "A la mitad"}).name == "A la mitad"
    assert [each.id for each in coupons.list().data] == [coupons.retrieve("MITAD").id]
    code = shop.client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "X"})
    subscription = subscribed(shop, discounts=[{"coupon": coupon.id}])
    assert coupons.delete("MITAD").deleted
    assert len(shop.client.v1.subscriptions.retrieve(subscription.id).discounts or []) == 1
    with pytest.raises(stripe.InvalidRequestError):
        subscribed(shop, discounts=[{"coupon": coupon.id}])
    promotions = shop.client.v1.promotion_codes
    assert promotions.update(code.id, {"active": False}).active is False
    assert promotions.retrieve(code.id).code == "X"
    assert shop.client.v1.subscriptions.delete_discount(subscription.id).deleted
    assert not shop.client.v1.subscriptions.retrieve(subscription.id).discounts


def test_seats_are_added_and_taken_by_items(shop: Shop) -> None:
    clock = shop.clock()
    subscription = subscribed(shop, clock)
    items = shop.client.v1.subscription_items
    added = items.create({"subscription": subscription.id, "price": shop.price(1_000), "quantity": 2})
    assert [each.amount for each in shop.client.v1.invoice_items.list().data] == [2_000]
    items.update(added.id, {"quantity": 5, "proration_behavior": "none"})
    assert items.retrieve(added.id).quantity == 5
    assert len(items.list({"subscription": subscription.id}).data) == 2
    assert items.delete(added.id, {"proration_behavior": "none"}).deleted
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        items.delete(subscription["items"].data[0].id)


def test_a_schedule_can_change_only_the_number_of_seats(shop: Shop) -> None:
    clock = shop.clock()
    price = shop.price(10_000)
    params: Any = {"customer": shop.customer(clock=clock), "items": [{"price": price, "quantity": 3}]}
    subscription = shop.client.v1.subscriptions.create(params)
    schedules = shop.client.v1.subscription_schedules
    schedule = schedules.create({"from_subscription": subscription.id})
    first = schedule.phases[0]
    phases: Any = [
        {"items": [{"price": price, "quantity": 3}], "start_date": first.start_date, "end_date": first.end_date},
        {"items": [{"price": price, "quantity": 1}], "proration_behavior": "none"},
    ]
    schedules.update(schedule.id, {"phases": phases, "end_behavior": "cancel"})
    shop.advance(clock, 32 * DAY)
    assert shop.client.v1.subscriptions.retrieve(subscription.id)["items"].data[0].quantity == 1
    assert shop.latest(subscription.id).total == 10_000
    shop.advance(clock, 31 * DAY)
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == "canceled"


@pytest.mark.parametrize(("ending", "status"), [("release", "active"), ("cancel", "canceled")])
def test_a_schedule_is_let_go_or_called_off(shop: Shop, ending: str, status: str) -> None:
    subscription = subscribed(shop)
    schedules = shop.client.v1.subscription_schedules
    schedule = schedules.create({"from_subscription": subscription.id})
    assert [each.id for each in schedules.list({"customer": str(subscription.customer)}).data] == [schedule.id]
    ended = getattr(schedules, ending)(schedule.id)
    assert ended.status == {"release": "released", "cancel": "canceled"}[ending]
    assert shop.client.v1.subscriptions.retrieve(subscription.id).status == status
    with pytest.raises(stripe.InvalidRequestError):
        schedules.update(schedule.id, {"end_behavior": "cancel"})


def test_a_one_off_invoice_is_written_sent_and_paid(shop: Shop) -> None:
    v1 = shop.client.v1
    customer = shop.customer()
    waiting = v1.invoice_items.create({"customer": customer, "amount": 5_000, "currency": "mxn", "description": "Alta"})
    v1.invoice_items.update(waiting.id, {"amount": 7_000})
    assert v1.invoice_items.retrieve(waiting.id).amount == 7_000
    dropped = v1.invoice_items.create({"customer": customer, "amount": 1, "currency": "mxn"})
    assert v1.invoice_items.delete(dropped.id).deleted
    invoice = v1.invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"})
    v1.invoice_items.create({"customer": customer, "invoice": invoice.id, "amount": 3_000, "currency": "mxn"})
    v1.invoices.update(invoice.id, {"metadata": {"order": "7"}})
    opened = v1.invoices.finalize_invoice(invoice.id)
    assert (opened.status, opened.total, opened.metadata["order"]) == ("open", 10_000, "7")
    assert sorted(line.amount for line in v1.invoices.line_items.list(invoice.id).data) == [3_000, 7_000]
    v1.invoices.send_invoice(invoice.id)
    assert told(shop, "invoice.sent") == 1
    assert v1.invoices.pay(invoice.id).status == "paid"
    (payment,) = v1.invoice_payments.list({"invoice": invoice.id}).data
    assert v1.invoice_payments.retrieve(payment.id).amount_paid == 10_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.invoice_items.delete(waiting.id)
    assert refused.value.code == "invoice_not_editable"
    draft = v1.invoices.create({"customer": customer})
    assert v1.invoices.delete(draft.id).deleted


def test_money_can_be_held_and_taken_later(shop: Shop) -> None:
    v1 = shop.client.v1
    customer = shop.customer()
    method = v1.customers.payment_methods.list(customer).data[0].id
    params: Any = {"amount": 1_000, "currency": "mxn", "customer": customer, "payment_method": method}
    intent = v1.payment_intents.create({**params, "capture_method": "manual", "confirm": True})
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1_000)
    with pytest.raises(stripe.InvalidRequestError):
        v1.payment_intents.capture(intent.id, {"amount_to_capture": 1_001})
    assert v1.payment_intents.capture(intent.id, {"amount_to_capture": 600}).amount_received == 600
    later = v1.payment_intents.create(params)
    assert v1.payment_intents.update(later.id, {"amount": 900, "metadata": {"n": "1"}}).amount == 900
    assert v1.payment_intents.cancel(later.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        v1.payment_intents.confirm(later.id)


def test_an_intent_to_save_a_card_is_confirmed_or_given_up(shop: Shop) -> None:
    setups = shop.client.v1.setup_intents
    customer = shop.customer(card=None)
    intent = setups.create({"customer": customer, "metadata": {"why": "renewal"}})
    setups.update(intent.id, {"description": "Tarjeta"})
    assert setups.retrieve(intent.id).status == "requires_payment_method"
    assert setups.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    assert len(shop.client.v1.customers.payment_methods.list(customer).data) == 1
    assert setups.cancel(setups.create({"customer": customer}).id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        setups.cancel(intent.id)


def test_a_card_is_described_and_found(shop: Shop) -> None:
    v1 = shop.client.v1
    customer = shop.customer()
    method = v1.customers.payment_methods.list(customer).data[0]
    v1.payment_methods.update(method.id, {"billing_details": {"name": "Ana Ruiz"}, "metadata": {"n": "1"}})
    assert v1.payment_methods.retrieve(method.id).billing_details.name == "Ana Ruiz"
    assert v1.customers.payment_methods.retrieve(customer, method.id).id == method.id
    assert [each.id for each in v1.payment_methods.list({"customer": customer, "type": "card"}).data] == [method.id]


@pytest.mark.parametrize(
    ("card", "statuses", "kind", "left"),
    [
        ("pm_card_visa", ["succeeded", "succeeded"], "refund.created", 600),
        ("pm_card_pendingRefund", ["pending", "succeeded"], "refund.updated", 600),
        ("pm_card_refundFail", ["succeeded", "failed"], "refund.failed", 1_000),
    ],
)
def test_a_refund_arrives_at_once_later_or_never(
    shop: Shop, card: str, statuses: list[str], kind: str, left: int
) -> None:
    v1 = shop.client.v1
    clock = shop.clock()
    intent = shop.charge(shop.customer(card, clock))
    refund = v1.refunds.create({"payment_intent": intent.id, "amount": 400, "metadata": {"case": "9"}})
    before = refund.status
    shop.advance(clock, 1)
    assert [before, v1.refunds.retrieve(refund.id).status] == statuses
    assert told(shop, kind) == 1
    charge = v1.charges.retrieve(str(intent.latest_charge))
    assert charge.amount - charge.amount_refunded == left
    assert v1.refunds.update(refund.id, {"metadata": {"case": "10"}}).metadata["case"] == "10"
    assert v1.charges.update(charge.id, {"description": "Mensualidad"}).description == "Mensualidad"


def test_a_credit_note_on_an_open_invoice_can_be_taken_back(shop: Shop) -> None:
    v1 = shop.client.v1
    clock = shop.clock()
    subscription = subscribed(shop, clock)
    shop.default(str(subscription.customer), "pm_card_chargeCustomerFail")
    shop.advance(clock, 32 * DAY)
    invoice = shop.latest(subscription.id)
    note = v1.credit_notes.create({"invoice": invoice.id, "amount": 9_900})
    v1.credit_notes.update(note.id, {"memo": "Cortesía"})
    assert v1.credit_notes.retrieve(note.id).memo == "Cortesía"
    assert [each.id for each in v1.credit_notes.list({"invoice": invoice.id}).data] == [note.id]
    assert v1.credit_notes.line_items.list(note.id).data[0].amount == 9_900
    assert v1.credit_notes.void_credit_note(note.id).status == "void"
    assert v1.invoices.retrieve(invoice.id).amount_remaining == invoice.amount_due


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("invoices", 'status:"paid" AND total>40000', 1),
        ("invoices", 'subscription:"{subscription}"', 1),
        ("subscriptions", 'metadata["ref"]:"s-1" AND status:"active"', 1),
        ("subscriptions", 'status:"canceled"', 0),
        ("payment_intents", 'customer:"{customer}" AND amount:49900', 1),
        ("charges", '-refunded:"true" AND amount>=49900', 1),
    ],
)
def test_search_finds_by_what_is_searchable(shop: Shop, kind: str, query: str, found: int) -> None:
    subscription = subscribed(shop, metadata={"ref": "s-1"})
    words = query.replace("{subscription}", subscription.id).replace("{customer}", str(subscription.customer))
    assert len(getattr(shop.client.v1, kind).search({"query": words}).data) == found


def test_a_search_is_paged(shop: Shop) -> None:
    for number in range(3):
        shop.client.v1.customers.create({"name": f"Ana {number}"})
    first = shop.client.v1.customers.search({"query": 'name~"Ana"', "limit": 2})
    assert [each.name for each in first.auto_paging_iter()] == ["Ana 2", "Ana 1", "Ana 0"]


def test_checkout_tells_what_it_sells_and_to_whom(shop: Shop) -> None:
    sessions = shop.client.v1.checkout.sessions
    customer = shop.customer()
    params: Any = {"mode": "subscription", "customer": customer, "line_items": [{"price": shop.price(), "quantity": 1}]}
    session = sessions.create({**params, "success_url": "https://shop.example/ok"})
    assert [line.amount_total for line in sessions.line_items.list(session.id).data] == [49_900]
    assert sessions.update(session.id, {"metadata": {"cart": "3"}}).metadata["cart"] == "3"
    assert [each.id for each in sessions.list({"customer": customer, "status": "open"}).data] == [session.id]


def test_the_portal_has_configurations(shop: Shop) -> None:
    configurations = shop.client.v1.billing_portal.configurations
    features: Any = {"subscription_cancel": {"enabled": False}, "invoice_history": {"enabled": True}}
    made = configurations.create({"features": features, "business_profile": {"headline": "Acuario"}})
    assert made.features.subscription_cancel.enabled is False
    assert configurations.update(made.id, {"active": False}).active is False
    assert configurations.retrieve(made.id).business_profile.headline == "Acuario"
    assert made.id in [each.id for each in configurations.list().data]


def test_webhook_endpoints_are_switched_off_and_clocks_removed(shop: Shop, receiver: Receiver) -> None:
    endpoints = shop.client.v1.webhook_endpoints
    endpoint = endpoints.create({"url": f"{receiver.url}/mine", "enabled_events": ["*"]})
    assert endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    assert [each.id for each in endpoints.list().data] == [endpoint.id]
    clocks = shop.client.v1.test_helpers.test_clocks
    clock = shop.clock()
    customer = shop.customer(clock=clock)
    assert [each.id for each in clocks.list().data] == [clock]
    assert clocks.delete(clock).deleted
    shop.clocks.remove(clock)
    assert shop.client.v1.customers.retrieve(customer).to_dict() == {
        "id": customer, "object": "customer", "deleted": True
    }  # fmt: skip
    until(lambda: receiver.events("test_helpers.test_clock.deleted"))
    assert not [post for post in receiver.posts if post[0] == "/mine"]


def test_an_event_is_sent_again_as_the_cli_asks_for_it(sandbox: Running, shop: Shop, receiver: Receiver) -> None:
    shop.client.v1.customers.create({})
    (event,) = until(lambda: receiver.events("customer.created"))
    key = {"authorization": f"Bearer {sandbox.settings.stripe_key}"}
    answer = HTTP.post(f"{sandbox.url}/v1/events/{event['id']}/retry", headers=key)
    assert answer.json()["id"] == event["id"]
    until(lambda: len(receiver.events("customer.created")) == 2)
