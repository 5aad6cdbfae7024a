"""Stripe's errors, each read into one of our failures."""

from typing import Any

import pytest
import stripe

from activities.failures import Barred, Declined, Refused, Throttled, Unavailable
from activities.gateways.stripe_objects import failure, vocabulary
from models.collecting.declines import DeclineClass

HOLDER = DeclineClass.AUTHENTICATION


def card_error(**details: str) -> stripe.CardError:
    body = {"error": {"type": "card_error", "message": "Your card, ana@cliente.example, was declined.", **details}}
    return stripe.CardError("Your card was declined.", None, details["code"], http_status=402, json_body=body)


@pytest.mark.parametrize(
    ("details", "code", "kind"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds", DeclineClass.SOFT),
        ({"code": "card_declined", "decline_code": "lost_card"}, "lost_card", DeclineClass.HARD),
        ({"code": "expired_card"}, "expired_card", DeclineClass.HARD),
        ({"code": "card_declined", "decline_code": "do_not_honor", "network_advice_code": "03"}, "do_not_honor", DeclineClass.HARD),
        ({"code": "authentication_required", "decline_code": "authentication_required"}, "authentication_required", HOLDER),
        ({"code": "subscription_payment_intent_requires_action"}, "authentication_required", HOLDER),
        ({"code": "invoice_payment_intent_requires_action"}, "authentication_required", HOLDER),
        ({"code": "card_declined", "decline_code": "tomorrow_perhaps"}, "tomorrow_perhaps", DeclineClass.UNKNOWN),
    ],
)  # fmt: skip
def test_a_refused_card_is_a_decline_with_its_class(details: dict[str, str], code: str, kind: DeclineClass) -> None:
    told = failure(card_error(**details))
    assert isinstance(told, Declined)
    assert told.decline.code == code
    assert told.decline.kind is kind


def error(kind: type[stripe.StripeError], **given: Any) -> stripe.StripeError:
    if issubclass(kind, stripe.InvalidRequestError):
        return kind("No such customer: ana@cliente.example", given.pop("param", None), **given)
    return kind("sk_live_secret and ana@cliente.example", **given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (error(stripe.APIConnectionError), Unavailable),
        (error(stripe.APIError, http_status=500), Unavailable),
        (error(stripe.APIError, http_status=503), Unavailable),
        (error(stripe.RateLimitError, http_status=429), Throttled),
        (error(stripe.RateLimitError, http_status=429, code="lock_timeout"), Unavailable),
        (error(stripe.StripeError, http_status=409, code="idempotency_key_in_use"), Unavailable),
        (error(stripe.IdempotencyError, http_status=400), Refused),
        (error(stripe.AuthenticationError, http_status=401), Barred),
        (error(stripe.PermissionError, http_status=403), Barred),
        (error(stripe.InvalidRequestError, http_status=404, code="resource_missing", param="id"), Refused),
    ],
)
def test_every_other_error_has_a_meaning_and_quotes_nothing(
    given: stripe.StripeError, expected: type[Exception]
) -> None:
    told = failure(given)
    assert type(told) is expected
    assert "ana" not in str(told)
    assert "secret" not in str(told)


def test_a_throttled_request_knows_how_long_to_wait() -> None:
    told = failure(stripe.RateLimitError("slow down", http_status=429, headers={"retry-after": "2.5"}))
    assert isinstance(told, Throttled)
    assert told.retry_after == 2.5


def test_a_refusal_names_code_and_parameter() -> None:
    told = failure(error(stripe.InvalidRequestError, http_status=400, code="parameter_unknown", param="colour"))
    assert isinstance(told, Refused)
    assert told.code == "parameter_unknown"
    assert "colour" in str(told)


def test_the_cause_does_not_travel_with_the_failure() -> None:
    with pytest.raises(Barred) as caught, vocabulary():
        raise error(stripe.AuthenticationError, http_status=401)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
