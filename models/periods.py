"""How long a day lasts and what the customer's clock shows.

A day is 86,400 seconds in production and a few seconds in the demo. Everything that counts days or hours asks a
Calendar, so no workflow has a branch for the demo.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

REAL_DAY = 86_400.0
_SPANISH = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def written_day(text: str) -> date:
    """A day that somebody wrote (`2026-12-01`), with room before and behind it for any clock and term. Raises ValueError."""
    day = date.fromisoformat(text)
    if not 2000 <= day.year <= 2100:
        raise ValueError(text)
    return day


@dataclass(frozen=True, slots=True)
class Calendar:
    """The length of one day in seconds and the customer's IANA time zone. Pinned when a process starts."""

    day_seconds: float = REAL_DAY
    zone: str = "America/Mexico_City"

    def days(self, count: float) -> timedelta:
        """That many calendar days, as they really elapse."""
        return timedelta(seconds=count * self.day_seconds)

    def hours(self, count: float) -> timedelta:
        """That many hours of the calendar's day, as they really elapse."""
        return self.days(count / 24)

    def elapsed(self, nominal: timedelta) -> timedelta:
        """A span written in real days and hours (`3 d`, `8 h`), as it really elapses."""
        return self.days(nominal / timedelta(days=1))

    def days_between(self, start: datetime, end: datetime) -> float:
        """Calendar days from one instant to another."""
        return (end - start).total_seconds() / self.day_seconds

    def local(self, instant: datetime) -> datetime:
        """The instant on the customer's wall clock."""
        return instant.astimezone(ZoneInfo(self.zone))

    def show(self, instant: datetime) -> str:
        """`2026-11-21 14:05 (America/Mexico_City)`, for operators; with seconds where a day lasts less than an hour."""
        return f"{self.local(instant):{'%Y-%m-%d %H:%M' if self.day_seconds >= 3600 else '%Y-%m-%d %H:%M:%S'}} ({self.zone})"

    def show_day(self, instant: datetime, *, english: bool = False) -> str:
        """`21 nov 2026` or `21 Nov 2026`, for texts sent to customers."""
        local = self.local(instant)
        return f"{local.day} {(_ENGLISH if english else _SPANISH)[local.month - 1]} {local.year}"
