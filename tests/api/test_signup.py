"""Signing up: every wrong field is named, nothing is charged twice, and a refused card is told in words."""

from typing import Any

import pytest

from activities.failures import Unavailable
from activities.ports.processes import ProcessesUnavailable
from models.messages import Opening
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status
from tests.api.conftest import ANA, World
from tests.api.test_pets import LUNA, OWNER

FISCAL = {
    "tax_id": "xia190128j61",
    "legal_name": "Xenon Industrial Articles, S.A. de C.V.",
    "tax_regime": "601",
    "postal_code": "76343",
}


async def test_signup_enters_the_customer_and_starts_the_process(world: World) -> None:
    answer = await world.post("/v1/subscriptions", {**ANA, "language": "en", "fiscal": FISCAL})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["status"], body["plan"], body["customer_reference"]) == ("active", "pro", "user-1042")
    assert answer.headers["location"] == f"/v1/subscriptions/{body['id']}"
    (start,) = world.door.starts
    assert (start.tenant, start.payment_method, start.price.centavos) == ("acme", "pm_card_visa", 14_900)
    customer = await world.store.customer_of("acme", body["id"])
    assert (customer.email, customer.phone, customer.language) == ("ana@example.mx", "+525512345678", Language.EN)
    assert customer.receiver is not None
    assert (customer.receiver.rfc, customer.receiver.name) == ("XIA190128J61", "XENON INDUSTRIAL ARTICLES")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan", "gold"),
        ("phone", "12"),
        ("email", "ana at example"),
        ("customer_reference", "ana@example.mx"),
        ("name", "   "),
        ("name", "Ana\x00López"),
        ("payment_method", "4242424242424242"),
        ("language", "fr"),
        ("coupon", "FREE"),
        ("fiscal.tax_id", "XIA190199J61"),
        ("fiscal.tax_regime", "605"),
        ("fiscal.postal_code", "123"),
        ("fiscal.cfdi_use", "X99"),
    ],
)
async def test_wrong_field_is_named_and_nothing_is_entered(world: World, field: str, value: str) -> None:
    body: dict[str, Any] = {**ANA, "fiscal": dict(FISCAL)}
    outer, _, inner = field.partition(".")
    if inner:
        body["fiscal"][inner] = value
    else:
        body[outer] = value
    answer = await world.post("/v1/subscriptions", body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["errors"][0]["message"]
    assert list(await world.store.subscribers("acme")) == []


async def test_all_wrong_fields_are_named_at_once(world: World) -> None:
    answer = await world.post("/v1/subscriptions", {**ANA, "plan": "gold", "phone": "1", "email": "no"})
    assert [error["field"] for error in answer.json()["errors"]] == ["plan", "email", "phone"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "email"),
        ({"customer_reference": "user-2"}, "email"),
        ({"email": "other@example.mx"}, "customer_reference"),
    ],
)
async def test_second_living_subscription_is_refused_and_the_first_named(
    world: World, changes: dict[str, str], field: str
) -> None:
    first = await world.signed_up()
    answer = await world.post("/v1/subscriptions", {**ANA, **changes})
    assert answer.status_code == 409
    body = answer.json()
    assert ([error["field"] for error in body["errors"]], body["subscription"]) == ([field], first)
    assert len(world.door.starts) == 1


