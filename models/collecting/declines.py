"""Why a bank said no, in the five words the product acts on.

Sources: Stripe "Decline codes" (docs.stripe.com/declines/codes); Visa category 1 responses, never to be retried
(Visa Core Rules, excessive reattempts); Mastercard merchant advice codes 03 and 21 (Transaction Processing Rules).
"""

from dataclasses import dataclass
from enum import StrEnum


class DeclineClass(StrEnum):
    """hard: never retry this card. soft: retry by policy. authentication: the holder must act. pending: wait. unknown: look first."""

    HARD = "hard"
    SOFT = "soft"
    AUTHENTICATION = "authentication"
    PENDING = "pending"
    UNKNOWN = "unknown"


HARD_CODES = frozenset(
    {
        "do_not_try_again",
        "expired_card",
        "fraudulent",
        "highest_risk_level",
        "incorrect_number",
        "invalid_account",
        "invalid_number",
        "lost_card",
        "merchant_blacklist",
        "new_account_information_available",
        "no_action_taken",
        "not_permitted",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
        "transaction_not_allowed",
        "card_not_supported",
        "currency_not_supported",
        "testmode_decline",
        "missing_payment_method",
    }
)
AUTHENTICATION_CODES = frozenset(
    {"authentication_required", "authentication_not_handled", "mobile_device_authentication_required"}
)
# Ours, for an attempt that waits for a voucher, a transfer or the bank: Stripe tells it by the payment intent's status alone
# (requires_action with instructions, processing; docs.stripe.com/payments/paymentintents/lifecycle).
PENDING_CODES = frozenset({"payment_pending"})
SOFT_CODES = frozenset(
    {
        "approve_with_id",
        "call_issuer",
        "card_declined",
        "card_velocity_exceeded",
        "do_not_honor",
        "duplicate_transaction",
        "generic_decline",
        "insufficient_funds",
        "issuer_not_available",
        "payment_intent_payment_attempt_expired",  # a voucher nobody paid: the card on file may still be good
        "processing_error",
        "reenter_transaction",
        "service_not_allowed",
        "try_again_later",
        "withdrawal_count_limit_exceeded",
    }
)
# Mastercard merchant advice code: 03 do not try again, 21 payment cancelled by the holder.
HARD_ADVICE = frozenset({"03", "21"})


@dataclass(frozen=True, slots=True)
class Decline:
    """A refused charge: Stripe's decline code, the network's advice, and what it means for collections."""

    code: str
    advice: str = ""

    @property
    def kind(self) -> DeclineClass:
        """The class that decides what dunning does next."""
        if self.advice in HARD_ADVICE or self.code in HARD_CODES:
            return DeclineClass.HARD
        if self.code in AUTHENTICATION_CODES:
            return DeclineClass.AUTHENTICATION
        if self.code in PENDING_CODES:
            return DeclineClass.PENDING
        if self.code in SOFT_CODES:
            return DeclineClass.SOFT
        return DeclineClass.UNKNOWN
