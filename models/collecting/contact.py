"""When a customer may be written to: hours on their clock, days, and how often.

Default 7:00 to 22:00, as CONDUSEF's rules for collection agencies have it (Disposiciones de carácter general aplicables a las
entidades financieras en materia de despachos de cobranza); Sundays are left alone because we would not like it either.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.periods import Calendar

SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Contact:
    """Messages leave from `opens` to `closes`, whole hours on the customer's clock; 0 to 24 is any time.

    `per_week` is the most reminders in seven days and `apart` the least time between two, over all cases of a customer; warnings of a
    consequence are exempt, because nobody may lose service or data unwarned.
    """

    opens: int = 7
    closes: int = 22
    sundays: bool = False
    per_week: int | None = None
    apart: timedelta = timedelta()

    def allowed(self, instant: datetime, zone: str) -> datetime:
        """The instant itself where messages may leave then, else the next moment (UTC) they may."""
        if self.sundays and self.opens == 0 and self.closes == 24:
            return instant
        here = ZoneInfo(zone)
        local = instant.astimezone(here)
        if (self.sundays or local.weekday() != SUNDAY) and self.opens <= local.hour < self.closes:
            return instant
        day = local.date() if local.hour < self.opens else local.date() + timedelta(days=1)
        if not self.sundays and day.weekday() == SUNDAY:
            day += timedelta(days=1)
        # The wall clock decides: on the day the clocks change, 7:00 is still 7:00.
        return datetime.combine(day, time(self.opens), here).astimezone(instant.tzinfo)

    def spaced(self, sent: tuple[datetime, ...], now: datetime, calendar: Calendar) -> datetime:
        """When the next reminder may leave after those already `sent`, oldest first (UTC); the hours are not looked at."""
        earliest = now
        if sent and self.apart:
            earliest = max(earliest, sent[-1] + calendar.elapsed(self.apart))
        if self.per_week is not None and len(sent) >= self.per_week:
            earliest = max(earliest, sent[-self.per_week] + calendar.days(7))
        return earliest


ANYTIME = Contact(opens=0, closes=24, sundays=True)
