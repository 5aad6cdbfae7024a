"""VAT inside the price: what part of a charged amount is base and what part is tax, exact to the centavo.

The amount charged is the CFDI's Total (LFPC art. 7 Bis: the price shown includes taxes). Base = Total / 1.16 rounded
half up, VAT = Total - base; never round(base x rate), which misses the Total for one price in seven.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# Currencies a document may be in beside MXN; all of them have two decimals, as our amounts do.
CURRENCIES = frozenset({"USD", "EUR", "CAD", "GBP"})
IVA = 16  # per cent, LIVA art. 1
BORDER_IVA = 8  # per cent, northern and southern border stimulus (decrees of 31 Dec 2018 and 30 Dec 2020)
RATES = (IVA, BORDER_IVA, 0, None)  # what an issuer may charge; None: exempt
EXEMPT = "exempt"
WHOLE = 1_000_000  # tax rates are reckoned in millionths, as c_TasaOCuota writes them
ISR_TAX, IVA_TAX = "001", "002"  # SAT c_Impuesto


class Withholding(StrEnum):
    """What a company keeps back and pays to the SAT for an issuer who is a persona física; a person keeps nothing back."""

    NONE = "none"
    RESICO = "resico"  # régimen 626: 1.25 % ISR (LISR art. 113-J)
    PROFESSIONAL = "professional"  # 10 % ISR (LISR art. 106) and two thirds of the VAT (RLIVA art. 3)


class PaymentMethod(StrEnum):
    """SAT c_MetodoPago, as an issuer's setting for invoices whose payment is on its way (OXXO, SPEI).

    PUE: the CFDI is made once the money is there. PPD: at once, and a payment complement when the money comes.
    """

    PUE = "PUE"
    PPD = "PPD"


_ISR = {Withholding.RESICO: 12_500, Withholding.PROFESSIONAL: 100_000}
WITHHELD_AT = {rate: withholding for withholding, rate in _ISR.items()}  # by its rate of ISR, in millionths


@dataclass(frozen=True, slots=True)
class Withheld:
    """One tax kept back: SAT c_Impuesto, its rate in millionths of the base, and centavos."""

    tax: str
    rate: int
    amount: int


@dataclass(frozen=True, slots=True)
class Taxes:
    """Centavos of tax in a document or in the books: VAT charged, and what the customer kept back of ISR and of that VAT."""

    vat: int = 0
    isr: int = 0
    withheld_vat: int = 0

    def __add__(self, other: "Taxes") -> "Taxes":
        return Taxes(self.vat + other.vat, self.isr + other.isr, self.withheld_vat + other.withheld_vat)

    def __neg__(self) -> "Taxes":
        return Taxes(-self.vat, -self.isr, -self.withheld_vat)


UNTAXED = Taxes()


@dataclass(frozen=True, slots=True)
class Split:
    """A total in centavos, taken apart. `rate` in per cent, None where the sale is exempt."""

    base: int
    vat: int
    rate: int | None = IVA
    withheld: tuple[Withheld, ...] = ()

    @property
    def total(self) -> int:
        """Centavos, tax included, less what is withheld."""
        return self.base + self.vat - sum(each.amount for each in self.withheld)

    @property
    def taxes(self) -> Taxes:
        """What of it is tax."""
        kept = {each.tax: each.amount for each in self.withheld}
        return Taxes(self.vat, kept.get(ISR_TAX, 0), kept.get(IVA_TAX, 0))


@dataclass(frozen=True, slots=True)
class Share:
    """So many centavos of a sale, taxed at one rate (per cent, None: exempt)."""

    rate: int | None
    centavos: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How a sale is taxed: `rate` of VAT in per cent (None: exempt), and what the customer keeps back.

    `shares`, where things of several rates were sold together: how much of the sale is taxed at which; any part of it is taken apart
    in that proportion. The CFDI and the books take an amount apart by `Terms.split` alone, so that they cannot disagree.
    """

    rate: int | None = IVA
    withholding: Withholding = Withholding.NONE
    shares: tuple[Share, ...] = ()

    def split(self, total: int) -> Split:
        """A total in centavos taken apart; `rate` of the answer is the first of several. Raises ValueError: it is not positive."""
        if not self.shares:
            return split(total, self.rate, self.withholding)
        parts = self.parts(total)
        kept: dict[tuple[str, int], int] = {}
        for each in (withheld for part in parts for withheld in part.withheld):
            kept[each.tax, each.rate] = kept.get((each.tax, each.rate), 0) + each.amount
        return Split(
            sum(part.base for part in parts),
            sum(part.vat for part in parts),
            self.rate,
            tuple(Withheld(tax, rate, amount) for (tax, rate), amount in kept.items()),
        )

    def parts(self, total: int) -> tuple[Split, ...]:
        """The same, a part for each rate; together they are the total. Raises ValueError: it is not positive."""
        if not self.shares:
            return (split(total, self.rate, self.withholding),)
        if total <= 0:
            raise ValueError("total: a CFDI needs a positive amount")
        amounts = apportioned([share.centavos for share in self.shares], total)
        told = zip(self.shares, amounts, strict=True)
        return tuple(split(amount, share.rate, self.withholding) for share, amount in told if amount)

    def __str__(self) -> str:
        """`16`, `exempt`, `8 resico`, `16:11600+0:5000`: as a row of the books holds it."""
        rate = "+".join(f"{_rate(each.rate)}:{each.centavos}" for each in self.shares) or _rate(self.rate)
        return rate if self.withholding is Withholding.NONE else f"{rate} {self.withholding}"

    @classmethod
    def parse(cls, text: str) -> "Terms":
        """From a row of the books; one that says nothing was written when only 16 % was known."""
        if not text:
            return cls()
        told, _, withholding = text.partition(" ")
        pairs = [each.partition(":") for each in told.split("+")]
        shares = tuple(Share(_percent(rate), int(centavos)) for rate, _, centavos in pairs if centavos)
        return cls(_percent(pairs[0][0]), Withholding(withholding or Withholding.NONE), shares)


