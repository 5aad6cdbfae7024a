"""OXXO vouchers and SPEI transfers wait until somebody pays or the voucher expires, on invoices and in Checkout alike."""

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import HTTP, Receiver, Running, Shop, until

DAY = 86_400
KINDS = ["oxxo", "customer_balance"]


def method(shop: Shop, kind: Any) -> str:
    params: Any = {"type": kind, "billing_details": {"name": "Ana López", "email": "ana@example.com"}}
    return shop.client.v1.payment_methods.create(params).id


def voucher(shop: Shop, kind: str, customer: str) -> stripe.PaymentIntent:
    params: Any = {"amount": 1000, "currency": "mxn", "payment_method": method(shop, kind), "confirm": True,
                   "customer": customer}  # fmt: skip
    return shop.client.v1.payment_intents.create(params)


def open_invoice(shop: Shop, clock: str | None = None) -> stripe.Invoice:
    """An invoice of 499 pesos that waits to be paid on its page."""
    customer = shop.customer(None, clock)
    params: Any = {"customer": customer, "items": [{"price": shop.price()}], "collection_method": "send_invoice",
                   "days_until_due": 10}  # fmt: skip
    return shop.latest(shop.client.v1.subscriptions.create(params).id)


def chosen(shop: Shop, invoice: stripe.Invoice, kind: str) -> stripe.PaymentIntent:
    """The customer chooses how to pay the invoice; its intent."""
    assert invoice.hosted_invoice_url is not None
    answer = HTTP.post(invoice.hosted_invoice_url, data={"card": kind})
    assert answer.status_code == 303
    return shop.client.v1.payment_intents.retrieve(answer.headers["location"].rpartition("/")[2])


def cart(shop: Shop, **fields: Any) -> stripe.checkout.Session:
    """A Checkout Session for one payment."""
    currency = fields.pop("currency", "mxn")
    item = {"price_data": {"currency": currency, "unit_amount": 49_900, "product_data": {"name": "x"}}, "quantity": 1}
    params: Any = {"mode": "payment", "line_items": [item], "success_url": "https://shop.example/", **fields}
    return shop.client.v1.checkout.sessions.create(params)


def bought(shop: Shop, kind: str) -> tuple[str, str]:
    """A session finished with a voucher or a transfer, and its intent."""
    session = cart(shop)
    assert session.url is not None
    assert HTTP.post(session.url, data={"card": kind}).status_code == 303
    done = shop.client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "unpaid")
    return session.id, str(done.payment_intent)


def kinds_about(receiver: Receiver, subject: str) -> list[str]:
    return [event["type"] for event in receiver.events() if event["data"]["object"]["id"] == subject]


@pytest.mark.parametrize("kind", KINDS)
def test_it_waits_with_instructions_until_it_is_paid(shop: Shop, receiver: Receiver, kind: str) -> None:
    intent = voucher(shop, kind, shop.customer(None))
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    if kind == "oxxo":
        assert intent.next_action.oxxo_display_details is not None
        url = intent.next_action.oxxo_display_details.hosted_voucher_url
    else:
        transfer = intent.next_action.display_bank_transfer_instructions
        assert transfer is not None
        assert transfer.financial_addresses is not None
        assert transfer.financial_addresses[0].spei is not None
        assert len(transfer.financial_addresses[0].spei.clabe) == 18
        url = transfer.hosted_instructions_url
    assert url is not None
    assert HTTP.post(url).status_code == 200
    paid = shop.client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert paid.latest_charge.payment_method_details is not None
    assert paid.latest_charge.payment_method_details.type == kind
    order = [f"payment_intent.{what}" for what in ("created", "requires_action", "processing", "succeeded")]
    until(lambda: set(order) <= set(kinds_about(receiver, intent.id)))  # each is delivered on a way of its own
    assert sorted(kinds_about(receiver, intent.id)) == sorted(order)


def test_a_voucher_expires_with_its_days(shop: Shop) -> None:
    clock = shop.clock()
    intent = voucher(shop, "oxxo", shop.customer(None, clock))
    shop.advance(clock, 3 * DAY - 1)
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
    shop.advance(clock, 1)
    expired = shop.client.v1.payment_intents.retrieve(intent.id)
    assert expired.status == "requires_payment_method"
    assert expired.last_payment_error is not None
    assert expired.last_payment_error.code == "payment_intent_payment_attempt_expired"


def test_a_second_voucher_outlives_the_first(shop: Shop) -> None:
    clock = shop.clock()
    intent = voucher(shop, "oxxo", shop.customer(None, clock))
    shop.advance(clock, 2 * DAY)
    params: Any = {"payment_method": method(shop, "oxxo")}
    assert shop.client.v1.payment_intents.confirm(intent.id, params).status == "requires_action"
    shop.advance(clock, 2 * DAY)
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
    shop.advance(clock, DAY)
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_transfer_does_not_expire(shop: Shop, sandbox: Running) -> None:
    clock = shop.clock()
    intent = voucher(shop, "customer_balance", shop.customer(None, clock))
    shop.advance(clock, 30 * DAY)
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
    path = f"{sandbox.url}/_sandbox/stripe/payment_intents/{intent.id}/expire"
    assert HTTP.post(path).status_code == 400
    assert shop.client.v1.payment_intents.cancel(intent.id).status == "canceled"


