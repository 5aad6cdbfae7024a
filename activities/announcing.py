"""Word that events have been recorded: from whoever wrote them to the processes that send them.

The events are in SQL when this is done, so nothing is lost where it is not: whatever was left behind, by a crash or while Temporal was
away, is found by the next look at all that waits.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime

from activities.ports.outgoing import Outbox
from activities.ports.processes import Processes

GATHERING = 0.05  # seconds: what is recorded meanwhile is told of in one go
AGAIN = 1.0  # seconds after a failure

log = logging.getLogger(__name__)


class Announcing:
    """Runs beside the worker, for as long as it does."""

    def __init__(self, outbox: Outbox, processes: Processes) -> None:
        self._outbox = outbox
        self._processes = processes

    async def keep_announcing(self, every: float) -> None:
        """Until cancelled: at once what this process records, and every so many seconds all that waits."""
        looked, untold = float("-inf"), frozenset[str]()
        while True:
            if time.monotonic() - looked >= every and await self._told(frozenset()):
                looked = time.monotonic()
            untold |= await self._outbox.events_recorded(AGAIN if untold else every)
            await asyncio.sleep(GATHERING)
            if untold and await self._told(untold):
                untold = frozenset()

    async def _told(self, tenants: frozenset[str]) -> bool:
        """Tell the processes of these tenants' endpoints, or of all. False where something is out of reach."""
        try:
            for tenant, endpoint in await self._outbox.endpoints_waited_for(datetime.now(UTC), tenants):
                await self._processes.deliver_events(tenant, endpoint)
        except Exception as failure:  # whatever it was, the worker goes on, and the events wait
            log.warning("events wait: they could not be told of: %s", type(failure).__name__)
            return False
        return True
