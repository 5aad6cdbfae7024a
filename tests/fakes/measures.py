"""Snapshots and figures, kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from activities.failures import Refused
from models.change_records import Followed
from models.funnel import Trial
from models.kpis.figures import Base, Figure, Standing
from models.kpis.snapshots import Kept, Snapshot
from models.records import Tenant
from models.recovery import Collected
from models.tickets.figures import FirstResponse
from models.tickets.ticket import Topic


@dataclass
class FakeMeasures:
    """Tenants whose days are due, and what was kept of them. `broken` names those of which nothing can be read."""

    tenants: list[Kept] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    taken: dict[tuple[str, date], Snapshot] = field(default_factory=dict)
    figures: dict[tuple[str, date], Sequence[Figure]] = field(default_factory=dict)

    async def kept(self) -> Sequence[Kept]:
        days = {
            each.tenant.id: max((d for t, d in self.figures if t == each.tenant.id), default=each.last)
            for each in self.tenants
        }
        return [Kept(each.tenant, each.created_at, days[each.tenant.id]) for each in self.tenants]

    async def tenant(self, tenant: str) -> Tenant:
        return next(each.tenant for each in self.tenants if each.tenant.id == tenant)

    async def take_snapshot(self, tenant: str, day: date, *, at: datetime, missed: int = 0) -> Snapshot:
        if tenant in self.broken:
            raise Refused("a row that cannot be read")
        return self.taken.setdefault((tenant, day), Snapshot(tenant, day, at, 2, 1, missed))

    async def save_figures(self, tenant: str, day: date, figures: Sequence[Figure], *, at: datetime) -> None:
        self.figures.setdefault((tenant, day), figures)

    async def standings(self, tenant: str) -> Sequence[Standing]:
        return []

    async def base_since(self, tenant: str, day: date) -> Base:
        return Base()

    async def collected(self, tenant: str, since: datetime, until: datetime) -> Sequence[Collected]:
        return []

    async def followed(self, tenant: str, since: datetime, until: datetime) -> Sequence[Followed]:
        return []

    async def trials(self, tenant: str, since: datetime, until: datetime) -> Sequence[Trial]:
        return []

    async def first_responses(
        self, tenant: str, since: datetime, until: datetime, topic: Topic | None = None
    ) -> Sequence[FirstResponse]:
        return []
