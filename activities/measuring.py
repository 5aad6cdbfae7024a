"""The figures of the business: facts gathered from the books, and each tenant's day kept when it has ended."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from temporalio import activity

from activities.ports.measures import DayBook, Measures
from models.kpis.definitions import DAYS_CHURN, DAYS_DOWNGRADES, DAYS_RECOVERY, DAYS_RESPONSE, DAYS_TRIALS
from models.kpis.figures import Facts, figures
from models.kpis.snapshots import due
from models.periods import Calendar
from models.tickets.ticket import Topic

ABOUT_MONEY = frozenset(
    {Topic.BILLING, Topic.ACCESS}
)  # what the runbook asks for: charging, and access that is blocked


@dataclass(frozen=True, slots=True)
class DayOrder:
    """Keep this day of a tenant. `now`: the process's clock (UTC). `missed`: days before it that nobody took."""

    tenant: str
    day: date
    now: datetime
    missed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class DayKept:
    """How many subscriptions were kept, and how many of them had changed."""

    tenant: str
    day: date
    subscriptions: int
    changed: int


async def gathered(store: Measures, tenant: str, *, day: date, now: datetime, calendar: Calendar) -> Facts:
    """What the figures of a day are worked out of, as it is known at `now` (UTC)."""
    return Facts(
        standings=await store.standings(tenant),
        base=await store.base_since(tenant, day - timedelta(days=DAYS_CHURN)),
        cases=await store.collected(tenant, now - calendar.days(DAYS_RECOVERY), now),
        followed=await store.followed(tenant, now - calendar.days(DAYS_DOWNGRADES), now),
        trials=await store.trials(tenant, now - calendar.days(DAYS_TRIALS), now),
        responses=[
            each
            for each in await store.first_responses(tenant, now - calendar.days(DAYS_RESPONSE), now)
            if each.topic in ABOUT_MONEY
        ],
    )


class Measuring:
    """Keeps days."""

    def __init__(self, store: DayBook, *, day_seconds: float) -> None:
        self._store = store
        self._day_seconds = day_seconds

    @activity.defn
    async def days_due(self, now: datetime) -> list[DayOrder]:
        """Of each tenant, the day that has ended and was not kept yet."""
        found = [(kept, due(kept, now)) for kept in await self._store.kept()]
        return [DayOrder(kept.tenant.id, day.day, now, day.missed) for kept, day in found if day is not None]

    @activity.defn
    async def keep_day(self, order: DayOrder) -> DayKept:
        """What every subscription is, as the day's status, and the day's figures. A repeat finds them kept."""
        tenant = await self._store.tenant(order.tenant)
        kept = await self._store.take_snapshot(tenant.id, order.day, at=order.now, missed=len(order.missed))
        calendar = Calendar(self._day_seconds, tenant.zone)
        facts = await gathered(self._store, tenant.id, day=order.day, now=order.now, calendar=calendar)
        told = figures(facts, day=order.day, now=order.now, calendar=calendar)
        await self._store.save_figures(tenant.id, order.day, told, at=order.now)
        return DayKept(tenant.id, order.day, kept.subscriptions, kept.changed)
