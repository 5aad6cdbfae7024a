"""What a tenant promises of its tickets: how soon the first response comes, by priority, and in which hours the clock runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.periods import REAL_DAY, Calendar
from models.refusals import Refusal, Why
from models.tickets.ticket import Priority

_HOUR = timedelta(hours=1)
_WEEK = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When support is there: whole hours of the tenant's clock from `opens` to `closes`, on these weekdays (0 is Monday)."""

    opens: int = 0
    closes: int = 24
    days: tuple[int, ...] = _WEEK

    @property
    def always(self) -> bool:
        """Round the clock: an hour is an hour."""
        return (self.opens, self.closes) == (0, 24) and self.days == _WEEK

    def after(self, start: datetime, span: timedelta, zone: str) -> datetime:
        """The instant (UTC) at which so much time has gone by in these hours. The wall clock decides when they open."""
        if self.always:
            return start + span
        here = ZoneInfo(zone)
        day, left, utc = start.astimezone(here).date(), span, start.tzinfo
        while True:
            if day.weekday() in self.days:
                opens = datetime.combine(day, time(self.opens), here).astimezone(utc)
                last = day if self.closes < 24 else day + timedelta(days=1)
                closes = datetime.combine(last, time(self.closes % 24), here).astimezone(utc)
                begin = max(opens, start)
                if begin < closes:
                    if begin + left <= closes:
                        return begin + left
                    left -= closes - begin
            day += timedelta(days=1)


ALWAYS = OpenHours()


@dataclass(frozen=True, slots=True)
class Terms:
    """A tenant's rules for tickets, in real hours and days. Pinned while a ticket's process runs; one that begins anew (of a closed
    ticket opened again, or in the place of a lost one) takes those of its day.

    `remind` is the share of the time in per cent after which whoever is to answer is reminded.
    """

    normal: timedelta = 8 * _HOUR
    high: timedelta = 4 * _HOUR
    urgent: timedelta = _HOUR
    hours: OpenHours = field(default=ALWAYS)
    remind: int = 75
    raise_after: timedelta = 72 * _HOUR  # unresolved so long, a normal ticket becomes a high one (the runbook's 72 h)
    close_after: timedelta = timedelta(days=7)  # from resolved to closed
    ends_with_case: bool = True  # nobody has answered when the debt is settled: nothing is left to answer
    from_messages: bool = True  # a message that nobody understood opens a ticket

    def response(self, priority: Priority) -> timedelta:
        """How soon the first response comes."""
        spans: Mapping[Priority, timedelta] = {
            Priority.NORMAL: self.normal,
            Priority.HIGH: self.high,
            Priority.URGENT: self.urgent,
        }
        return spans[priority]

    def due(self, priority: Priority, start: datetime, calendar: Calendar) -> tuple[datetime, datetime]:
        """When whoever is to answer is reminded, and when the first response is due (UTC), counted from `start`.

        Where a day is shortened, the hours of a clock on the wall mean nothing.
        """
        span = calendar.elapsed(self.response(priority))
        hours = self.hours if calendar.day_seconds == REAL_DAY else ALWAYS
        early = span * (self.remind / 100)
        return hours.after(start, early, calendar.zone), hours.after(start, span, calendar.zone)


_LONGEST = timedelta(days=30)


class TermsWhy(Why):
    """What is wrong with terms."""

    SPAN = ("Da de 5 minutos a 30 días (43200 minutos)", "give 5 minutes to 30 days (43200 minutes)")
    SOONER = (
        "A mayor prioridad, antes la respuesta: urgente ≤ alta ≤ normal",
        "the higher the priority, the sooner the answer: urgent ≤ high ≤ normal",
    )
    HOURS = (
        "Da horas del día que abran antes de cerrar, como 9 y 18",
        "give hours of the day that open before they close, e.g. 9 and 18",
    )
    WEEKDAYS = ("Elige por lo menos un día", "give at least one weekday, 0 (Monday) to 6 (Sunday)")
    REMIND = ("Da de 10 a 95 por ciento", "give 10 to 95 per cent")
    RAISE = ("Da de 1 a 720 horas", "give 1 to 720 hours")
    CLOSE = ("Da de 1 a 90 días", "give 1 to 90 days")


def faults(terms: Terms) -> list[tuple[str, Refusal]]:
    """What is wrong with terms: the field, and what to do."""
    found = []
    for name, span in (("normal", terms.normal), ("high", terms.high), ("urgent", terms.urgent)):
        if not timedelta(minutes=5) <= span <= _LONGEST:
            found.append((name, TermsWhy.SPAN()))
    if not terms.urgent <= terms.high <= terms.normal:
        found.append(("high", TermsWhy.SOONER()))
    if not 0 <= terms.hours.opens < terms.hours.closes <= 24:
        found.append(("opens", TermsWhy.HOURS()))
    if not terms.hours.days or set(terms.hours.days) - set(_WEEK):
        found.append(("days", TermsWhy.WEEKDAYS()))
    if not 10 <= terms.remind <= 95:
        found.append(("remind", TermsWhy.REMIND()))
    if not _HOUR <= terms.raise_after <= _LONGEST:
        found.append(("raise_after", TermsWhy.RAISE()))
    if not timedelta(days=1) <= terms.close_after <= timedelta(days=90):
        found.append(("close_after", TermsWhy.CLOSE()))
    return found
