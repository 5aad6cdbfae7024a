"""Events arrive signed, again when refused, and disturbed when ordered."""

from collections import Counter
from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import SECRET, Receiver, Running, until


def test_an_event_arrives_signed_and_shaped(client: stripe.StripeClient, receiver: Receiver) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"})
    (event,) = until(lambda: receiver.events("customer.created"))
    assert event["data"]["object"]["id"] == customer.id
    assert event["api_version"] == stripe.api_version
    assert event["request"]["idempotency_key"]
    until(lambda: client.v1.events.retrieve(event["id"]).pending_webhooks == 0)


def test_what_changed_is_told(client: stripe.StripeClient, receiver: Receiver) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"})
    client.v1.customers.update(customer.id, {"email": "b@example.com"})
    (event,) = until(lambda: receiver.events("customer.updated"))
    assert event["data"]["previous_attributes"] == {"email": "a@example.com"}
    client.v1.customers.update(customer.id, {"email": "b@example.com"})
    assert len(client.v1.events.list({"type": "customer.updated"}).data) == 1


def test_a_refused_event_comes_again(client: stripe.StripeClient, receiver: Receiver) -> None:
    receiver.status = 500
    client.v1.customers.create({})
    until(lambda: len(receiver.posts) >= 2)
    receiver.status = 200
    until(lambda: client.v1.events.list().data[0].pending_webhooks == 0)
    identifiers = Counter(event["id"] for event in receiver.events())
    assert len(identifiers) == 1


def test_nobody_listening_loses_nothing(sandbox: Running, client: stripe.StripeClient, receiver: Receiver) -> None:
    sandbox.control("POST", "/stripe/webhook", {"url": "http://127.0.0.1:9/nobody"})
    client.v1.customers.create({})
    assert client.v1.events.list().data[0].pending_webhooks == 1
    sandbox.control("POST", "/stripe/webhook", {"url": f"{receiver.url}/stripe"})
    until(lambda: receiver.events("customer.created"))


def test_endpoints_get_what_they_asked_for_with_their_own_secret(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    params: Any = {"url": f"{receiver.url}/mine", "enabled_events": ["product.created"]}
    endpoint = client.v1.webhook_endpoints.create(params)
    assert endpoint.secret
    assert client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict().get("secret") is None
    client.v1.customers.create({})
    client.v1.products.create({"name": "x"})
    (found,) = until(lambda: [post for post in receiver.posts if post[0] == "/mine"])
    event = stripe.Webhook.construct_event(found[2], found[1]["stripe-signature"], endpoint.secret)  # type: ignore[no-untyped-call]
    assert event.type == "product.created"
    client.v1.webhook_endpoints.delete(endpoint.id)
    client.v1.products.create({"name": "y"})
    until(lambda: len(receiver.events("product.created")) == 2)
    assert len([post for post in receiver.posts if post[0] == "/mine"]) == 1


def test_an_event_is_sent_again_on_demand(sandbox: Running, client: stripe.StripeClient, receiver: Receiver) -> None:
    client.v1.customers.create({})
    (event,) = until(lambda: receiver.events("customer.created"))
    sandbox.control("POST", f"/stripe/events/{event['id']}/resend")
    until(lambda: len(receiver.events("customer.created")) == 2)


def test_a_duplicate_has_the_same_id(sandbox: Running, client: stripe.StripeClient, receiver: Receiver) -> None:
    sandbox.control("POST", "/chaos", {"kind": "duplicate", "events": "customer.*"})
    client.v1.customers.create({})
    twice = until(lambda: len(receiver.events()) == 2 and receiver.events())
    assert twice[0]["id"] == twice[1]["id"]


def test_a_dropped_event_never_comes_but_is_listed(
    sandbox: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    sandbox.control("POST", "/chaos", {"kind": "drop", "events": "customer.created"})
    client.v1.customers.create({})
    client.v1.products.create({"name": "x"})
    until(lambda: receiver.events("product.created"))
    assert not receiver.events("customer.created")
    assert client.v1.events.list({"type": "customer.created"}).data


@pytest.mark.parametrize("kind", ["delay", "reorder"])
def test_a_held_event_comes_after_the_next(
    sandbox: Running, client: stripe.StripeClient, receiver: Receiver, kind: str
) -> None:
    sandbox.control("POST", "/chaos", {"kind": kind, "events": "customer.created", "seconds": 0.2})
    client.v1.customers.create({})
    client.v1.products.create({"name": "x"})
    until(lambda: len(receiver.events()) == 2)
    assert [event["type"] for event in receiver.events()] == ["product.created", "customer.created"]


@pytest.mark.parametrize("kind", ["forged", "stale"])
def test_a_bad_copy_does_not_verify(
    sandbox: Running, client: stripe.StripeClient, receiver: Receiver, kind: str
) -> None:
    sandbox.control("POST", "/chaos", {"kind": kind})
    client.v1.customers.create({})
    until(lambda: len(receiver.posts) == 2)
    _, headers, body = receiver.posts[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)  # type: ignore[no-untyped-call]
    assert len(receiver.events()) == 1


def test_events_are_listed_by_type(client: stripe.StripeClient) -> None:
    client.v1.customers.create({})
    client.v1.products.create({"name": "x"})
    assert [event.type for event in client.v1.events.list({"type": "product.*"}).data] == ["product.created"]
    both = client.v1.events.list({"types": ["product.created", "customer.created"]})
    assert [event.type for event in both.data] == ["product.created", "customer.created"]
