"""Money: integer centavos and a currency, never a float."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in the currency's minor unit (centavos for MXN) and its ISO 4217 code."""

    centavos: int
    currency: str = "MXN"

    def __str__(self) -> str:
        sign = "-" if self.centavos < 0 else ""
        pesos, cents = divmod(abs(self.centavos), 100)
        return f"{sign}${pesos:,}.{cents:02d} {self.currency}"
