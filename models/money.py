"""Money: integer centavos and a currency, never a float."""

import re
from dataclasses import dataclass

PESOS = r"^\d{1,9}\.\d{2}$"  # an amount as people write it in data: with centavos, so that nobody wonders


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in the currency's minor unit (centavos for MXN) and its ISO 4217 code."""

    centavos: int
    currency: str = "MXN"

    def __str__(self) -> str:
        sign = "-" if self.centavos < 0 else ""
        return f"{sign}${pesos(abs(self.centavos))} {self.currency}"


def pesos(centavos: int) -> str:
    """`1,234.50`: how many centavos, not below 0, read in pesos; sign and currency stand beside it."""
    return f"{centavos // 100:,}.{centavos % 100:02d}"


def of_pesos(text: str, currency: str = "MXN") -> Money:
    """The amount that `149.00` says: pesos with centavos, as `PESOS` has them. Raises ValueError."""
    if not re.fullmatch(PESOS, text):
        raise ValueError(f"'{text}' is no amount; write pesos with centavos in quotes, e.g. \"500.00\"")
    return Money(int(text.replace(".", "")), currency)


def in_pesos(money: Money) -> str:
    """`149.00`, as `of_pesos` reads it."""
    return f"{money.centavos // 100}.{money.centavos % 100:02d}"