def _rate(rate: int | None) -> str:
    return EXEMPT if rate is None else str(rate)


def _percent(text: str) -> int | None:
    return None if text == EXEMPT else int(text)


def vat_of(told: str, usual: int | None) -> int | None:
    """The rate that a catalogue says of a thing (`16`, `8`, `0`, `exempt`); the issuer's usual one where it says nothing."""
    return _percent(told) if told else usual


def apportioned(weights: Sequence[int], amount: int) -> list[int]:
    """An amount in proportion to weights; the centavos that rounding leaves go where most was cut off. Together they are the amount."""
    whole = sum(weights)
    shares = [amount * weight // whole for weight in weights]
    cut = sorted(range(len(weights)), key=lambda n: (-(amount * weights[n] % whole), n))
    for n in cut[: amount - sum(shares)]:
        shares[n] += 1
    return shares


USUAL = Terms()


def split(total: int, rate: int | None = IVA, withholding: Withholding = Withholding.NONE) -> Split:
    """Take VAT out of a total in centavos; `rate` in per cent, 0 or None (exempt) leave it whole.

    With a withholding the total is what arrived: base + VAT - what was kept back.

    Raises:
        ValueError: the total is not positive (a zero invoice has no CFDI).
    """
    if total <= 0:
        raise ValueError("total: a CFDI needs a positive amount")
    if withholding is not Withholding.NONE:
        return _withheld(total, rate, withholding)
    if not rate:
        return Split(total, 0, rate)
    divisor = 100 + rate
    base = _half_up(total * 100, divisor)
    return Split(base, total - base, rate)


def _withheld(total: int, rate: int | None, withholding: Withholding) -> Split:
    """The base nearest to the exact one for which every tax is one the SAT accepts."""
    vat_rate, isr_rate = (rate or 0) * 10_000, _ISR[withholding]
    kept_rate = _half_up(vat_rate * 2, 3) if withholding is Withholding.PROFESSIONAL else 0
    nearest = _half_up(total * WHOLE, WHOLE + vat_rate - isr_rate - kept_rate)
    for base in (nearest, nearest - 1, nearest + 1):
        kept = _half_up(base * kept_rate, WHOLE)
        # What rounding leaves over goes into the VAT where there is one, else into the ISR; the total stays what was charged.
        isr = _half_up(base * isr_rate, WHOLE) if vat_rate else base - total
        vat = total - base + isr + kept
        if isr >= 0 and tolerated(base, vat, vat_rate) and tolerated(base, isr, isr_rate):
            shares = (Withheld(ISR_TAX, isr_rate, isr), Withheld(IVA_TAX, kept_rate, kept))
            return Split(base, vat, rate, tuple(share for share in shares if share.rate))
    raise ValueError(f"total: {total} centavos cannot be taken apart with {withholding} withholding")


def tolerated(base: int, tax: int, millionths: int) -> bool:
    """Whether the SAT accepts this tax for this base, both in centavos (matriz de errores, CFDI40180 and CFDI40205).

    The bounds are (base - 0.005) x rate cut off and (base + 0.005 - 1e-12) x rate rounded up, in pesos with two decimals.
    Reckoned here in units of 1e-14 pesos, so that nothing is rounded before it should be.
    """
    pico = 10**12
    lower = (base * pico - pico // 2) * millionths // (WHOLE * pico)
    upper = -(-((base * pico + pico // 2 - 100) * millionths) // (WHOLE * pico))
    return lower <= tax <= upper


def _half_up(number: int, divisor: int) -> int:
    return (number * 2 + divisor) // (divisor * 2)
