"""Faults happen to the real SDK as they would happen at Stripe."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox import control
from sandbox.server import build
from sandbox.twilio.numbers import Address
from sandbox.world import World
from tests.sandbox.conftest import HTTP, Receiver, Running, Shop, addresses, settings_for, until


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

    assert shop.charge(other).status == "succeeded"
    with pytest.raises(stripe.CardError) as declined:
        shop.charge(one)
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "stolen_card"
    assert shop.charge(one).status == "succeeded"


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
        ("/chaos", {"kind": "drop", "colour": "blue"}),
        ("/clock", {"day_seconds": 0}),
        ("/clock", {"advance_seconds": -1}),
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


def test_every_order_is_described(tmp_path: Path) -> None:
    """Where people look for them: at the top of the control's module."""
    described = [entry.replace("\n", " ") for entry in (control.__doc__ or "").split("\n- ")]
    app = build(settings_for(tmp_path))
    served = {
        (method, route.path)
        for route in iter_routes(app.routes)
        if route.path.startswith("/_sandbox")
        for method in route.methods - {"HEAD"}
    }
    assert len(served) > 25
    for method, path in sorted(served):
        assert any(f"{path}``" in entry and method in entry for entry in described), (method, path)


def test_the_clock_leaps_and_what_falls_due_happens_in_order(sandbox: Running, shop: Shop) -> None:
    customer, price = shop.customer(), shop.price()
    subscription = shop.client.v1.subscriptions.create({"customer": customer, "items": [{"price": price}]})
    before = sandbox.control("GET", "/clock")
    after = sandbox.control("POST", "/clock", {"advance_seconds": 40 * 86400})
    assert after["now"] - before["now"] >= 40 * 86400
    invoices = shop.client.v1.invoices.list({"subscription": subscription.id}).data
    assert [invoice.status for invoice in invoices] == ["paid", "paid"]
    item = subscription["items"].data[0]
    assert invoices[0].created == item.current_period_end  # when it fell due, not when we leapt
    # An hour after the draft it was finalized and paid; from here on their clock runs ahead of ours.
    assert invoices[0].status_transitions.paid_at == item.current_period_end + 3600
    assert shop.client.v1.customers.create({}).created >= after["now"]
    sandbox.control("POST", "/reset")
    assert sandbox.control("GET", "/clock")["now"] < after["now"]


def test_whoever_wrote_to_us_did_so_longer_ago_after_a_leap(tmp_path: Path) -> None:
    world = World.new(settings_for(tmp_path, twilio_strict=True))
    to = "whatsapp:+525512345678"
    world.line.receive(Address("+525512345678", "whatsapp"), "whatsapp:+14155238886", "hola", profile="A", button=None)
    message = {"From": "whatsapp:+14155238886", "To": to, "Body": "x"}
    assert world.line.steps(world.line.create(message)["sid"])[-1] == ("read", None)
    world.advance(25 * 3600)
    assert world.line.steps(world.line.create(message)["sid"]) == [("failed", 63016)]


def test_days_can_be_made_short_while_it_runs(sandbox: Running, shop: Shop) -> None:
    customer, price = shop.customer(), shop.price()
    assert sandbox.control("POST", "/clock", {"day_seconds": 2})["day_seconds"] == 2
    try:
        subscription = shop.client.v1.subscriptions.create({"customer": customer, "items": [{"price": price}]})
    finally:
        sandbox.control("POST", "/clock", {"day_seconds": 86400})
    item = subscription["items"].data[0]
    assert item.current_period_end - item.current_period_start == 60


def test_a_charge_is_disputed_to_order(sandbox: Running, shop: Shop, receiver: Receiver) -> None:
    intent = shop.charge(shop.customer())
    path = f"/stripe/charges/{intent.latest_charge}/dispute"
    made = sandbox.control("POST", path, {"reason": "subscription_canceled"})["dispute"]
    dispute = shop.client.v1.disputes.retrieve(made)
    assert (dispute.reason, dispute.status, dispute.amount) == ("subscription_canceled", "needs_response", 1000)
    until(lambda: receiver.events("charge.dispute.funds_withdrawn"))
    assert HTTP.post(f"{sandbox.url}/_sandbox{path}", json={}).status_code == 422  # once is enough
    assert HTTP.post(f"{sandbox.url}/_sandbox{path}", json={"reason": "because"}).status_code == 422
    closed = shop.client.v1.disputes.close(made)
    assert closed.status == "lost"


def test_a_card_is_issued_anew_by_its_bank(sandbox: Running, shop: Shop, receiver: Receiver) -> None:
    method = shop.client.v1.customers.payment_methods.list(shop.customer()).data[0].id
    sandbox.control("POST", f"/stripe/payment_methods/{method}/renew", {"exp_year": 2040, "last4": "1881"})
    (event,) = until(lambda: receiver.events("payment_method.automatically_updated"))
    assert event["data"]["previous_attributes"] == {"card": {"exp_year": 2034, "last4": "4242"}}
    card = shop.client.v1.payment_methods.retrieve(method).card
    assert card is not None
    assert (card.exp_year, card.last4) == (2040, "1881")
    wrong = HTTP.post(f"{sandbox.url}/_sandbox/stripe/payment_methods/{method}/renew", json={"number": "4242"})
    assert wrong.status_code == 422


def iter_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Every route, those of included routers too."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        if inner:
            yield from iter_routes(inner)
        elif hasattr(route, "methods"):
            yield route
