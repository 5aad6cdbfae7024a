"""What the payments provider must know of a catalogue: a product for each offer, and a price for each amount that is fixed.

Both are found again by a name of ours, so that a repeat after a crash finds what the first run made.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.money import Money
from models.selling.catalog import Catalog, Offer
from models.selling.plans import Interval, Plan


class ListingState(StrEnum):
    """sold: new subscriptions get it. leaving: nobody gets it any more, and the provider must still hear. retired: it has heard."""

    SOLD = "sold"
    LEAVING = "leaving"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Listing:
    """A product at the provider, or a price of one. `key` is unique in the tenant: a product's own id, or a price's lookup key.

    A price has an `amount`, and an `interval` unless it is paid once. It never changes; of a product name and description may.
    """

    tenant: str
    key: str
    product: str
    offer: str
    name: str = ""
    description: str = ""
    amount: Money | None = None
    interval: Interval | None = None
    provider_id: str = ""
    state: ListingState = ListingState.SOLD


def product_of(offer: Offer) -> Listing:
    """The product of a plan, one for all its intervals, or of an item."""
    # A tenant's id has no `_`, so that no two offers can come to one id.
    if isinstance(offer, Plan):
        key, words, name = f"perdura_{offer.tenant}_{offer.family}", offer.description, offer.family
    else:
        key, words, name = f"perdura-item_{offer.tenant}_{offer.code}", offer.note, offer.code
    return Listing(offer.tenant, key, key, name, offer.name, words.es, provider_id=key)


def price_of(plan: Plan) -> Listing:
    """The price at which a plan is sold; its key names everything that makes a price."""
    amount = f"{plan.price.centavos}{plan.price.currency}"
    key = f"{plan.tenant}/{plan.code}/{amount}/{plan.interval}"
    return Listing(plan.tenant, key, product_of(plan).key, plan.code, amount=plan.price, interval=plan.interval)


def listings(catalog: Catalog) -> Iterator[Listing]:
    """Every product and price of what is sold, each once, a product before its prices."""
    sold = catalog.sold
    seen: set[str] = set()
    offers: tuple[Offer, ...] = (*sold.plans, *sold.items)
    for offer in offers:
        for each in (product_of(offer), *_prices(offer)):
            if each.key not in seen:
                seen.add(each.key)
                yield each


def _prices(offer: Offer) -> Iterator[Listing]:
    if isinstance(offer, Plan):
        yield price_of(offer)
        return
    for rate in offer.rates:
        if rate.fixed:  # a range is agreed on when it is sold
            amount, whose = f"{rate.low.centavos}{rate.low.currency}", _letters(rate.holds_for)
            key = f"{offer.tenant}/{offer.code}/{amount}/once" + (f"/{whose}" if whose else "")
            yield Listing(offer.tenant, key, product_of(offer).key, offer.code, rate.holds_for, amount=rate.low)


def _letters(text: str) -> str:
    """Without accents: keys travel in headers."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
