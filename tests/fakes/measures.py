"""Snapshots and figures, kept in memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from activities.failures import Refused
from models.access.users import User
from models.analytics.funnel import Trial
from models.analytics.recovery import Collected
from models.changing.change_records import Followed
from models.kpis.alerts import AlertSettings
from models.kpis.definitions import Kpi
from models.kpis.figures import Base, Figure, Standing
from models.kpis.review import Review
from models.kpis.snapshots import Kept, Snapshot
from models.records import Tenant
from models.tickets.figures import FirstResponse
from models.tickets.ticket import Topic
from models.watching.attention import Attention, Rule
from models.watching.decisions import Decision


@dataclass
class FakeMeasures:
    """Tenants whose days and reviews are due, and what was kept of them. `broken` names those of which nothing can be read."""

    tenants: list[Kept] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    taken: dict[tuple[str, date], Snapshot] = field(default_factory=dict)
    figures: dict[tuple[str, date], Sequence[Figure]] = field(default_factory=dict)
    emails: tuple[str, ...] = ("ana@acme.example",)
    reviews: dict[tuple[str, str], Review] = field(default_factory=dict)
    sent: dict[tuple[str, str], int] = field(default_factory=dict)
    told: set[tuple[str, str, str]] = field(default_factory=set)

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

    async def figures_of(self, tenant: str, since: date, until: date, *, of: Collection[Kpi] = ()) -> Sequence[Figure]:
        return []

    async def reviews_sent(self, weeks: Sequence[str]) -> frozenset[tuple[str, str]]:
        return frozenset(self.sent)

    async def review(self, tenant: str, week: str) -> Review | None:
        if tenant in self.broken:
            raise Refused("a row that cannot be read")
        return self.reviews.get((tenant, week))

    async def keep_review(self, tenant: str, review: Review, *, at: datetime) -> Review:
        return self.reviews.setdefault((tenant, review.week), review)

    async def settle_review(self, tenant: str, week: str, *, recipients: int, at: datetime) -> None:
        self.sent[tenant, week] = recipients

    async def untold(self, tenant: str, week: str, addresses: Sequence[str]) -> Sequence[str]:
        return [address for address in addresses if (tenant, week, address) not in self.told]

    async def note_told(self, tenant: str, week: str, address: str) -> None:
        self.told.add((tenant, week, address))

    async def alert_settings(self, tenant: str) -> AlertSettings:
        return AlertSettings(tenant, emails=self.emails)

    async def alerts(
        self, tenant: str, rules: Collection[Rule], *, resolved: bool = False, limit: int = 100
    ) -> Sequence[Attention]:
        return []

    async def decisions(
        self, tenant: str, *, subscription: str = "", open_only: bool = False, limit: int = 100
    ) -> Sequence[Decision]:
        return []

    async def users(self, tenant: str) -> Sequence[User]:
        return []
