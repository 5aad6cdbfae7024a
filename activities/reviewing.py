"""The review of a week: gathered from the books, kept, and sent on Monday morning, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import activity

from activities.failures import Failure, Refused
from activities.measuring import gathered
from activities.ports.alerting import AlertBook
from activities.ports.mail import Mail
from activities.ports.measures import DayBook, Measures
from activities.ports.reviews import ReviewRounds, Reviews
from models.access.permissions import Role
from models.access.users import User
from models.kpis.alerts import ALERTS
from models.kpis.definitions import DEFINITIONS
from models.kpis.figures import figures
from models.kpis.review import Review, Week, is_due, last_week, letter, named, reviewed
from models.periods import Calendar
from models.records import Tenant
from models.watching.decisions import Decision

OLDEST = timedelta(days=365)  # a case that was opened earlier is in no review
ACTIONS = 1_000


class Weekbook(Measures, Reviews, AlertBook, Protocol):
    """What a review is made of."""

    async def decisions(
        self, tenant: str, *, subscription: str = "", open_only: bool = False, limit: int = 100
    ) -> Sequence[Decision]: ...

    async def users(self, tenant: str) -> Sequence[User]: ...


class Rounds(DayBook, ReviewRounds, Weekbook, Protocol):
    """The same for the round that goes through all tenants."""


@dataclass(frozen=True, slots=True)
class ReviewOrder:
    """Send a tenant the review of a week. `now`: the process's clock (UTC)."""

    tenant: str
    week: str
    now: datetime


async def made(store: Weekbook, tenant: Tenant, week: Week, now: datetime, day_seconds: float) -> Review:
    """The review of a week as it is known at `now` (UTC)."""
    calendar = Calendar(day_seconds, tenant.zone)
    told = await store.figures_of(tenant.id, week.sunday, week.sunday)
    if not told:
        day = calendar.local(now).date()
        facts = await gathered(store, tenant.id, day=day, now=now, calendar=calendar)
        told = figures(facts, day=day, now=now, calendar=calendar)
    return reviewed(
        week,
        trials=await store.trials(tenant.id, week.begins - calendar.days(90), week.ends),
        followed=await store.followed(tenant.id, week.begins, week.ends),
        base=await store.base_since(tenant.id, week.monday - timedelta(days=1)),
        cases=await store.collected(tenant.id, week.begins - OLDEST, week.ends),
        figures=told,
        actions_open=len(await store.decisions(tenant.id, open_only=True, limit=ACTIONS)),
        alerts_open=len(await store.alerts(tenant.id, list(ALERTS), limit=ACTIONS)),
    )


class Reviewing:
    """Sends reviews. `public_url` is where the console is reached."""

    def __init__(self, store: Rounds, *, mail: Mail, public_url: str, day_seconds: float) -> None:
        self._store = store
        self._mail = mail
        self._public_url = public_url.rstrip("/")
        self._day_seconds = day_seconds

    @activity.defn
    async def reviews_due(self, now: datetime) -> list[ReviewOrder]:
        """Of each tenant, the week that has ended last, from Monday morning on its clock, until it was sent."""
        weeks = [(kept, last_week(now, kept.tenant.zone)) for kept in await self._store.kept()]
        sent = await self._store.reviews_sent(sorted({week.name for _, week in weeks}))
        return [
            ReviewOrder(kept.tenant.id, week.name, now)
            for kept, week in weeks
            if is_due(week, now, kept.created_at) and (kept.tenant.id, week.name) not in sent
        ]

    @activity.defn
    async def send_review(self, order: ReviewOrder) -> int:
        """To the addresses that are alerted, else to the owners; how many have it. Nobody gets it twice, however often this runs.

        A mailbox that is no more keeps nobody else from it. Raises Refused where all refuse (then it is we who are refused), and
        what kept it from an address that may yet be reached, once everybody else has it.
        """
        store = self._store
        tenant = await store.tenant(order.tenant)
        week = named(order.week, tenant.zone)
        review = await store.review(tenant.id, week.name) or await store.keep_review(
            tenant.id, await made(store, tenant, week, order.now, self._day_seconds), at=order.now
        )
        addresses = (await store.alert_settings(tenant.id)).emails or tuple(
            user.email for user in await store.users(tenant.id) if user.role is Role.OWNER and user.active
        )
        names = {kpi.value: definition.name for kpi, definition in DEFINITIONS.items()}
        link = f"{self._public_url}/console/reports/week?week={week.name}"
        subject, body = letter(review, tenant.name, names, link)
        refused: list[Refused] = []
        waiting: list[Failure] = []
        for address in await store.untold(tenant.id, week.name, addresses):
            try:
                await self._mail.send(
                    to=address, subject=subject, body=body, key=f"review/{tenant.id}/{week.name}/{address}"
                )
            except Refused as refusal:
                refused.append(refusal)
            except Failure as failure:
                waiting.append(failure)
            else:
                await store.note_told(tenant.id, week.name, address)
        if waiting or len(refused) == len(addresses) > 0:
            raise (waiting or refused)[0]
        count = len(addresses) - len(refused)
        await store.settle_review(tenant.id, week.name, recipients=count, at=order.now)
        return count
