"""The pages work with nothing but forms: Checkout, the portal, and the invoice a person pays."""

from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.conftest import HTTP, Receiver, Running, Shop, until

DAY, HOUR = 86_400, 3_600


def post(url: str, **form: str) -> httpx.Response:
    return HTTP.post(url, data=form)


def past_due(shop: Shop) -> tuple[str, str]:
    """A customer whose renewal failed: the customer's and the subscription's id."""
    clock = shop.clock()
    customer = shop.customer("pm_card_chargeCustomerFail", clock)
    params: Any = {"customer": customer, "items": [{"price": shop.price()}], "trial_period_days": 1}
    subscription = shop.client.v1.subscriptions.create(params)
    shop.advance(clock, DAY + HOUR)
    return customer, subscription.id


def checkout(shop: Shop, **fields: Any) -> stripe.checkout.Session:
    params: Any = {
        "mode": "subscription",
        "line_items": [{"price": shop.price(), "quantity": 1}],
        "success_url": "https://shop.example/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/back",
        **fields,
    }
    return shop.client.v1.checkout.sessions.create(params)


def test_checkout_starts_a_subscription(shop: Shop, receiver: Receiver) -> None:
    session = checkout(
        shop, metadata={"cart": "1"}, subscription_data={"trial_period_days": 7, "metadata": {"tenant": "t1"}}
    )
    assert session.url is not None
    assert "7 días gratis" in HTTP.get(session.url).text
    answer = post(session.url, card="4242 4242 4242 4242", email="ana@example.com", name="Ana")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://shop.example/done?session={session.id}"
    (event,) = until(lambda: receiver.events("checkout.session.completed"))
    done = event["data"]["object"]
    assert (done["status"], done["payment_status"], done["metadata"]) == (
        "complete",
        "no_payment_required",
        {"cart": "1"},
    )
    subscription = shop.client.v1.subscriptions.retrieve(done["subscription"])
    assert (subscription.status, subscription.to_dict()["metadata"]) == ("trialing", {"tenant": "t1"})
    assert shop.client.v1.customers.retrieve(done["customer"]).email == "ana@example.com"
    assert subscription.default_payment_method


def test_a_declined_card_keeps_checkout_open(shop: Shop) -> None:
    session = checkout(shop, customer=shop.customer(None))
    assert session.url is not None
    refused = post(session.url, card="pm_card_visa_chargeDeclinedInsufficientFunds")
    assert refused.status_code == 402
    assert "insufficient funds" in refused.text
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert post(session.url, card="pm_card_visa").status_code == 303
    done = shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 49_900)
    assert done.line_items is not None
    assert len(done.line_items.data) == 1


def test_checkout_saves_a_card(shop: Shop, receiver: Receiver) -> None:
    customer = shop.customer(None)
    params: Any = {"mode": "setup", "customer": customer, "currency": "mxn", "success_url": "https://shop.example/"}
    session = shop.client.v1.checkout.sessions.create(params)
    assert session.url is not None
    assert post(session.url, card="pm_card_visa").status_code == 303
    (event,) = until(lambda: receiver.events("setup_intent.succeeded"))
    assert event["data"]["object"]["customer"] == customer
    assert len(shop.client.v1.customers.payment_methods.list(customer).data) == 1


def test_checkout_expires_by_hand_and_by_time(shop: Shop, receiver: Receiver) -> None:
    assert shop.client.v1.checkout.sessions.expire(checkout(shop).id).status == "expired"
    clock = shop.clock()
    session = checkout(shop, customer=shop.customer(None, clock))
    shop.advance(clock, DAY)
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    until(lambda: len(receiver.events("checkout.session.expired")) == 2)
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.checkout.sessions.expire(session.id)


