"""Events on their way to a tenant's endpoint: rounds of deliveries, each line in its order."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.ports.outgoing import Outbox, Sender
from models.telling.deliveries import DeliveryState, EventDelivery, Reply, disables, judged
from models.telling.endpoints import Disabled, Endpoint, signed_headers
from models.telling.outgoing import body

LINES = 40  # begun in a round at most
ABREAST = 8  # attempts at one endpoint at a time
BEGINS = timedelta(minutes=1)  # no attempt begins later in a round: what is left is the next one's


@dataclass(frozen=True, slots=True)
class RoundOrder:
    """Send what is due at `now` (UTC), as the process's clock has it."""

    tenant: str
    endpoint: str
    now: datetime


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What came of a round, how many still wait and when the first of them is due. `disabled` ends the endpoint's process."""

    delivered: int = 0
    failed: int = 0
    waiting: int = 0
    due: datetime | None = None
    disabled: Disabled | None = None


class Outgoing:
    """Carries events."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox = outbox
        self._sender = sender

    @activity.defn
    async def deliver_round(self, order: RoundOrder) -> RoundReport:
        """One round; what was sent and could not be noted is sent again, under the same id."""
        endpoint = await self._outbox.endpoint(order.tenant, order.endpoint)
        if endpoint is None or endpoint.disabled_at is not None:
            return RoundReport()
        firsts = await self._outbox.due_deliveries(order.tenant, order.endpoint, order.now, LINES)
        turns = asyncio.Semaphore(ABREAST)
        until = datetime.now(UTC) + BEGINS
        lines = await asyncio.gather(*(self._line(endpoint, first, order.now, turns, until) for first in firsts))
        tried = [delivery for line in lines for delivery in line]
        delivered = sum(delivery.state is DeliveryState.DELIVERED for delivery in tried)
        # Read anew: a success of this very round speaks for it.
        known = await self._outbox.endpoint(order.tenant, order.endpoint)
        why = next((found for each in tried if known and (found := disables(known, each))), None)
        if why is not None:
            await self._outbox.disable_endpoint(order.tenant, order.endpoint, why, order.now)
            return RoundReport(delivered, len(tried) - delivered, disabled=why)
        waiting, due = await self._outbox.waiting(order.tenant, order.endpoint)
        return RoundReport(delivered, len(tried) - delivered, waiting, due)

    async def _line(
        self, endpoint: Endpoint, first: EventDelivery, now: datetime, turns: asyncio.Semaphore, until: datetime
    ) -> list[EventDelivery]:
        """Send the first of a line and those behind it, until one does not arrive."""
        tried: list[EventDelivery] = []
        following: EventDelivery | None = first
        async with turns:
            while following is not None and following.due_at <= now and datetime.now(UTC) < until:
                delivery = judged(following, await self._attempt(endpoint, following), now)
                await self._outbox.settle_delivery(delivery)
                tried.append(delivery)
                if delivery.state is not DeliveryState.DELIVERED:
                    break
                following = await self._outbox.next_delivery(endpoint.tenant, endpoint.id, delivery.event.line)
        return tried

    async def _attempt(self, endpoint: Endpoint, delivery: EventDelivery) -> Reply:
        # The receiver looks whether it was signed just now, so this is the clock on the wall.
        now, told = datetime.now(UTC), body(delivery.event, delivery.owner)
        signed = signed_headers(delivery.event.id, now, told, endpoint.signing(now))
        return await self._sender.send(endpoint.url, {"Content-Type": "application/json", **signed}, told)
