"""What is sold once: a service or a product, and what it costs for which animal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

from models.money import Money
from models.selling.plans import DEFAULT_UNIT
from models.words import Words


class ItemKind(StrEnum):
    SERVICE = "service"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Rate:
    """A price with VAT, from `low` to `high`, for the animals it holds for; an empty field holds for all.

    Weight in kilograms: from `over` (excluded) up to `up_to` (included; None: any).
    """

    low: Money
    high: Money
    species: str = ""
    sex: str = ""
    over: int = 0
    up_to: int | None = None

    @property
    def fixed(self) -> bool:
        """Nothing is left to agree on."""
        return self.low == self.high

    @property
    def holds_for(self) -> str:
        """`dog-male-0-10`: for whom, as a name; empty: for all."""
        weight = f"{self.over}-{self.up_to or 'up'}" if self.over or self.up_to else ""
        return "-".join(part for part in (self.species, self.sex, weight) if part)

    def meets(self, other: "Rate") -> bool:
        """Whether some animal has both rates."""
        return (
            _same(self.species, other.species)
            and _same(self.sex, other.sex)
            and (self.up_to is None or other.over < self.up_to)
            and (other.up_to is None or self.over < other.up_to)
        )


@dataclass(frozen=True, slots=True)
class Item:
    """A service or product of one tenant. Without rates its price is said when it is sold."""

    tenant: str
    code: str
    name: str
    kind: ItemKind
    product_key: str
    rates: tuple[Rate, ...] = ()
    unit_key: str = DEFAULT_UNIT
    note: Words = field(default_factory=Words)
    position: int = 0
    archived: bool = False
    vat: str = ""  # `16`, `8`, `0` or `exempt`; empty: as the issuer's sales are taxed


def contested(rates: Sequence[Rate]) -> Iterator[tuple[int, int]]:
    """The pairs of rates, by number from 1, that hold for one animal alike: nobody could say which counts."""
    for (first, one), (second, other) in combinations(enumerate(rates, start=1), 2):
        if one.meets(other):
            yield first, second


def _same(one: str, other: str) -> bool:
    return not one or not other or one == other
