"""SQL, as alerting a business needs it: when and where it wants to be told, what the rules ask, and alerts on their way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from models.kpis.alerts import AlertSettings, Owing
from models.kpis.definitions import Kpi
from models.kpis.figures import Figure
from models.kpis.snapshots import Kept
from models.kpis.traffic import Traffic
from models.speaking.notices import Channel
from models.tickets.ticket import Ticket
from models.watching.attention import Attention, Rule


class DeliveryState(StrEnum):
    """How far an alert got to one address. dropped: it was no longer so, or the address is none of the tenant's any more."""

    PENDING = "pending"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """An alert on its way to one address. `place` is the address's fingerprint. `error`: what the last try came to."""

    tenant: str
    finding: str
    raised_at: datetime
    channel: Channel
    place: str
    attempts: int = 0
    error: str = ""


class AlertBook(Protocol):
    """When a tenant is alerted and where. Scoped by tenant."""

    async def alert_settings(self, tenant: str) -> AlertSettings:
        """The tenant's; the usual ones, with nowhere to write to, where it has set none."""
        ...

    async def save_alert_settings(self, settings: AlertSettings, *, by: str, at: datetime) -> None:
        """In the place of those before. Raises Missing: there is no such tenant."""
        ...

    async def alone(self, tenant: str) -> bool:
        """Whether it is the only business of the installation, and so the one that runs it."""
        ...

    async def alerts(
        self, tenant: str, rules: Collection[Rule], *, resolved: bool = False, limit: int = 100
    ) -> Sequence[Attention]:
        """The tenant's findings of these rules, newest first; `resolved`: also what is no longer so."""
        ...


class AlertRounds(Protocol):
    """The same for the round that goes through all tenants."""

    async def kept(self) -> Sequence[Kept]: ...

    async def newest_figures(self, kpi: Kpi, *, since: date) -> Sequence[tuple[str, Figure]]: ...

    async def all_alert_settings(self) -> Mapping[str, AlertSettings]:
        """Those that tenants have set, by tenant."""
        ...

    async def standing_alerts(self, rules: Collection[Rule], *, ended_since: datetime) -> Sequence[Attention]:
        """Findings of these rules of all tenants that are so now, or have not been so since then."""
        ...

    async def owing(self, opened_before: datetime) -> Sequence[Owing]:
        """Customers with an open case from before then, of all tenants, each by the oldest."""
        ...

    async def late_responses(self, tenant: str, now: datetime, limit: int = 100) -> Sequence[Ticket]:
        """Tickets whose first response is owed and past due, the longest first."""
        ...

    async def last_seen(self) -> Mapping[str, datetime]:
        """By tenant, when somebody was last there: logged in, asked with a key, paid, or was entered (UTC)."""
        ...

    async def traffic_since(self, at: datetime) -> Traffic:
        """What all processes of the API have counted since then."""
        ...

    async def database_bytes(self) -> int:
        """How much the database holds."""
        ...

    async def raise_alert(
        self, tenant: str, alert: Attention, places: Sequence[tuple[Channel, str]], *, webhook: bool, at: datetime
    ) -> int:
        """Put an alert on its way to these addresses' fingerprints and to the tenant's webhooks, once each; how many were new."""
        ...

    async def tell_resolved(self, tenant: str, alert: Attention) -> None:
        """The tenant's webhooks hear, once, that an alert is over."""
        ...

    async def due_alerts(self, now: datetime, limit: int = 500) -> Sequence[AlertDelivery]:
        """What is to be tried now."""
        ...

    async def settle_alerts(
        self,
        deliveries: Sequence[AlertDelivery],
        state: DeliveryState,
        *,
        at: datetime,
        error: str = "",
        again: datetime | None = None,
    ) -> None:
        """What came of a try; `again`: when it is made once more."""
        ...

    async def failing_alerts(self, attempts: int) -> Sequence[AlertDelivery]:
        """What has been tried so often and has not arrived."""
        ...


class TrafficBook(Protocol):
    """What processes of the API counted."""

    async def save_traffic(self, process: str, at: datetime, traffic: Traffic) -> None: ...

    async def prune_traffic(self, before: datetime) -> int:
        """Forget what was counted before then."""
        ...
