"""When people in Mexico have been paid: the quincena, the 15th and the last day of the month.

What falls on a day without banks is paid on the business day before (Ley Federal del Trabajo, art. 88, has wages paid at least every
fifteen days; banks credit the payroll before their holiday). Bank holidays are the CNBV's, which the Mexican stock exchange
keeps too; the maintained library `holidays` carries them as XMEX.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

SATURDAY = 5
MORNING = time(9)  # payrolls are credited overnight or by the early morning


# Made here, once: the library imports its countries when they are first asked for, which a workflow must not.
_BANK_HOLIDAYS = holidays.financial_holidays("XMEX")


def business_day(day: date) -> bool:
    """Whether Mexican banks work."""
    return day.weekday() < SATURDAY and day not in _BANK_HOLIDAYS


@cache
def paydays(year: int, month: int) -> tuple[date, date]:
    """The two paydays of a month."""
    ending = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return _before(date(year, month, 15)), _before(ending)


def _before(day: date) -> date:
    while not business_day(day):
        day -= timedelta(days=1)
    return day


def payday_from(instant: datetime, until: datetime, zone: str) -> datetime | None:
    """The first payday morning, on the customer's clock, from `instant` to `until`; None where there is none.

    On the payday itself, after the morning, it is the instant as it is.
    """
    here = ZoneInfo(zone)
    local = instant.astimezone(here)
    day = local.date()
    while day <= until.astimezone(here).date():
        if day in paydays(day.year, day.month):
            morning = datetime.combine(day, MORNING, here).astimezone(instant.tzinfo)
            chosen = max(morning, instant)
            return chosen if chosen <= until else None
        day += timedelta(days=1)
    return None
