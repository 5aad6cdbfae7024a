"""VAT inside the price, for every price there is."""

import pytest

from models.cfdi.taxes import RATES, Withholding, split, tolerated


@pytest.mark.parametrize(
    ("total", "base", "vat"),
    [(14900, 12845, 2055), (120000, 103448, 16552), (9900, 8534, 1366), (24900, 21466, 3434), (100, 86, 14)],
)
def test_known_prices(total: int, base: int, vat: int) -> None:
    found = split(total)
    assert (found.base, found.vat, found.total) == (base, vat, total)


@pytest.mark.parametrize("rate", [16, 8])
def test_totals_from_1_to_10_000_pesos_come_out_exact_and_within_the_sat_s_tolerance(rate: int, in_full: bool) -> None:
    # Every 7th total, all with `make storm`; 7 shares no factor with 116 or 108, so every remainder of the division is among them.
    wrong = [
        total
        for total in range(100, 1_000_001, 1 if in_full else 7)
        if (s := split(total, rate)).total != total or not tolerated(s.base, s.vat, rate * 10_000)
    ]
    assert wrong == []


def test_the_tolerance_is_no_blank_cheque() -> None:
    assert tolerated(8534, 1365, 160_000)
    assert tolerated(8534, 1366, 160_000)
    assert not tolerated(8534, 1367, 160_000)
    assert not tolerated(8534, 1364, 160_000)


@pytest.mark.parametrize("rate", [0, None])
def test_without_vat_the_total_is_the_base(rate: int | None) -> None:
    assert (split(14900, rate).base, split(14900, rate).vat) == (14900, 0)


@pytest.mark.parametrize("total", [0, -100])
def test_nothing_is_not_split(total: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        split(total)


@pytest.mark.parametrize("withholding", [Withholding.RESICO, Withholding.PROFESSIONAL])
@pytest.mark.parametrize("rate", RATES)
def test_with_a_withholding_too_what_arrives_is_the_total_and_every_tax_is_one_the_sat_accepts(
    rate: int | None, withholding: Withholding
) -> None:
    # Every 37th total; 37 and 100 share no factor, so every number of centavos is among them.
    for total in range(100, 1_000_001, 37):
        found = split(total, rate, withholding)
        assert found.total == total
        assert tolerated(found.base, found.vat, (rate or 0) * 10_000)
        assert all(tolerated(found.base, share.amount, share.rate) for share in found.withheld)


def test_known_withholdings() -> None:
    resico = split(14_900, 16, Withholding.RESICO)
    assert (resico.base, resico.vat, [(w.tax, w.rate, w.amount) for w in resico.withheld]) == (
        12_985,
        2_077,
        [("001", 12_500, 162)],
    )
    fees = split(100_000, 16, Withholding.PROFESSIONAL)
    assert [(w.tax, w.rate) for w in fees.withheld] == [("001", 100_000), ("002", 106_667)]