@pytest.mark.parametrize("route", ["/v1/subscriptions", "/billing/checkout"])
async def test_a_customer_is_signed_up_by_their_own_reference(world: World, route: str) -> None:
    for path, body in (("/v1/customers", OWNER), ("/v1/customers/dueno-7/pets", LUNA)):
        made = await world.post(path, body)
        assert made.status_code == 201
    mine = await world.signed_up(**OWNER, pet=made.json()["id"])
    before = await world.store.customer_of("acme", mine)
    page = {"success_url": "https://x.example", "cancel_url": "https://x.example"}
    given = ANA if route == "/v1/subscriptions" else {key: ANA[key] for key in ANA if key != "payment_method"} | page
    answer = await world.post(route, given | {"name": "Beto"})
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]
    assert "subscription" not in answer.json()
    assert await world.store.customer_of("acme", mine) == before
    assert (await world.post(route, given | {"customer_reference": "dueno-7"})).status_code == 201


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("insufficient_funds", "soft", "refused the charge for now"),
        ("stolen_card", "hard", "another card"),
        ("authentication_required", "authentication", "approve"),
        ("made_up_code", "unknown", "another card"),
    ],
)
async def test_refused_card_is_told_in_words_and_another_may_follow(
    world: World, code: str, kind: str, words: str
) -> None:
    world.door.opening = Opening(Status.CANCELED, code)
    answer = await world.post("/v1/subscriptions", ANA)
    assert answer.status_code == 402
    body = answer.json()
    assert body["decline"] == {"code": code, "class": kind}
    assert words in body["detail"]
    world.door.opening = Opening(Status.TRIALING)
    again = await world.signed_up(payment_method="pm_card_mastercard")
    assert again != body["subscription"]
    first = await world.store.customer_of("acme", body["subscription"])
    assert await world.store.customer_of("acme", again) == first


async def test_signup_that_takes_long_is_accepted_and_may_be_repeated_without_a_second_charge(world: World) -> None:
    world.door.opening = None
    answer = await world.post("/v1/subscriptions", ANA)
    assert answer.status_code == 202
    assert answer.json()["status"] == "incomplete"
    again = await world.post("/v1/subscriptions", ANA)
    assert again.json()["id"] == answer.json()["id"]
    assert len({start.subscription for start in world.door.starts}) == 1


async def test_signup_while_temporal_is_down_does_nothing_and_says_so(world: World) -> None:
    world.door.up = False
    answer = await world.post("/v1/subscriptions", ANA)
    assert answer.status_code == 503
    assert "nothing was done" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
    assert list(await world.store.subscribers("acme")) == []


async def test_signup_cut_off_on_its_way_to_temporal_goes_on_when_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = world.door.start_subscription

    async def cut_off(_: Any) -> None:
        raise ProcessesUnavailable("gone")

    monkeypatch.setattr(world.door, "start_subscription", cut_off)
    assert (await world.post("/v1/subscriptions", ANA)).status_code == 503
    monkeypatch.setattr(world.door, "start_subscription", start)
    (entered,) = await world.store.subscribers("acme")
    assert await world.signed_up() == entered.record.id


class TestCheckout:
    ORDER = {  # noqa: RUF012 - never changed
        **{k: v for k, v in ANA.items() if k != "payment_method"},
        "success_url": "https://app.example.mx/gracias",
        "cancel_url": "https://app.example.mx/planes",
    }

    async def test_page_is_opened_once_and_its_process_started(self, world: World) -> None:
        answer = await world.post("/billing/checkout", self.ORDER)
        assert answer.status_code == 201, answer.text
        again = await world.post("/billing/checkout", self.ORDER)
        assert again.status_code == 200
        assert again.json() == answer.json()
        (page,) = world.payments.checkouts.values()
        assert answer.json()["url"] == page.url
        assert {start.checkout for start in world.door.starts} == {page.id}
        assert (await world.store.plan("acme", "pro")).provider_price == "price_pro"
        assert await world.store.owner_of(checkout=page.id) == ("acme", answer.json()["subscription"])

    async def test_card_signup_is_sent_to_the_open_page(self, world: World) -> None:
        await world.post("/billing/checkout", self.ORDER)
        answer = await world.post("/v1/subscriptions", ANA)
        assert answer.status_code == 409
        assert "checkout" in answer.json()["detail"]

    async def test_provider_down_is_503_and_the_next_try_goes_on(self, world: World) -> None:
        world.payments.outage = Unavailable("no answer")
        assert (await world.post("/billing/checkout", self.ORDER)).status_code == 503
        world.payments.outage = None
        assert (await world.post("/billing/checkout", self.ORDER)).status_code == 201
        assert len(await world.store.subscribers("acme")) == 1

    async def test_addresses_to_return_to_are_checked(self, world: World) -> None:
        answer = await world.post("/billing/checkout", {**self.ORDER, "success_url": "javascript:alert(1)"})
        assert [error["field"] for error in answer.json()["errors"]] == ["success_url"]
