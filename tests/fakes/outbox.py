"""What waits to be sent, in memory, and an endpoint that answers as it is told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.telling.deliveries import DeliveryState, EventDelivery, Reply
from models.telling.endpoints import Disabled, Endpoint


@dataclass
class FakeOutbox:
    """One endpoint."""

    known: Endpoint | None = None
    deliveries: dict[str, EventDelivery] = field(default_factory=dict)

    async def endpoint(self, tenant: str, endpoint: str) -> Endpoint | None:
        return self.known

    async def due_deliveries(self, tenant: str, endpoint: str, now: datetime, limit: int) -> Sequence[EventDelivery]:
        lines = {each.event.line for each in self._pending()}
        firsts = [await self.next_delivery(tenant, endpoint, line) for line in sorted(lines)]
        return [each for each in firsts if each is not None and each.due_at <= now]

    async def next_delivery(self, tenant: str, endpoint: str, line: str) -> EventDelivery | None:
        return next((each for each in self._pending() if each.event.line == line), None)

    async def settle_delivery(self, delivery: EventDelivery) -> None:
        self.deliveries[delivery.event.id] = delivery
        if self.known is not None and delivery.state is DeliveryState.DELIVERED:
            self.known = replace(self.known, last_success_at=delivery.delivered_at)

    async def waiting(self, tenant: str, endpoint: str) -> tuple[int, datetime | None]:
        pending = self._pending()
        return len(pending), min((each.due_at for each in pending), default=None)

    async def disable_endpoint(self, tenant: str, endpoint: str, why: Disabled, at: datetime) -> bool:
        if self.known is not None:
            self.known = replace(self.known, disabled_at=at, disabled_for=why)
        return True

    async def events_recorded(self, seconds: float) -> frozenset[str]:
        return frozenset()

    async def endpoints_waited_for(self, now: datetime, tenants: Collection[str] = ()) -> Sequence[tuple[str, str]]:
        return []

    def _pending(self) -> list[EventDelivery]:
        pending = (each for each in self.deliveries.values() if each.state is DeliveryState.PENDING)
        return sorted(pending, key=lambda each: each.event.sequence)


@dataclass
class FakeSender:
    """Answers with these statuses, one after the other, and then 204."""

    statuses: list[int] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append(headers["webhook-id"])
        return Reply(self.statuses.pop(0) if self.statuses else 204)
