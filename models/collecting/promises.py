"""The days a customer is offered to promise payment by: tomorrow, Friday, the next quincena."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.collecting.paydays import payday_from

FRIDAY = 4
EVENING = time(20)  # late enough for whoever is paid that day, early enough to be called the same day


class Day(StrEnum):
    """A button on the page of promises."""

    TOMORROW = "tomorrow"
    FRIDAY = "friday"
    PAYDAY = "payday"


def choices(now: datetime, zone: str) -> dict[Day, datetime]:
    """By when (UTC) each would be: the evening of that day on the customer's clock. A day that another button says is left out."""
    here = ZoneInfo(zone)
    tomorrow = now.astimezone(here).date() + timedelta(days=1)
    friday = tomorrow + timedelta(days=(FRIDAY - tomorrow.weekday()) % 7)
    morning = datetime.combine(tomorrow, time(), here)
    payday = payday_from(morning, morning + timedelta(days=20), zone)
    days = {Day.TOMORROW: tomorrow, Day.FRIDAY: friday}
    if payday is not None:
        days[Day.PAYDAY] = payday.astimezone(here).date()
    offered: dict[Day, datetime] = {}
    for name, day in days.items():
        until = datetime.combine(day, EVENING, here).astimezone(now.tzinfo)
        if until not in offered.values():
            offered[name] = until
    return offered
