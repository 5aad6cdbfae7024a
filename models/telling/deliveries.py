"""One event on its way to one endpoint: when it is tried, when it has arrived, and when it is given up. Times are UTC instants.

These are the networks' times, not the calendar's: an hour here is an hour, however short a day is made for a demo.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.telling.endpoints import Disabled, Endpoint
from models.telling.outgoing import Event, Owner

ANSWER_WITHIN = timedelta(seconds=15)
PATIENCE = timedelta(days=3)  # from the first attempt
GONE = 410
# After the first, the second … failure; the last one is repeated.
_BACKOFF = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1_800, 3_600))


class DeliveryState(StrEnum):
    """pending: to be sent, or sent again. delivered: the endpoint answered 2xx. failed: given up; only a replay sends it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """Unique by (tenant, endpoint, event). `status` is the last answer's, 0 where there was none; `error` says why it failed."""

    tenant: str
    endpoint: str
    event: Event
    owner: Owner
    recorded_at: datetime
    due_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    first_tried_at: datetime | None = None
    last_tried_at: datetime | None = None
    delivered_at: datetime | None = None
    status: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one attempt: an HTTP status, or why there is none."""

    status: int = 0
    error: str = ""

    @property
    def good(self) -> bool:
        """The endpoint has it."""
        return 200 <= self.status < 300


def judged(delivery: EventDelivery, reply: Reply, now: datetime) -> EventDelivery:
    """The delivery after an attempt made at `now`."""
    first = delivery.first_tried_at or now
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        first_tried_at=first,
        last_tried_at=now,
        status=reply.status,
        error=reply.error or ("" if reply.good else f"answered {reply.status}"),
    )
    if reply.good:
        return replace(tried, state=DeliveryState.DELIVERED, delivered_at=now)
    if reply.status == GONE or now >= first + PATIENCE:
        return replace(tried, state=DeliveryState.FAILED)
    again = now + _BACKOFF[min(tried.attempts, len(_BACKOFF)) - 1]
    return replace(tried, due_at=min(again, first + PATIENCE))


def disables(endpoint: Endpoint, delivery: EventDelivery) -> Disabled | None:
    """Why an endpoint is written to no more after this attempt: it said so, or nothing has reached it since the first one."""
    if delivery.state is not DeliveryState.FAILED:
        return None
    if delivery.status == GONE:
        return Disabled.GONE
    reached, first = endpoint.last_success_at, delivery.first_tried_at
    return Disabled.FAILING if reached is None or (first is not None and reached <= first) else None


def pause(failures: int) -> timedelta:
    """How long an endpoint that has let so many rounds fail whole is left alone, whatever else waits for it."""
    return _BACKOFF[min(failures, len(_BACKOFF) - 2) - 1] if failures else timedelta()
