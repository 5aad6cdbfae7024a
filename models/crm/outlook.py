"""What a customer is expected to bring: the next invoice, and the quarter. And how they have paid so far. Centavos; UTC."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, pairwise, takewhile
from statistics import median
from zoneinfo import ZoneInfo

from models.crm.sales import Sale
from models.crm.standing import Held, Standing
from models.money import Money
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status

RHYTHM = 3  # invoices that make a rhythm
LATEST = 2  # rhythms after which nobody waits for the next invoice any more
RENEWED = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)


@dataclass(frozen=True, slots=True)
class Expected:
    """The next invoice. `by_rhythm`: nobody is subscribed; it is what their purchases so far let expect."""

    at: datetime
    amount: Money
    by_rhythm: bool = False


@dataclass(frozen=True, slots=True)
class Quarter:
    """What a calendar quarter brings, in centavos: billed since it began, renewals until its end, opportunities by probability."""

    begins: date
    ends: date  # the last day
    billed: int
    renewals: int
    opportunities: int

    @property
    def total(self) -> int:
        """All three."""
        return self.billed + self.renewals + self.opportunities


@dataclass(frozen=True, slots=True)
class Paying:
    """How a customer pays: invoices, centavos of an average one, days to pay on average, and how many of the paid came in time."""

    invoices: int = 0
    average: int = 0
    days_to_pay: float | None = None
    paid: int = 0
    on_time: int = 0

    @property
    def share_on_time(self) -> int | None:
        """Whole per cent of those paid, rounded down: 100 only where none was late."""
        return None if not self.paid else 100 * self.on_time // self.paid


def next_invoice(standing: Standing, now: datetime) -> Expected | None:
    """The soonest renewal of what goes on; for who has no subscription, the rhythm of their purchases."""
    coming = [(due, held) for held in _priced(standing) if (due := _renews(held)) is not None]
    if coming:
        at, held = min(coming, key=lambda each: (each[0], each[1].id))
        return Expected(at, held.price or Money(0, standing.currency))
    days = sorted({sale.issued_at for sale in standing.sales})
    if standing.living or len(days) < RHYTHM:
        return None
    gap = median((later - earlier).total_seconds() for earlier, later in pairwise(days))
    beat = timedelta(seconds=max(gap, timedelta(days=1).total_seconds()))
    if days[-1] + LATEST * beat < now:
        return None
    return Expected(days[-1] + beat, Money(paying(standing.sales).average, standing.currency), by_rhythm=True)


def quarter(standing: Standing, now: datetime, zone: str) -> Quarter:
    """The calendar quarter in which `now` is on the tenant's clock."""
    today = now.astimezone(ZoneInfo(zone)).date()
    begins = date(today.year, today.month - (today.month - 1) % 3, 1)
    after = _months_on(begins, 3)
    starts, ends = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for day in (begins, after))
    last = after - timedelta(days=1)
    deals = [each for each in standing.opportunities if each.amount.currency == standing.currency]
    return Quarter(
        begins=begins,
        ends=last,
        billed=sum(sale.billed for sale in standing.sales if starts <= sale.issued_at <= now),
        renewals=sum(_renewals(held, now, ends) for held in _priced(standing)),
        opportunities=sum(each.weighted for each in deals if each.closes <= last),
    )


def paying(sales: tuple[Sale, ...]) -> Paying:
    """Over all invoices of theirs."""
    if not sales:
        return Paying()
    paid = [sale for sale in sales if sale.paid_at is not None]
    days = [sale.days_to_pay or 0.0 for sale in paid]
    return Paying(
        invoices=len(sales),
        average=sum(sale.billed for sale in sales) // len(sales),
        days_to_pay=round(sum(days) / len(days), 1) if days else None,
        paid=len(paid),
        on_time=sum(not sale.paid_late() for sale in paid),
    )


def _priced(standing: Standing) -> list[Held]:
    """What goes on, but for what is paid in another currency than theirs."""
    return [held for held in standing.living if held.price is None or held.price.currency == standing.currency]


def _renews(held: Held) -> datetime | None:
    if held.ending or held.status not in RENEWED:
        return None
    return held.trial_end or held.period_end if held.status is Status.TRIALING else held.period_end


def _renewals(held: Held, now: datetime, ends: datetime) -> int:
    due, price = _renews(held), held.price
    if due is None or price is None:
        return 0
    step = 12 if held.interval is Interval.YEAR else 1
    days = takewhile(lambda day: day < ends, (later(due, step * each) for each in count()))
    return price.centavos * sum(day >= now for day in days)


def later(at: datetime, months: int) -> datetime:
    """So many months after an instant: on the same day of the month where there is one, else on its last."""
    day = _months_on(at.date().replace(day=1), months)
    return at.replace(year=day.year, month=day.month, day=min(at.day, (_months_on(day, 1) - timedelta(days=1)).day))


def _months_on(first: date, months: int) -> date:
    """The first of the month so many months after."""
    whole = first.year * 12 + first.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)