def test_the_portal_changes_the_card_and_pays_what_is_open(shop: Shop, receiver: Receiver) -> None:
    customer, subscription = past_due(shop)
    params: Any = {"customer": customer, "return_url": "https://shop.example/account"}
    session = shop.client.v1.billing_portal.sessions.create(params)
    page = HTTP.get(session.url).text
    invoice = shop.latest(subscription)
    assert invoice.id in page
    assert "https://shop.example/account" in page
    assert post(session.url, action="update_card", card="pm_card_mastercard").status_code == 303
    settings = shop.client.v1.customers.retrieve(customer).invoice_settings
    assert settings is not None
    assert settings.default_payment_method
    assert shop.client.v1.invoices.retrieve(invoice.id).status == "open"  # a new card alone pays nothing
    assert post(session.url, action="pay_invoice", invoice=invoice.id).status_code == 303
    assert shop.client.v1.invoices.retrieve(invoice.id).status == "paid"
    assert shop.client.v1.subscriptions.retrieve(subscription).status == "active"
    until(lambda: receiver.events("invoice.paid"))
    until(lambda: receiver.events("billing_portal.session.created"))


def test_the_portal_cancels_and_keeps(shop: Shop) -> None:
    customer = shop.customer()
    params: Any = {"customer": customer, "items": [{"price": shop.price()}]}
    subscription = shop.client.v1.subscriptions.create(params).id
    session = shop.client.v1.billing_portal.sessions.create({"customer": customer})
    assert post(session.url, action="cancel", subscription=subscription).status_code == 303
    assert shop.client.v1.subscriptions.retrieve(subscription).cancel_at_period_end is True
    assert post(session.url, action="keep", subscription=subscription).status_code == 303
    assert shop.client.v1.subscriptions.retrieve(subscription).cancel_at_period_end is False


def test_the_portal_touches_nobody_elses_things(shop: Shop) -> None:
    _, subscription = past_due(shop)
    session = shop.client.v1.billing_portal.sessions.create({"customer": shop.customer()})
    invoice = shop.latest(subscription)
    assert post(session.url, action="pay_invoice", invoice=invoice.id).status_code == 402
    assert post(session.url, action="cancel", subscription=subscription).status_code == 402
    assert shop.client.v1.invoices.retrieve(invoice.id).status == "open"


def test_a_person_pays_an_invoice_on_its_page(shop: Shop) -> None:
    _, subscription = past_due(shop)
    url = shop.latest(subscription).hosted_invoice_url
    assert url is not None
    assert "$499.00 MXN" in HTTP.get(url).text
    assert post(url, card="pm_card_visa_chargeDeclinedLostCard").status_code == 402
    assert post(url, card="pm_card_visa_debit").status_code == 303
    assert "Pagada" in HTTP.get(url).text
    assert shop.latest(subscription).status == "paid"
    assert post(url, card="pm_card_visa").status_code == 402


def test_an_invoice_page_can_save_the_card(shop: Shop) -> None:
    customer, subscription = past_due(shop)
    url = shop.latest(subscription).hosted_invoice_url
    assert url is not None
    before = len(shop.client.v1.customers.payment_methods.list(customer).data)
    assert post(url, card="pm_card_visa", save="on").status_code == 303
    assert len(shop.client.v1.customers.payment_methods.list(customer).data) == before + 1


def test_an_invoice_page_leads_through_authentication(shop: Shop) -> None:
    _, subscription = past_due(shop)
    url = shop.latest(subscription).hosted_invoice_url
    assert url is not None
    answer = post(url, card="pm_card_authenticationRequired")
    assert answer.status_code == 303
    there = httpx.URL(url).join(answer.headers["location"])
    back = HTTP.post(there, data={"result": "complete"})
    assert back.status_code == 303
    assert shop.latest(subscription).status == "paid"


@pytest.mark.parametrize(
    "path", ["/checkout/cs_x", "/portal/bps_x", "/pay/in_x", "/authenticate/pi_x", "/voucher/pi_x"]
)
def test_a_page_of_nothing_is_404(sandbox: Running, path: str) -> None:
    response = HTTP.get(f"{sandbox.url}{path}")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
