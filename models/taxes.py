"""VAT inside the price: what part of a charged amount is base and what part is tax, exact to the centavo.

The amount charged is the CFDI's Total (LFPC art. 7 Bis: the price shown includes taxes). Base = Total / 1.16 rounded
half up, VAT = Total - base; never round(base x rate), which misses the Total for one price in seven.
"""

from dataclasses import dataclass

IVA = 16  # per cent, LIVA art. 1
BORDER_IVA = 8  # per cent, northern and southern border stimulus (decrees of 31 Dec 2018 and 30 Dec 2020)


@dataclass(frozen=True, slots=True)
class Split:
    """A total in centavos, taken apart. `rate` in per cent, None where the sale is exempt."""

    base: int
    vat: int
    rate: int | None = IVA

    @property
    def total(self) -> int:
        """Centavos, tax included."""
        return self.base + self.vat


def split(total: int, rate: int | None = IVA) -> Split:
    """Take VAT out of a total in centavos; `rate` in per cent, 0 or None (exempt) leave it whole.

    Raises:
        ValueError: the total is not positive (a zero invoice has no CFDI).
    """
    if total <= 0:
        raise ValueError("total: a CFDI needs a positive amount")
    if not rate:
        return Split(total, 0, rate)
    divisor = 100 + rate
    base = (total * 100 * 2 + divisor) // (divisor * 2)
    return Split(base, total - base, rate)


def tolerated(base: int, vat: int, rate: int) -> bool:
    """Whether the SAT accepts this tax for this base, both in centavos (matriz de errores, CFDI40180 and CFDI40205).

    The bounds are (base - 0.005) x rate cut off and (base + 0.005 - 1e-12) x rate rounded up, in pesos with two decimals.
    Reckoned here in units of 1e-14 pesos, so that nothing is rounded before it should be.
    """
    pico = 10**12
    lower = (base * pico - pico // 2) * rate // (100 * pico)
    upper = -(-((base * pico + pico // 2 - 100) * rate) // (100 * pico))
    return lower <= vat <= upper
