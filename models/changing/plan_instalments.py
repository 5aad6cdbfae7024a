"""A yearly price paid in monthly parts: how much each is, and when. Pure.

Not to be confused with the payment plan of a debt (`agree_instalments`), which replaces one unpaid invoice; these are how a year is sold.
Together the parts are the yearly price to the centavo; what does not divide goes onto the first ones, a centavo each.
"""

from calendar import monthrange
from datetime import datetime

from models.money import Money
from models.periods import REAL_DAY, Calendar
from models.subscribing.invoices import Instalment

YEAR = "year-"  # begins what the parts of a plan's year have in common at the provider
MONTHS = 12


def amounts(price: Money, count: int) -> tuple[int, ...]:
    """Centavos of each part, the larger ones first."""
    whole, rest = divmod(price.centavos, count)
    return tuple(whole + (number < rest) for number in range(count))


def parts(price: Money, count: int, began: datetime, ends: datetime, calendar: Calendar) -> tuple[Instalment, ...]:
    """The parts of the year that began then: the first at once, then one a month, on the same day of it where there is one."""
    return tuple(
        Instalment(centavos, _month(number, began, ends, calendar))
        for number, centavos in enumerate(amounts(price, count))
    )


def year_of(began: datetime) -> str:
    """What the parts of a year are known by: `year-20261121`."""
    return f"{YEAR}{began:%Y%m%dT%H%M%S}"


def _month(number: int, began: datetime, ends: datetime, calendar: Calendar) -> datetime:
    if calendar.day_seconds != REAL_DAY:  # a shortened year has no months: twelfths of it
        return began + (ends - began) * number / MONTHS
    local = calendar.local(began)
    years, month = divmod(local.month - 1 + number, MONTHS)
    year = local.year + years
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(began.tzinfo)
