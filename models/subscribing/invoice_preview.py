"""An invoice that does not exist yet, as the payments provider foretells it."""

from dataclasses import dataclass
from datetime import datetime

from models.money import Money


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line of an invoice as the provider foretells it: centavos with tax, below zero where it gives back unused time."""

    description: str
    amount: int
    proration: bool = False
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoicePreview:
    """An invoice as the provider foretells it. `due` is what is left to pay of `total` after the customer's balance."""

    total: Money
    due: Money
    lines: tuple[PreviewLine, ...] = ()

    @property
    def until(self) -> datetime | None:
        """The end (UTC) of the time that it is for."""
        return max((line.end for line in self.lines if line.end and not line.proration), default=None)
