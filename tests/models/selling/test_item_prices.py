"""What a thing of the catalogue costs for an animal, at the edges of its ranges and weights."""

import pytest

from models import shipped
from models.money import Money
from models.people import FieldInvalid
from models.selling.catalog_file import parse
from models.selling.item_prices import price_of
from models.selling.items import Item, ItemKind, Rate
from models.selling.pets import Animal

SHIPPED = {item.code: item for item in parse(shipped.page("catalogs", "clinica-veterinaria") or "", "acme").items}
SURGERY = Item(
    "acme",
    "cirugia",
    "Cirugía",
    ItemKind.SERVICE,
    "70122009",
    (
        Rate(Money(80_000), Money(80_000), "perro", "", 0, 10),
        Rate(Money(120_000), Money(120_000), "perro", "", 10, 25),
        Rate(Money(150_000), Money(200_000), "perro", "", 25, None),
        Rate(Money(60_000), Money(60_000), "gato"),
    ),
)


@pytest.mark.parametrize(
    ("grams", "centavos"),
    [(1, 80_000), (10_000, 80_000), (10_001, 120_000), (25_000, 120_000)],
)
def test_a_weight_is_above_the_first_and_up_to_the_second(grams: int, centavos: int) -> None:
    assert price_of(SURGERY, Animal("perro", "", grams)) == Money(centavos)


def test_another_species_needs_no_weight() -> None:
    assert price_of(SURGERY, Animal("GATO")) == Money(60_000)


@pytest.mark.parametrize("agreed", [35_000, 50_000])
def test_the_ends_of_a_range_belong_to_it(agreed: int) -> None:
    assert price_of(SHIPPED["consulta"], Animal(), Money(agreed)) == Money(agreed)


@pytest.mark.parametrize(
    ("code", "animal", "agreed", "field"),
    [
        ("consulta", Animal(), 34_999, "price"),
        ("consulta", Animal(), 50_001, "price"),
        ("consulta", Animal(), None, "price"),
        ("hospitalizacion", Animal(), 40_000, "pet"),
        ("hospitalizacion", Animal("gato"), 50_001, "price"),
        ("hospitalizacion", Animal("hámster"), 40_000, "species"),
        ("esterilizacion", Animal("perro"), 100_000, "sex"),
        ("esterilizacion", Animal("perro", "macho"), 150_001, "price"),
        ("esterilizacion", Animal("perro", "ambos"), 100_000, "pet"),
        ("alimentos", Animal(), None, "price"),
        ("alimentos", Animal(), 0, "price"),
    ],
)
def test_what_is_missing_or_out_of_range_is_named(code: str, animal: Animal, agreed: int | None, field: str) -> None:
    with pytest.raises(FieldInvalid) as fault:
        price_of(SHIPPED[code], animal, None if agreed is None else Money(agreed))
    assert fault.value.field == field


def test_a_dog_that_nobody_weighed_must_be() -> None:
    with pytest.raises(FieldInvalid) as fault:
        price_of(SURGERY, Animal("perro"))
    assert fault.value.field == "weight_grams"


@pytest.mark.parametrize(
    ("code", "animal", "agreed"),
    [
        ("hospitalizacion", Animal("exótico"), 100_000),
        ("esterilizacion", Animal("perro", "hembra"), 250_000),
        ("esterilizacion", Animal("gato"), 60_000),
        ("medicamentos", Animal(), 12_345),
    ],
)
def test_each_animal_has_its_own_range(code: str, animal: Animal, agreed: int) -> None:
    assert price_of(SHIPPED[code], animal, Money(agreed)) == Money(agreed)
