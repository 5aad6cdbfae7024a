"""What this process of the API has answered, told to the record every few minutes, so that one look knows of all processes.

Not covered: what a process counted between its last word and its end, requests that never reached one, and time spent before us.
"""

import asyncio
import logging
import secrets
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from prometheus_client import CollectorRegistry
from prometheus_client.samples import Sample

from activities.ports.alerting import TrafficBook
from models.kpis.traffic import BUCKETS, Traffic

log = logging.getLogger(__name__)

FORGOTTEN = timedelta(days=1)
WAIT_FOR_A_BANK = frozenset({"/v1/subscriptions", "/billing/checkout"})


class Pulse:
    """Reads the process's own figures (`api.metrics.Measured`)."""

    def __init__(self, registry: CollectorRegistry, book: TrafficBook) -> None:
        self._registry = registry
        self._book = book
        self._process = secrets.token_hex(6)  # another one after each start: counts begin anew with it
        self._told = Traffic()

    def counted(self) -> Traffic:
        """All since the process began."""
        samples = [sample for family in self._registry.collect() for sample in family.samples]
        requests = [each for each in samples if each.name == "perdura_http_requests_total"]
        failed = [each for each in requests if each.labels["status"].startswith("5")]
        return Traffic(_sum(requests), _sum(failed), _buckets(samples))

    async def tell(self, now: datetime) -> None:
        """What came since the last time. What could not be told is told with the next."""
        whole = self.counted()
        await self._book.save_traffic(self._process, now, whole.minus(self._told))
        self._told = whole

    async def keep_telling(self, every: float) -> None:
        """Every so many seconds, until cancelled."""
        while True:
            await asyncio.sleep(every)
            now = datetime.now(UTC)
            try:
                await self.tell(now)
                await self._book.prune_traffic(now - FORGOTTEN)
            except Exception as failure:  # one that breaks must not be the last
                log.warning("the traffic could not be told: %s", type(failure).__name__)


def _sum(samples: list[Sample]) -> int:
    return int(sum(each.value for each in samples))


def _buckets(samples: list[Sample]) -> tuple[int, ...]:
    upto: dict[float, int] = defaultdict(int)
    for each in samples:
        if each.name == "perdura_http_request_seconds_bucket" and each.labels["route"] not in WAIT_FOR_A_BANK:
            upto[float(each.labels["le"])] += int(each.value)
    cumulative = [0, *(upto[bound] for bound in BUCKETS), upto[float("inf")]]
    return tuple(after - before for before, after in pairwise(cumulative))
