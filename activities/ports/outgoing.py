"""Webhooks that go out: who hears of events, what waits for them, and the way to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.telling.deliveries import DeliveryState, EventDelivery, Reply
from models.telling.endpoints import Disabled, Endpoint
from models.telling.outgoing import Event, Owner


@dataclass(frozen=True, slots=True)
class Replay:
    """Which events an endpoint is sent again: those named, or those recorded in [since, until) (UTC), at most of one subscription.

    What it has not received, for it failed or was disabled; with `delivered` also what it has.
    """

    tenant: str
    endpoint: str
    events: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    subscription: str = ""
    delivered: bool = False


class Endpoints(Protocol):
    """Events and who hears of them, as people look after them. Scoped by tenant."""

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Raises Missing: there is no such tenant."""
        ...

    async def endpoints(self, tenant: str) -> Sequence[Endpoint]:
        """Oldest first."""
        ...

    async def endpoint(self, tenant: str, endpoint: str) -> Endpoint | None: ...

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Address, types, description, secrets, and whether it is disabled. Raises Missing."""
        ...

    async def disable_endpoint(self, tenant: str, endpoint: str, why: Disabled, at: datetime) -> bool:
        """Send it nothing more; what waits for it has failed. False where that was so already."""
        ...

    async def remove_endpoint(self, tenant: str, endpoint: str) -> None:
        """Forget it, with its deliveries; the events stay. Raises Missing."""
        ...

    async def events(
        self, tenant: str, *, subscription: str = "", after: int = 0, limit: int = 100
    ) -> Sequence[tuple[Event, Owner]]:
        """A subscription's in their order, after a number; of the whole tenant, newest first, where none is named."""
        ...

    async def event_deliveries(
        self,
        tenant: str,
        *,
        endpoint: str = "",
        subscription: str = "",
        state: DeliveryState | None = None,
        limit: int = 100,
    ) -> Sequence[EventDelivery]:
        """Newest first."""
        ...

    async def replay_events(self, replay: Replay, at: datetime) -> int:
        """Put events on their way again, under the same ids; how many."""
        ...

    async def test_endpoint(self, tenant: str, endpoint: str, at: datetime) -> str:
        """Put an event on its way that tells nothing; its id. Raises Missing."""
        ...


class Outbox(Protocol):
    """What waits to be sent."""

    async def endpoint(self, tenant: str, endpoint: str) -> Endpoint | None: ...

    async def due_deliveries(self, tenant: str, endpoint: str, now: datetime, limit: int) -> Sequence[EventDelivery]:
        """The first that waits of each line, where its time has come; what has waited longest comes first."""
        ...

    async def next_delivery(self, tenant: str, endpoint: str, line: str) -> EventDelivery | None:
        """The first of a line that waits."""
        ...

    async def settle_delivery(self, delivery: EventDelivery) -> None:
        """Write what came of an attempt; an endpoint that has been reached is noted with it."""
        ...

    async def waiting(self, tenant: str, endpoint: str) -> tuple[int, datetime | None]:
        """How many wait for an endpoint, and when the first of them is due."""
        ...

    async def disable_endpoint(self, tenant: str, endpoint: str, why: Disabled, at: datetime) -> bool: ...

    async def prune_events(self, before: datetime, limit: int) -> int:
        """Forget what was delivered of what was recorded before then (UTC), and events that nobody waits for; how many rows went.

        What has not arrived stays, waiting or given up: it may be sent again.
        """
        ...

    async def events_recorded(self, seconds: float) -> frozenset[str]:
        """The tenants of which this process has recorded something; none when that lasts longer."""
        ...

    async def endpoints_waited_for(self, now: datetime, tenants: Collection[str] = ()) -> Sequence[tuple[str, str]]:
        """Tenant and endpoint for which something is due; of all tenants where none is named."""
        ...


class Sender(Protocol):
    """The way to an endpoint. Implemented by `gateways.webhook_sender`."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """POST once, following no redirect. No answer is an answer here: nothing is raised."""
        ...
