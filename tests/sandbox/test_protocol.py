"""What every Stripe request has in common: keys, parameters, idempotency, lists, expansion, errors."""

from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.conftest import HTTP, Running, Shop, addresses, client_for

KEY = {"authorization": "Bearer sk_test_perdura", "stripe-version": stripe.api_version}


def post(sandbox: Running, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
    return HTTP.post(f"{sandbox.url}{path}", data=data, headers={**KEY, **headers})


def test_a_wrong_key_is_refused_and_not_shown(sandbox: Running) -> None:
    with (
        client_for(sandbox.url, "sk_test_somebody_else_1234") as other,
        pytest.raises(stripe.AuthenticationError) as refused,
    ):
        other.v1.customers.list()
    assert "somebody" not in str(refused.value)


def test_no_key_is_refused(sandbox: Running) -> None:
    response = HTTP.get(f"{sandbox.url}/v1/customers")
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_an_answer_carries_its_request_and_version(sandbox: Running) -> None:
    response = post(sandbox, "/v1/customers", {})
    assert response.headers["request-id"].startswith("req_")
    assert response.headers["stripe-version"] == stripe.api_version


@pytest.mark.parametrize(
    ("path", "data", "code", "param"),
    [
        ("/v1/customers", {"nickname": "x"}, "parameter_unknown", "nickname"),
        ("/v1/customers", {"invoice_settings[default]": "x"}, "parameter_unknown", "invoice_settings[default]"),
        ("/v1/prices", {"unit_amount": "1"}, "parameter_missing", "currency"),
        ("/v1/prices", {"currency": "mxn", "unit_amount": "ten"}, "parameter_invalid_integer", "unit_amount"),
        ("/v1/payment_intents", {"amount": "1", "currency": "mxn", "payment_method_types[]": "card"},
         "parameter_unknown", "payment_method_types"),
        ("/v1/subscriptions", {"items[0][price]": "price_x"}, "parameter_missing", "customer"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(sandbox: Running, path: str, data: dict[str, str], code: str, param: str) -> None:
    response = post(sandbox, path, data)
    assert response.status_code == 400
    assert (response.json()["error"]["code"], response.json()["error"]["param"]) == (code, param)


@pytest.mark.live
def test_what_does_not_exist_is_missing(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.retrieve("cus_nobody")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", "id")


def test_an_unknown_path_is_404(sandbox: Running) -> None:
    response = HTTP.get(f"{sandbox.url}/v1/unicorns", headers=KEY)
    assert response.status_code == 404
    assert "Unrecognized request URL" in response.json()["error"]["message"]


def test_the_same_key_gets_the_same_answer(client: stripe.StripeClient) -> None:
    first = client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "k1"})
    again = client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "k1"})
    assert again.id == first.id
    assert len(client.v1.customers.list().data) == 1


def test_a_refused_card_is_replayed_too(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail")
    params: Any = {"customer": customer, "items": [{"price": shop.price()}], "payment_behavior": "error_if_incomplete"}
    requests = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            shop.client.v1.subscriptions.create(params, {"idempotency_key": "k2"})
        requests.append(declined.value.code)
    assert requests == ["card_declined", "card_declined"]


def test_a_key_used_for_something_else_is_a_conflict(client: stripe.StripeClient) -> None:
    client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "k3"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"email": "b@example.com"}, {"idempotency_key": "k3"})


def test_a_malformed_request_leaves_its_key_free(sandbox: Running, client: stripe.StripeClient) -> None:
    assert post(sandbox, "/v1/customers", {"nickname": "x"}, **{"idempotency-key": "k4"}).status_code == 400
    assert client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "k4"}).email == "a@example.com"


def test_lists_come_newest_first_and_page_both_ways(client: stripe.StripeClient) -> None:
    made = [client.v1.customers.create({"name": str(n)}).id for n in range(5)][::-1]
    page = client.v1.customers.list({"limit": 2})
    assert ([c.id for c in page.data], page.has_more) == (made[:2], True)
    following = client.v1.customers.list({"limit": 3, "starting_after": made[1]})
    assert ([c.id for c in following.data], following.has_more) == (made[2:], False)
    back = client.v1.customers.list({"limit": 2, "ending_before": made[3]})
    assert ([c.id for c in back.data], back.has_more) == (made[1:3], True)
    assert [c.id for c in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made


@pytest.mark.parametrize("limit", [0, 101])
@pytest.mark.live
def test_a_page_has_1_to_100(client: stripe.StripeClient, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list({"limit": limit})


def test_filters_narrow_a_list(client: stripe.StripeClient) -> None:
    one = client.v1.customers.create({"email": "one@example.com"})
    client.v1.customers.create({"email": "two@example.com"})
    assert [c.id for c in client.v1.customers.list({"email": "one@example.com"}).data] == [one.id]
    assert not client.v1.customers.list({"created": {"gt": one.created + 3600}}).data
    assert len(client.v1.customers.list({"created": {"gte": one.created}}).data) == 2


@pytest.mark.live
def test_expansion_replaces_ids_and_leaves_the_object_alone(shop: Shop) -> None:
    customer = shop.customer()
    params: Any = {"customer": customer, "items": [{"price": shop.price()}], "expand": ["latest_invoice.payments"]}
    subscription = shop.client.v1.subscriptions.create(params)
    assert isinstance(subscription.latest_invoice, stripe.Invoice)
    assert subscription.latest_invoice.payments is not None
    assert len(subscription.latest_invoice.payments.data) == 1
    plain = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert isinstance(plain.latest_invoice, str)
    listed = shop.client.v1.subscriptions.list({"expand": ["data.customer"]})
    assert isinstance(listed.data[0].customer, stripe.Customer)


@pytest.mark.parametrize("path", ["name", "nothing", "a.b.c.d.e"])
@pytest.mark.live
def test_what_cannot_be_expanded_is_refused(shop: Shop, path: str) -> None:
    customer = shop.customer()
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        shop.client.v1.customers.retrieve(customer, {"expand": [path]})


@pytest.mark.live
def test_metadata_merges_and_unsets(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = client.v1.customers.update(customer.id, {"metadata": {"b": "", "c": "3"}})
    assert changed.to_dict()["metadata"] == {"a": "1", "c": "3"}
    cleared = client.v1.customers.update(customer.id, {"metadata": ""})
    assert cleared.to_dict()["metadata"] == {}


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
async def test_the_async_client_works_alike(sandbox: Running) -> None:
    http = stripe.HTTPXClient(timeout=10)
    client = stripe.StripeClient("sk_test_perdura", base_addresses=addresses(sandbox.url), http_client=http)
    made = await client.v1.customers.create_async({"email": "async@example.com"})
    found = await client.v1.customers.retrieve_async(made.id)
    assert found.email == "async@example.com"
    await http.close_async()
