"""Test cards (docs.stripe.com/testing): by number, by ``pm_card_…`` and by ``tok_…``.

As at Stripe, a card that always declines cannot be attached to a customer; ``pm_card_chargeCustomerFail`` attaches and
fails when charged. The sandbox adds one family Stripe lacks, for renewals that fail in a particular way:
``pm_card_chargeCustomerFail_<decline_code>`` attaches and then fails with that code, for example
``pm_card_chargeCustomerFail_lost_card``; their numbers are in ``CARDS``.

A magic id may name whose card it is: ``pm_card_visa__ana`` and ``pm_card_visa__berta`` do what ``pm_card_visa`` does and
are two pieces of plastic, with fingerprints of their own. Who counts attempts on a card needs that.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from sandbox.stripe.declines import DECLINES
from sandbox.stripe.refusal import card_error, missing


class Authentication(StrEnum):
    """When 3-D Secure is asked for: never, while the card is set up or the customer is present, or every time."""

    NEVER = "never"
    ON_SETUP = "on_setup"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Card:
    """``decline`` refuses charges; with ``attachable`` false it also refuses being saved. ``refund`` is what becomes of
    refunds a moment after they were made; ``holder`` tells cards of the same number apart."""

    name: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: str | None = None
    attachable: bool = True
    authentication: Authentication = Authentication.NEVER
    disputed: str | None = None
    refund: str | None = None
    holder: str = ""

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


def _later() -> list[Card]:
    codes = [code for code in DECLINES if code not in {"test_mode_live_card", "generic_decline"}]
    return [
        Card(f"chargeCustomerFail_{code}", f"40000000{90 + n:02d}000341", decline=code) for n, code in enumerate(codes)
    ]


CARDS: tuple[Card, ...] = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", brand="mastercard"),
    Card("mastercard_debit", "5200828282828210", brand="mastercard", funding="debit"),
    Card("mastercard_prepaid", "5105105105105100", brand="mastercard", funding="prepaid"),
    Card("amex", "378282246310005", brand="amex"),
    Card("discover", "6011111111111117", brand="discover"),
    Card("mx", "4000004840008001", country="MX"),
    Card("chargeCustomerFail", "4000000000000341", decline="generic_decline"),
    Card("visa_chargeDeclined", "4000000000000002", decline="generic_decline", attachable=False),
    Card("visa_chargeDeclinedInsufficientFunds", "4000000000009995", decline="insufficient_funds", attachable=False),
    Card("visa_chargeDeclinedLostCard", "4000000000009987", decline="lost_card", attachable=False),
    Card("visa_chargeDeclinedStolenCard", "4000000000009979", decline="stolen_card", attachable=False),
    Card("chargeDeclinedExpiredCard", "4000000000000069", decline="expired_card", attachable=False),
    Card("chargeDeclinedIncorrectCvc", "4000000000000127", decline="incorrect_cvc", attachable=False),
    Card("chargeDeclinedProcessingError", "4000000000000119", decline="processing_error", attachable=False),
    Card(
        "visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        decline="card_velocity_exceeded",
        attachable=False,
    ),
    Card("chargeDeclinedFraudulent", "4100000000000019", decline="fraudulent", attachable=False),
    Card("authenticationRequired", "4000002760003184", authentication=Authentication.ALWAYS),
    Card("authenticationRequiredOnSetup", "4000002500003155", authentication=Authentication.ON_SETUP),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        decline="insufficient_funds",
        authentication=Authentication.ALWAYS,
    ),
    Card("createDispute", "4000000000000259", disputed="fraudulent"),
    Card("createDisputeProductNotReceived", "4000000000002685", disputed="product_not_received"),
    Card("createDisputeInquiry", "4000000000001976", disputed="inquiry"),
    Card("pendingRefund", "4000000000007726", refund="succeeded"),
    Card("refundFail", "4000000000005126", refund="failed"),
    *_later(),
)

_ALIASES = {
    "visa_chargeDeclinedExpiredCard": "chargeDeclinedExpiredCard",
    "visa_chargeDeclinedProcessingError": "chargeDeclinedProcessingError",
    "visa_chargeDeclinedIncorrectCvc": "chargeDeclinedIncorrectCvc",
    "visa_chargeDeclinedFraudulent": "chargeDeclinedFraudulent",
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "debit": "visa_debit",
    "threeDSecure2Required": "authenticationRequired",
    "threeDSecureRequired": "authenticationRequired",
    "createDisputeFraudulent": "createDispute",
}
BY_NAME = {card.name: card for card in CARDS}
BY_NUMBER = {card.number: card for card in CARDS}


def named(identifier: str) -> Card | None:
    """The card behind ``pm_card_visa`` or ``tok_visa``; None when it is not a magic id."""
    for prefix in ("pm_card_", "tok_"):
        if identifier.startswith(prefix):
            name, _, holder = identifier.removeprefix(prefix).partition("__")
            card = BY_NAME.get(_ALIASES.get(name, name))
            return replace(card, holder=holder) if card and holder else card
    return None


def token(identifier: str) -> Card:
    """The card behind a ``tok_…``. Raises Refusal when there is none."""
    card = named(identifier)
    if card is None:
        raise missing("token", identifier, param="card[token]")
    return card


def numbered(number: str) -> Card:
    """The card with that number. Raises Refusal ``incorrect_number`` when it cannot be one; a plausible number that is
    no test card is declined as a live card used in test mode."""
    digits = number.replace(" ", "").replace("-", "")
    if digits in BY_NUMBER:
        return BY_NUMBER[digits]
    if not digits.isdigit() or not 12 <= len(digits) <= 19 or not _luhn(digits):
        raise card_error("Your card number is incorrect.", code="incorrect_number", param="number")
    return Card("live", digits, decline="test_mode_live_card", attachable=False)


def _luhn(digits: str) -> bool:
    doubled = [sum(divmod(int(d) * 2, 10)) for d in digits[-2::-2]]
    return (sum(doubled) + sum(int(d) for d in digits[-1::-2])) % 10 == 0
