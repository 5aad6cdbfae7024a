"""SQL, as the figures of the business need it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from models.analytics.funnel import Trial
from models.analytics.recovery import Collected
from models.changing.change_records import Followed
from models.kpis.definitions import Kpi
from models.kpis.figures import Base, Figure, Standing
from models.kpis.snapshots import Kept, Snapshot
from models.records import Customer, Tenant
from models.subscribing.subscriptions import Status
from models.tickets.figures import FirstResponse
from models.tickets.ticket import Topic


@dataclass(frozen=True, slots=True)
class DayStatus:
    """What one subscription was on a day; `price_centavos` each `interval`."""

    subscription: str
    status: Status
    plan: str
    price_centavos: int
    currency: str
    interval: str


class Measures(Protocol):
    """Snapshots of days and the facts that figures are worked out of. Scoped by tenant."""

    async def tenant(self, tenant: str) -> Tenant: ...

    async def take_snapshot(self, tenant: str, day: date, *, at: datetime, missed: int = 0) -> Snapshot:
        """Write what every subscription of the tenant is now as its status of the day. A day that was taken stays as it was."""
        ...

    async def save_figures(self, tenant: str, day: date, figures: Sequence[Figure], *, at: datetime) -> None:
        """The figures of a day whose snapshot was taken, once: those that were written stay."""
        ...

    async def snapshots(self, tenant: str, since: date, until: date) -> Sequence[Snapshot]:
        """Of these days (both inside), oldest first."""
        ...

    async def figures_of(self, tenant: str, since: date, until: date, *, of: Collection[Kpi] = ()) -> Sequence[Figure]:
        """Of these days (both inside), by day; of all figures where none is named."""
        ...

    def statuses_of(self, tenant: str, day: date | None) -> AsyncIterator[Sequence[DayStatus]]:
        """What every subscription was on a day that was taken (None: what it is now), by id, page by page."""
        ...

    def subscribed(self, tenant: str, subscriptions: Collection[str]) -> AsyncIterator[Sequence[Customer]]:
        """Whose these subscriptions are, by pages; who is nobody's is left out."""
        ...

    async def customers_of(self, tenant: str, subscriptions: Collection[str]) -> Mapping[str, str]:
        """The ids of those who pay for them, by subscription."""
        ...

    async def standings(self, tenant: str) -> Sequence[Standing]:
        """All subscriptions as they stand now."""
        ...

    async def base_since(self, tenant: str, day: date) -> Base:
        """The base of the first day from this one on that has a snapshot, and what of it is canceled by now."""
        ...

    async def collected(self, tenant: str, since: datetime, until: datetime) -> Sequence[Collected]: ...
    async def followed(self, tenant: str, since: datetime, until: datetime) -> Sequence[Followed]: ...
    async def trials(self, tenant: str, since: datetime, until: datetime) -> Sequence[Trial]: ...
    async def first_responses(
        self, tenant: str, since: datetime, until: datetime, topic: Topic | None = None
    ) -> Sequence[FirstResponse]: ...


class DayBook(Measures, Protocol):
    """The same for the rounds that go through all tenants."""

    async def kept(self) -> Sequence[Kept]:
        """All tenants, by id, with the last day of each that was taken and measured."""
        ...

    async def newest_figures(self, kpi: Kpi, *, since: date) -> Sequence[tuple[str, Figure]]:
        """A figure of all tenants on the days since then, by tenant and day."""
        ...