@pytest.mark.parametrize("kind", KINDS)
def test_neither_can_be_saved(shop: Shop, kind: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be attached"):
        shop.client.v1.payment_methods.attach(method(shop, kind), {"customer": shop.customer(None)})


@pytest.mark.parametrize("kind", KINDS)
def test_an_invoice_is_paid_when_the_money_comes(shop: Shop, sandbox: Running, receiver: Receiver, kind: str) -> None:
    invoice = open_invoice(shop)
    intent = chosen(shop, invoice, kind)
    assert intent.status == "requires_action"
    waiting = shop.client.v1.invoices.retrieve(str(invoice.id))
    assert (waiting.status, waiting.attempted) == ("open", True)
    sandbox.control("POST", f"/stripe/payment_intents/{intent.id}/settle")
    paid = shop.client.v1.invoices.retrieve(str(invoice.id), {"expand": ["payments"]})
    assert (paid.status, paid.amount_paid) == ("paid", 49_900)
    assert paid.payments is not None
    assert paid.payments.data[0].status == "paid"
    until(lambda: "invoice.payment_succeeded" in kinds_about(receiver, str(invoice.id)))
    told = kinds_about(receiver, str(invoice.id))
    assert {"invoice.payment_action_required", "invoice.paid"} <= set(told)
    assert "invoice.payment_failed" not in told
    sandbox.control("POST", f"/stripe/payment_intents/{intent.id}/settle")  # a second time pays nothing
    assert len(shop.client.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_an_invoice_stays_open_when_its_voucher_expires(shop: Shop, sandbox: Running, receiver: Receiver) -> None:
    invoice = open_invoice(shop)
    intent = chosen(shop, invoice, "oxxo")
    assert sandbox.control("POST", f"/stripe/payment_intents/{intent.id}/expire")["status"] == "requires_payment_method"
    assert shop.client.v1.invoices.retrieve(str(invoice.id)).status == "open"
    until(lambda: "invoice.payment_failed" in kinds_about(receiver, str(invoice.id)))
    assert invoice.hosted_invoice_url is not None
    assert HTTP.post(invoice.hosted_invoice_url, data={"card": "pm_card_visa"}).status_code == 303
    assert shop.client.v1.invoices.retrieve(str(invoice.id)).status == "paid"


def test_a_voided_invoice_takes_its_voucher_along(shop: Shop, sandbox: Running) -> None:
    invoice = open_invoice(shop)
    intent = chosen(shop, invoice, "oxxo")
    shop.client.v1.invoices.void_invoice(str(invoice.id))
    sandbox.control("POST", f"/stripe/payment_intents/{intent.id}/settle")
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "canceled"
    assert shop.client.v1.invoices.retrieve(str(invoice.id)).status == "void"


@pytest.mark.parametrize("kind", KINDS)
def test_checkout_is_paid_later(shop: Shop, sandbox: Running, receiver: Receiver, kind: str) -> None:
    session, intent = bought(shop, kind)
    sandbox.control("POST", f"/stripe/payment_intents/{intent}/settle")
    assert shop.client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
    (event,) = until(lambda: receiver.events("checkout.session.async_payment_succeeded"))
    assert (event["data"]["object"]["id"], event["data"]["object"]["payment_status"]) == (session, "paid")
    (completed,) = until(lambda: receiver.events("checkout.session.completed"))
    assert completed["data"]["object"]["payment_status"] == "unpaid"


def test_checkout_fails_later(shop: Shop, receiver: Receiver) -> None:
    session, intent = bought(shop, "oxxo")
    found = shop.client.v1.payment_intents.retrieve(intent)
    assert found.next_action is not None
    assert found.next_action.oxxo_display_details is not None
    url = str(found.next_action.oxxo_display_details.hosted_voucher_url)
    assert HTTP.post(url, data={"result": "expire"}).status_code == 200
    assert shop.client.v1.checkout.sessions.retrieve(session).payment_status == "unpaid"
    (event,) = until(lambda: receiver.events("checkout.session.async_payment_failed"))
    assert event["data"]["object"]["id"] == session


@pytest.mark.parametrize(
    ("fields", "types"),
    [
        ({}, ["card", "oxxo", "customer_balance"]),
        ({"currency": "usd"}, ["card"]),
        ({"allowed_payment_method_types": ["oxxo"]}, ["oxxo"]),
        ({"excluded_payment_method_types": ["oxxo"]}, ["card", "customer_balance"]),
    ],
)
def test_checkout_offers_what_can_be_used(shop: Shop, fields: dict[str, Any], types: list[str]) -> None:
    session = cart(shop, **fields)
    assert session.payment_method_types == types
    assert session.url is not None
    page = HTTP.get(session.url).text
    assert ('value="oxxo"' in page, 'value="customer_balance"' in page) == (
        "oxxo" in types,
        "customer_balance" in types,
    )
    if "oxxo" not in types:
        assert HTTP.post(session.url, data={"card": "oxxo"}).status_code == 402
