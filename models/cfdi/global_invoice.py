"""The global invoice: one CFDI for a month's sales without RFC (RMF 2.7.1.21), due within 24 h after the month.

Monthly rather than daily: a customer may still ask for an invoice of their own within the month without touching the global one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from models.cfdi.documents import DocumentKind, GlobalPeriod, TaxDocument

MONTHLY = "04"  # SAT c_Periodicidad
_SOURCE = re.compile(r"global-(\d{4})-(\d{2})(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Month:
    """A month on the issuer's clock; `part` above 1 is a further invoice for sales that came to light afterwards."""

    year: int
    month: int
    part: int = 1

    @property
    def source(self) -> str:
        """`global-2026-11`, or `global-2026-11-2`."""
        return f"global-{self.year}-{self.month:02d}" + (f"-{self.part}" if self.part > 1 else "")

    @property
    def period(self) -> GlobalPeriod:
        """InformacionGlobal."""
        return GlobalPeriod(MONTHLY, f"{self.month:02d}", self.year)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """First instant, and first instant of the next month, in UTC."""
        following = Month(self.year + self.month // 12, self.month % 12 + 1)
        first, last = (datetime(m.year, m.month, 1, tzinfo=zone).astimezone(UTC) for m in (self, following))
        return first, last


def month_of(source: str) -> Month:
    """The month a global invoice's source names.

    Raises:
        ValueError: it names none.
    """
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise ValueError(f"source: {source} is not a month's global invoice")
    return Month(int(found[1]), int(found[2]), int(found[3] or 1))


def month_named(text: str) -> Month:
    """The month of `2026-11`.

    Raises:
        ValueError: it names none.
    """
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if found is None or found[1] < "2000":
        raise ValueError("not a month; write year and month, e.g. 2026-11")
    return Month(int(found[1]), int(found[2]))


def month_before(now: datetime, zone: ZoneInfo) -> Month:
    """The month that has just ended on this clock."""
    local = now.astimezone(zone)
    return Month(local.year - (local.month == 1), (local.month - 2) % 12 + 1)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sale without RFC and what is left of it after refunds, in centavos."""

    sale: TaxDocument
    left: int


def receipts(held: Iterable[TaxDocument]) -> list[Receipt]:
    """The sales among held documents, each less its refunds; one that was given back whole has no line."""
    held = list(held)
    back: dict[str, int] = {}
    for document in held:
        if document.kind is DocumentKind.CREDIT:
            back[document.replaces] = back.get(document.replaces, 0) + document.total.centavos
    sales = (d for d in held if d.kind is DocumentKind.INCOME)
    return [Receipt(d, left) for d in sales if (left := d.total.centavos - back.get(d.key, 0)) > 0]
