"""What is sold again and again: a plan or a package, its price with VAT included, its interval, its trial and what it gives."""

from dataclasses import dataclass, field
from enum import StrEnum

from models.money import Money
from models.words import Words

DEFAULT_PRODUCT, DEFAULT_UNIT = "81112500", "E48"  # SAT: software licence rental; unit of service


class Interval(StrEnum):
    """Stripe's word for how often a price is charged."""

    MONTH = "month"
    YEAR = "year"


class PlanKind(StrEnum):
    """plan: a customer may use so much of it. package: it includes so many units of services, counted down as they are used."""

    PLAN = "plan"
    PACKAGE = "package"


class TrialEnd(StrEnum):
    """What becomes of a subscription whose trial ends without a card: Stripe's `missing_payment_method`.

    pause: no service and no charge until a card is given, which begins the first paid period. cancel: it is over.
    """

    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Trial:
    """Days before the first charge. `end` None: it begins with a card."""

    days: int = 0
    end: TrialEnd | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of something a plan allows. `most` None: unlimited. `monthly`: counted anew each calendar month, else what is in use."""

    code: str
    most: int | None
    name: Words = field(default_factory=Words)
    monthly: bool = False
    unit: str = ""  # GB, where it is not counted in pieces


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a plan has or has not."""

    code: str
    name: Words = field(default_factory=Words)


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a package gives on one of the tenant's services in each period.

    `units` None: as often as it is needed. `percent_off` 100: it is included; less: it is paid, that much cheaper.
    """

    service: str
    units: int | None = None
    percent_off: int = 100
    name: Words = field(default_factory=Words)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of one tenant at one interval. `price` includes VAT (LFPC art. 7 Bis: the price shown is the price paid).

    A catalogue's plan that is sold by the month and by the year is two of these, of one `tier`.
    """

    tenant: str
    code: str
    name: str
    price: Money
    interval: Interval = Interval.MONTH
    trial_days: int = 0
    product_key: str = DEFAULT_PRODUCT  # SAT c_ClaveProdServ
    provider_price: str = ""  # Stripe price_…, filled when the plan is first sold or its catalogue applied
    kind: PlanKind = PlanKind.PLAN
    tier: str = ""  # the catalogue's code of it; empty: its own
    position: int = 0  # where it stands among what is sold
    description: Words = field(default_factory=Words)
    card_required: bool = True  # a trial begins with a card on file
    without_card: TrialEnd = TrialEnd.PAUSE  # what becomes of it where none was needed and none was given
    unit_key: str = DEFAULT_UNIT  # SAT c_ClaveUnidad
    highest: Money | None = (
        None  # where the price is a range: `price` is what it is sold at, this the most it may come to
    )
    limits: tuple[Limit, ...] = ()
    features: tuple[Feature, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    archived: bool = False  # no longer sold; who has it keeps it
    instalments: tuple[int, ...] = ()  # a yearly package may be paid in so many monthly parts, instead of at once

    @property
    def family(self) -> str:
        """The code under which the catalogue has it: the same at every interval."""
        return self.tier or self.code

    @property
    def trial(self) -> Trial:
        """How it begins. Without days there is nothing to begin without a card."""
        return Trial(self.trial_days, None if self.card_required or not self.trial_days else self.without_card)


@dataclass(frozen=True, slots=True)
class Saving:
    """What a year paid at once saves: centavos, whole per cent (half up), and the months' fees that come nearest to it."""

    amount: Money
    percent: int
    months: int


def saving(monthly: Money, yearly: Money) -> Saving | None:
    """What the yearly price saves against twelve monthly ones; None where it saves nothing."""
    year = 12 * monthly.centavos
    left = year - yearly.centavos
    if left <= 0:
        return None
    return Saving(
        Money(left, monthly.currency),
        (200 * left + year) // (2 * year),
        (2 * left + monthly.centavos) // (2 * monthly.centavos),
    )
