"""VAT inside the price, for every price there is."""

import pytest

from models.taxes import split, tolerated


@pytest.mark.parametrize(
    ("total", "base", "vat"),
    [(14900, 12845, 2055), (120000, 103448, 16552), (9900, 8534, 1366), (24900, 21466, 3434), (100, 86, 14)],
)
def test_known_prices(total: int, base: int, vat: int) -> None:
    found = split(total)
    assert (found.base, found.vat, found.total) == (base, vat, total)


@pytest.mark.parametrize("rate", [16, 8])
def test_every_total_from_1_to_10_000_pesos_comes_out_exact_and_within_the_sat_s_tolerance(rate: int) -> None:
    wrong = [
        total
        for total in range(100, 1_000_001)
        if (s := split(total, rate)).total != total or not tolerated(s.base, s.vat, rate)
    ]
    assert wrong == []


def test_the_tolerance_is_no_blank_cheque() -> None:
    assert tolerated(8534, 1365, 16)
    assert tolerated(8534, 1366, 16)
    assert not tolerated(8534, 1367, 16)
    assert not tolerated(8534, 1364, 16)


@pytest.mark.parametrize("rate", [0, None])
def test_without_vat_the_total_is_the_base(rate: int | None) -> None:
    assert (split(14900, rate).base, split(14900, rate).vat) == (14900, 0)


@pytest.mark.parametrize("total", [0, -100])
def test_nothing_is_not_split(total: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        split(total)
