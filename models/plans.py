"""What is sold: a plan, its price with VAT included, its interval and its trial."""

from dataclasses import dataclass
from enum import StrEnum

from models.money import Money


class Interval(StrEnum):
    """Stripe's word for how often a price is charged."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of one tenant. `price` includes VAT (LFPC art. 7 Bis: the price shown is the price paid)."""

    tenant: str
    code: str
    name: str
    price: Money
    interval: Interval = Interval.MONTH
    trial_days: int = 0
    product_key: str = "81112500"  # SAT c_ClaveProdServ: software licence rental
    provider_price: str = ""  # Stripe price_…, filled when the plan is first sold
