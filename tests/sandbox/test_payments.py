"""Cards are refused as Stripe refuses them; intents, setups and refunds follow their states."""

from typing import Any

import pytest
import stripe

from sandbox.stripe.cards import CARDS, numbered
from sandbox.stripe.declines import DECLINES
from sandbox.stripe.refusal import Refusal
from tests.sandbox.conftest import HTTP, Receiver, Shop, until


def test_no_two_test_cards_are_alike() -> None:
    assert len({card.number for card in CARDS}) == len(CARDS)
    assert len({card.name for card in CARDS}) == len(CARDS)
    assert {card.decline for card in CARDS} - {None} <= set(DECLINES)


@pytest.mark.parametrize(
    ("number", "code"),
    [("4242424242424241", "incorrect_number"), ("42", "incorrect_number"), ("x", "incorrect_number")],
)
def test_a_number_that_is_none_is_refused(number: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        numbered(number)
    assert refused.value.error["code"] == code


def test_a_real_card_is_not_taken_in_test_mode() -> None:
    assert numbered("4539 5787 6362 1486").decline == "test_mode_live_card"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ],
)
def test_declining_cards_decline_when_charged_and_when_saved(
    shop: Shop, card: str, code: str, decline_code: str
) -> None:
    intents = shop.client.v1.payment_intents
    with pytest.raises(stripe.CardError) as declined:
        intents.create({"amount": 1000, "currency": "mxn", "payment_method": card, "confirm": True})
    assert declined.value.code == code
    assert declined.value.error is not None
    assert declined.value.error.decline_code == decline_code
    failed = intents.list().data[0]
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == code
    with pytest.raises(stripe.CardError):
        shop.client.v1.payment_methods.attach(card, {"customer": shop.customer(None)})


@pytest.mark.parametrize(
    ("card", "brand", "funding", "last4"),
    [
        ("pm_card_visa", "visa", "credit", "4242"),
        ("pm_card_visa_debit", "visa", "debit", "5556"),
        ("pm_card_mastercard", "mastercard", "credit", "4444"),
        ("pm_card_mastercard_prepaid", "mastercard", "prepaid", "5100"),
    ],
)
@pytest.mark.live
def test_cards_show_their_kind(shop: Shop, card: str, brand: str, funding: str, last4: str) -> None:
    method = shop.client.v1.payment_methods.attach(card, {"customer": shop.customer(None)})
    assert method.card is not None
    assert (method.card.brand, method.card.funding, method.card.last4) == (brand, funding, last4)


def test_cards_by_number_and_token(shop: Shop) -> None:
    number: Any = {
        "type": "card",
        "card": {"number": "4242424242424242", "exp_month": 5, "exp_year": 2031, "cvc": "123"},
    }
    token: Any = {"type": "card", "card": {"token": "tok_mastercard"}}
    by_number = shop.client.v1.payment_methods.create(number)
    by_token = shop.client.v1.payment_methods.create(token)
    assert by_number.card is not None
    assert by_token.card is not None
    assert (by_number.card.exp_year, by_token.card.brand) == (2031, "mastercard")


@pytest.mark.live
def test_a_detached_card_is_the_default_no_more_and_cannot_come_back(shop: Shop) -> None:
    customer = shop.customer(None)
    card = shop.default(customer, "pm_card_visa")
    shop.client.v1.payment_methods.detach(card)
    settings = shop.client.v1.customers.retrieve(customer).invoice_settings
    assert settings is not None
    assert settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.client.v1.payment_methods.attach(card, {"customer": customer})


def test_a_setup_intent_saves_a_card(shop: Shop, receiver: Receiver) -> None:
    customer = shop.customer(None)
    params: Any = {"customer": customer, "payment_method": "pm_card_visa", "confirm": True}
    setup = shop.client.v1.setup_intents.create(params)
    assert setup.status == "succeeded"
    assert len(shop.client.v1.customers.payment_methods.list(customer).data) == 1
    until(lambda: receiver.events("setup_intent.succeeded"))


def test_a_setup_that_is_declined_says_so(shop: Shop) -> None:
    params: Any = {"customer": shop.customer(None), "payment_method": "pm_card_visa_chargeDeclined", "confirm": True}
    with pytest.raises(stripe.CardError):
        shop.client.v1.setup_intents.create(params)
    failed = shop.client.v1.setup_intents.list().data[0]
    assert failed.status == "requires_payment_method"
    assert failed.last_setup_error is not None


@pytest.mark.parametrize(("result", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")])
def test_authentication_is_finished_on_its_page(shop: Shop, result: str, status: str) -> None:
    params: Any = {
        "amount": 1000,
        "currency": "mxn",
        "payment_method": "pm_card_authenticationRequired",
        "confirm": True,
    }
    intent = shop.client.v1.payment_intents.create(params)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = intent.next_action.redirect_to_url.url
    assert url is not None
    assert HTTP.get(url).status_code == 200
    assert HTTP.post(url, data={"result": result}).status_code == 200
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == status


def test_off_session_authentication_is_a_decline(shop: Shop) -> None:
    customer = shop.customer(None)
    card = shop.default(customer, "pm_card_authenticationRequired")
    params: Any = {"amount": 1000, "currency": "mxn", "customer": customer, "payment_method": card, "confirm": True,
                   "off_session": True}  # fmt: skip
    with pytest.raises(stripe.CardError) as declined:
        shop.client.v1.payment_intents.create(params)
    assert declined.value.code == "authentication_required"


def test_refunds_add_up_and_never_exceed_the_charge(shop: Shop, receiver: Receiver) -> None:
    params: Any = {"amount": 1000, "currency": "mxn", "payment_method": "pm_card_visa", "confirm": True}
    intent = shop.client.v1.payment_intents.create(params)
    part = shop.client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})
    assert (part.status, part.amount) == ("succeeded", 400)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        shop.client.v1.refunds.create({"payment_intent": intent.id, "amount": 601})
    rest = shop.client.v1.refunds.create({"payment_intent": intent.id})
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as again:
        shop.client.v1.refunds.create({"payment_intent": intent.id})
    assert again.value.code == "charge_already_refunded"
    assert isinstance(intent.latest_charge, str)
    charge = shop.client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (True, 1000)
    until(lambda: len(receiver.events("charge.refunded")) == 2)
