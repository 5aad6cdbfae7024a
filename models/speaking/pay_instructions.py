"""How a customer is told to pay without a card: the voucher for an OXXO till, or the account for a SPEI transfer.

Limits of a voucher: Stripe, OXXO payments (docs.stripe.com/payments/oxxo): pesos, from $10 to $10,000 each.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.money import Money

LEAST, MOST = Money(1_000), Money(1_000_000)  # what a till takes on one voucher


class Way(StrEnum):
    """A way to pay that settles later: in cash at a till, or by bank transfer."""

    OXXO = "oxxo"
    SPEI = "spei"


@dataclass(frozen=True, slots=True)
class PayInstructions:
    """What the customer shows at the till (`reference`, 14 to 32 digits) or types at their bank (`clabe`, and `reference` as concept).

    `url` is the provider's page with the barcode; `expires_at` (UTC) is None for a transfer, which has no end of its own.
    """

    way: Way
    amount: Money
    reference: str
    url: str = ""
    expires_at: datetime | None = None
    clabe: str = ""
    bank: str = ""
    beneficiary: str = ""


def ways(amount: Money) -> tuple[Way, ...]:
    """The ways besides a card in which an amount can be paid; none of them takes another currency than pesos."""
    if amount.currency != "MXN" or amount.centavos <= 0:
        return ()
    return (Way.OXXO, Way.SPEI) if LEAST.centavos <= amount.centavos <= MOST.centavos else (Way.SPEI,)
