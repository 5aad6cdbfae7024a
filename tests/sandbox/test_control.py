"""Faults happen to the real SDK as they would happen at Stripe."""

import pytest
import stripe

from tests.sandbox.conftest import HTTP, Running, Shop, addresses


def pay_path(invoice: str) -> str:
    return f"POST /v1/invoices/{invoice}/pay"


def test_a_rate_limit_is_one(sandbox: Running, client: stripe.StripeClient) -> None:
    sandbox.control("POST", "/faults", {"operation": "POST /v1/customers", "kind": "429"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.create({})
    assert client.v1.customers.create({}).id


def test_a_server_error_did_nothing(sandbox: Running, client: stripe.StripeClient) -> None:
    sandbox.control("POST", "/faults", {"operation": "POST /v1/customers", "kind": "500", "times": 2})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.customers.create({})
    assert not client.v1.customers.list().data


@pytest.mark.parametrize(("kind", "made"), [("cut_before", 0), ("cut_after", 1)])
def test_a_connection_cut_leaves_the_client_in_doubt(
    sandbox: Running, client: stripe.StripeClient, kind: str, made: int
) -> None:
    sandbox.control("POST", "/faults", {"operation": "POST /v1/customers", "kind": kind})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({}, {"idempotency_key": "doubt"})
    assert len(client.v1.customers.list().data) == made
    assert client.v1.customers.create({}, {"idempotency_key": "doubt"}).id == client.v1.customers.list().data[0].id
    assert len(client.v1.customers.list().data) == 1


@pytest.mark.parametrize(("kind", "made"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_timeout_leaves_the_client_in_doubt(
    sandbox: Running, client: stripe.StripeClient, kind: str, made: int
) -> None:
    sandbox.control("POST", "/faults", {"operation": "POST /v1/customers", "kind": kind, "seconds": 0.5})
    http = stripe.RequestsClient(timeout=0.2)
    hasty = stripe.StripeClient(
        "sk_test_perdura", base_addresses=addresses(sandbox.url), max_network_retries=0, http_client=http
    )
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.customers.create({})
    http.close()
    assert len(client.v1.customers.list().data) == made


def test_the_sdk_retries_into_the_same_charge(sandbox: Running, shop: Shop) -> None:
    """The answer to a payment is lost; the SDK's own retry with its key must not charge twice."""
    customer = shop.customer()
    sandbox.control("POST", "/faults", {"operation": "POST /v1/payment_intents", "kind": "cut_after"})
    http = stripe.RequestsClient(timeout=10)
    stubborn = stripe.StripeClient(
        "sk_test_perdura", base_addresses=addresses(sandbox.url), max_network_retries=2, http_client=http
    )
    method = shop.client.v1.customers.payment_methods.list(customer).data[0].id
    intent = stubborn.v1.payment_intents.create(
        {"amount": 1000, "currency": "mxn", "customer": customer, "payment_method": method, "confirm": True}
    )
    http.close()
    assert intent.status == "succeeded"
    assert len(shop.client.v1.charges.list({"customer": customer}).data) == 1


def test_the_next_charges_are_refused_to_order(sandbox: Running, shop: Shop) -> None:
    one, other = shop.customer(), shop.customer()
    sandbox.control("POST", "/stripe/declines", {"customer": one, "decline_code": "stolen_card", "count": 1})

    def charge(customer: str) -> stripe.PaymentIntent:
        method = shop.client.v1.customers.payment_methods.list(customer).data[0].id
        return shop.client.v1.payment_intents.create(
            {"amount": 1000, "currency": "mxn", "customer": customer, "payment_method": method, "confirm": True}
        )

    assert charge(other).status == "succeeded"
    with pytest.raises(stripe.CardError) as declined:
        charge(one)
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "stolen_card"
    assert charge(one).status == "succeeded"


def test_calls_are_logged_without_their_bodies(sandbox: Running, client: stripe.StripeClient) -> None:
    client.v1.customers.create({"email": "secret@example.com"}, {"idempotency_key": "seen"})
    journal = sandbox.control("GET", "/journal")["calls"]
    assert [(c["method"], c["path"], c["status"], c["idempotency_key"]) for c in journal] == [
        ("POST", "/v1/customers", 200, "seen")
    ]
    assert "secret@example.com" not in str(journal)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"operation": "POST /v1/customers", "kind": "flood"}),
        ("/faults", {"kind": "500"}),
        ("/chaos", {"kind": "gremlins"}),
        ("/chaos", {"kind": "drop", "provider": "paypal"}),
        ("/stripe/declines", {"decline_code": "because"}),
        ("/twilio/inbound", {"from": "nobody"}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(sandbox: Running, path: str, body: dict[str, str]) -> None:
    response = HTTP.post(f"{sandbox.url}/_sandbox{path}", json=body)
    assert response.status_code == 422
    assert response.json()["error"]


def test_reset_forgets_everything(sandbox: Running, client: stripe.StripeClient) -> None:
    client.v1.customers.create({})
    sandbox.control("POST", "/faults", {"operation": "*", "kind": "500", "times": None})
    sandbox.control("POST", "/reset")
    assert not client.v1.customers.list().data
