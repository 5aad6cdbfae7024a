"""How a card is refused: what Stripe says for each decline code, and refusals ordered from outside.

Source: docs.stripe.com/declines/codes and docs.stripe.com/error-codes; network codes are ISO 8583 response codes, the
advice codes those of docs.stripe.com/declines/network-decline-codes.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Decline:
    """``code`` is the error code, ``network`` the issuer's response code, ``advice`` what the network recommends."""

    code: str
    message: str
    network: str
    advice: str
    network_advice: str


_DECLINED = "Your card was declined."
DECLINES: dict[str, Decline] = {
    "generic_decline": Decline("card_declined", _DECLINED, "05", "try_again_later", "02"),
    "do_not_honor": Decline("card_declined", _DECLINED, "05", "try_again_later", "02"),
    "insufficient_funds": Decline("card_declined", "Your card has insufficient funds.", "51", "try_again_later", "02"),
    "lost_card": Decline("card_declined", _DECLINED, "41", "do_not_try_again", "03"),
    "stolen_card": Decline("card_declined", _DECLINED, "43", "do_not_try_again", "03"),
    "pickup_card": Decline("card_declined", _DECLINED, "04", "do_not_try_again", "03"),
    "fraudulent": Decline("card_declined", _DECLINED, "59", "do_not_try_again", "03"),
    "restricted_card": Decline("card_declined", _DECLINED, "62", "do_not_try_again", "03"),
    "transaction_not_allowed": Decline("card_declined", _DECLINED, "57", "do_not_try_again", "03"),
    "card_velocity_exceeded": Decline("card_declined", _DECLINED, "65", "try_again_later", "02"),
    "test_mode_live_card": Decline(
        "card_declined",
        "Your card was declined. Your request was in test mode, but used a non test card.",
        "05",
        "confirm_card_data",
        "01",
    ),
    "expired_card": Decline("expired_card", "Your card has expired.", "54", "confirm_card_data", "01"),
    "incorrect_cvc": Decline(
        "incorrect_cvc", "Your card's security code is incorrect.", "N7", "confirm_card_data", "01"
    ),
    "processing_error": Decline(
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
        "96",
        "try_again_later",
        "02",
    ),
    "authentication_required": Decline(
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
        "1A",
        "confirm_card_data",
        "01",
    ),
}


@dataclass
class Order:
    """Refuse the next ``count`` charges (None: until told otherwise) with this code."""

    decline_code: str
    count: int | None


@dataclass
class Declines:
    """Orders by customer id; ``""`` is everybody."""

    orders: dict[str, Order] = field(default_factory=dict)

    def order(self, decline_code: str, *, customer: str = "", count: int | None = 1) -> None:
        """Refuse coming charges. A count of 0 lifts the order."""
        if count == 0:
            self.orders.pop(customer, None)
        else:
            self.orders[customer] = Order(decline_code, count)

    def take(self, customer: str | None) -> str | None:
        """The code with which to refuse this charge, using up one of the order's."""
        for key in (customer or "", ""):
            order = self.orders.get(key)
            if order is None:
                continue
            if order.count is not None:
                order.count -= 1
                if order.count <= 0:
                    del self.orders[key]
            return order.decline_code
        return None
