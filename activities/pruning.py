"""Forgetting events for webhooks that have long been delivered, some in each round of housekeeping."""

from datetime import datetime, timedelta

from activities.ports.outgoing import Outbox

BATCH = 5_000  # rows of each kind a round: a backlog of years goes within hours, and no round is long


class Pruning:
    """Keeps events for so long, as it really elapses."""

    def __init__(self, outbox: Outbox, keeping: timedelta) -> None:
        self._outbox = outbox
        self._keeping = keeping

    async def prune(self, now: datetime) -> int:
        """One round; how many rows went."""
        return await self._outbox.prune_events(now - self._keeping, BATCH)
