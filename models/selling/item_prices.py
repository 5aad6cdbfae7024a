"""What a service or product of the catalogue costs for an animal: the one rate that holds for it, or the price agreed inside its range."""

from models.money import Money, in_pesos
from models.people import FieldInvalid
from models.selling.items import Item, Rate
from models.selling.pets import Animal

GRAMS = 1_000  # in a kilogram, which rates are written in


def price_of(item: Item, animal: Animal, agreed: Money | None = None) -> Money:
    """The price of one, with VAT. `agreed` is what was settled at the counter, where the catalogue leaves something to settle.

    Raises:
        FieldInvalid: `price` is missing or outside its range; or `pet`, `species`, `sex` or `weight_grams` must be said first.
    """
    if not item.rates:
        if agreed is None or agreed.centavos <= 0:
            raise FieldInvalid("price", f"'{item.code}' has no price in the catalogue: say what it costs")
        return agreed
    rate = rate_for(item, animal)
    if agreed is None:
        if not rate.fixed:
            raise FieldInvalid("price", f"'{item.code}' costs {_span(rate)}: say which price was agreed")
        return rate.low
    if agreed.currency != rate.low.currency or not rate.low <= agreed <= rate.high:
        raise FieldInvalid("price", f"{in_pesos(agreed)} is outside of what '{item.code}' costs: {_span(rate)}")
    return agreed


def rate_for(item: Item, animal: Animal) -> Rate:
    """The one rate that holds for an animal. Raises FieldInvalid: none does, or what tells them apart is not known."""
    left = [rate for rate in item.rates if _same(rate.species, animal.species) is not False]
    if not left:
        known = ", ".join(sorted({rate.species for rate in item.rates}))
        raise FieldInvalid("species", f"'{item.code}' has no price for '{animal.species}'; it has for {known}")
    if any(_same(rate.species, animal.species) is None for rate in left):
        raise FieldInvalid(
            "pet", f"the price of '{item.code}' depends on the animal: name the pet, or give its species"
        )
    left = [rate for rate in left if _same(rate.sex, animal.sex) is not False]
    if any(_same(rate.sex, animal.sex) is None for rate in left):
        raise FieldInvalid("sex", f"the price of '{item.code}' depends on the sex: give the pet's")
    if animal.grams is None and any(rate.over or rate.up_to is not None for rate in left):
        raise FieldInvalid(
            "weight_grams", f"the price of '{item.code}' depends on the weight: give the pet's, in grams"
        )
    left = [rate for rate in left if _weighs(rate, animal.grams)]
    if not left:
        told = f" of {animal.grams} g" if animal.grams is not None else ""
        who = " ".join(filter(None, (animal.species, animal.sex))) + told
        raise FieldInvalid("pet", f"'{item.code}' has no price for {who.strip()}: add a rate to the catalogue")
    return left[0]  # a catalogue with two rates for one animal is refused


def _same(wanted: str, told: str) -> bool | None:
    """Whether a word of a rate is met; None: nobody said."""
    if not wanted:
        return True
    return wanted.casefold() == told.casefold() if told else None


def _weighs(rate: Rate, grams: int | None) -> bool:
    if grams is None:
        return True
    return grams > rate.over * GRAMS and (rate.up_to is None or grams <= rate.up_to * GRAMS)


def _span(rate: Rate) -> str:
    return in_pesos(rate.low) if rate.fixed else f"{in_pesos(rate.low)} to {in_pesos(rate.high)}"
