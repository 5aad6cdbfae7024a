"""Stored events on their way to a process, after the provider got its answer. What finds no room here, the sweep takes."""

import asyncio
import contextlib
import logging
from types import TracebackType

from activities.failures import Failure
from activities.inbox import Inbox
from activities.ports.processes import ProcessesUnavailable
from models.records import InboxEvent

log = logging.getLogger(__name__)

PORTERS = 8
ROOM = 2_000  # more than this waits in SQL only, where it is safe
GOODBYE = 5.0  # seconds given to what is in hand when we are stopped


class Handover:
    """A short queue in memory in front of the inbox. Losing it loses nothing: the events are in SQL."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._queue: asyncio.Queue[InboxEvent] = asyncio.Queue(ROOM)
        self._porters: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Handover":
        self._porters = [asyncio.create_task(self._carry()) for _ in range(PORTERS)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), GOODBYE)
        for porter in self._porters:
            porter.cancel()
        await asyncio.gather(*self._porters, return_exceptions=True)

    def offer(self, event: InboxEvent) -> None:
        """Take an event along, if there is room."""
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(event)

    async def settled(self) -> None:
        """Until nothing is in hand."""
        await self._queue.join()

    async def _carry(self) -> None:
        while True:
            event = await self._queue.get()
            try:
                await self._inbox.deliver(event)
            except (Failure, ProcessesUnavailable) as failure:
                log.warning("event %s stays pending: %s", event.event, type(failure).__name__)
            except Exception as error:
                # One event that breaks us must not stop the others; it stays pending, and the sweep tells of it again.
                log.error("event %s could not be handed over: %s", event.event, type(error).__name__)
            finally:
                self._queue.task_done()
