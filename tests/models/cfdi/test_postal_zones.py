"""Our map of clocks against the SAT's catalogue of postal codes, and the five zones at a glance."""

import pytest
from satcfdi.catalogs import select_all

from models.cfdi.postal_zones import BORDER, CENTRE, JUAREZ, NORTHWEST, PACIFIC, SOUTHEAST, is_postal_code, zone_of

SAT = {
    "Tiempo del Centro": {CENTRE},
    "Tiempo del Centro en Frontera": {BORDER, JUAREZ},
    "Tiempo del Noroeste": {NORTHWEST},
    "Tiempo del Pacífico": {PACIFIC},
    "Tiempo del Sureste": {SOUTHEAST},
}


def test_every_postal_code_of_the_sat_lies_in_its_zone() -> None:
    rows = select_all("C756_c_CodigoPostal")
    assert len(rows) > 90_000
    assert [cp for cp, row in rows.items() if zone_of(cp).key not in SAT[row[4]]] == []


@pytest.mark.parametrize(
    ("postal_code", "zone"),
    [
        ("06600", CENTRE),
        ("88500", BORDER),
        ("32000", JUAREZ),
        ("22000", NORTHWEST),
        ("83000", PACIFIC),
        ("77500", SOUTHEAST),
        ("99999", CENTRE),
    ],
)
def test_zones(postal_code: str, zone: str) -> None:
    assert zone_of(postal_code).key == zone


@pytest.mark.parametrize("text", ["", "660", "0660a", "006600", "00123"])
def test_what_is_no_postal_code(text: str) -> None:
    assert not is_postal_code(text)


@pytest.mark.parametrize("text", ["", "660", "0660a"])
def test_a_zone_needs_five_digits(text: str) -> None:
    with pytest.raises(ValueError, match="five digits"):
        zone_of(text)
