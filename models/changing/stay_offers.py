"""What a tenant offers to whoever wants less or wants to leave, so that they may stay: some per cent off for a while, or a pause."""

from dataclasses import dataclass
from enum import StrEnum

from models.people import FieldInvalid

MOST_MONTHS, MOST_DAYS = 24, 366


class Cause(StrEnum):
    """What the customer is about to do when the offer is shown."""

    DOWNGRADE = "downgrade"
    CANCELLATION = "cancellation"


class OfferKind(StrEnum):
    """discount: `percent` off for `months`. pause: neither charges nor service for `days`."""

    DISCOUNT = "discount"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class StayOffer:
    """An offer of one tenant. Of what does not belong to its kind there is zero."""

    kind: OfferKind
    percent: int = 0
    months: int = 0
    days: int = 0

    @property
    def code(self) -> str:
        """`discount-30-3` or `pause-30`: the same offer has the same name, also at the provider."""
        return (
            f"{self.kind}-{self.percent}-{self.months}"
            if self.kind is OfferKind.DISCOUNT
            else f"{self.kind}-{self.days}"
        )


def checked(offer: StayOffer) -> StayOffer:
    """The offer, if it can be kept. Raises FieldInvalid."""
    if offer.kind is OfferKind.PAUSE:
        if not 1 <= offer.days <= MOST_DAYS:
            raise FieldInvalid("days", f"give 1 to {MOST_DAYS} days for a pause")
        if offer.percent or offer.months:
            raise FieldInvalid("percent", "a pause has days alone: leave percent and months out")
        return offer
    if not 1 <= offer.percent <= 100:
        raise FieldInvalid("percent", "give 1 to 100 per cent for a discount")
    if not 1 <= offer.months <= MOST_MONTHS:
        raise FieldInvalid("months", f"give 1 to {MOST_MONTHS} months for a discount")
    if offer.days:
        raise FieldInvalid("days", "a discount lasts for months: leave days out")
    return offer
