"""How endpoints for webhooks, events and deliveries look to whoever asks, and what may be said of them."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from api.views import Body, View
from models.telling.deliveries import DeliveryState, EventDelivery
from models.telling.endpoints import LONGEST_OVERLAP, OVERLAP, Disabled, Endpoint
from models.telling.outgoing import Event, EventType, Owner, envelope

_HOUR = timedelta(hours=1)


class EndpointView(View):
    """An address that hears of events, without its secret."""

    id: str = Field(examples=["we_6c1f0a9be27d4410"])
    url: str = Field(examples=["https://api.acuario.mx/perdura"])
    description: str = Field(examples=["shop backend"])
    events: list[EventType]
    """What it hears of; empty: everything."""
    created_at: datetime
    last_success_at: datetime | None
    secret_overlap_until: datetime | None
    """Until then the secret before the last rotation signs too."""
    disabled_at: datetime | None
    disabled_for: Disabled | None

    @classmethod
    def of(cls, endpoint: Endpoint) -> "EndpointView":
        return cls(
            id=endpoint.id,
            url=endpoint.url,
            description=endpoint.description,
            events=sorted(endpoint.types),
            created_at=endpoint.created_at,
            last_success_at=endpoint.last_success_at,
            secret_overlap_until=endpoint.previous_until,
            disabled_at=endpoint.disabled_at,
            disabled_for=endpoint.disabled_for,
        )


class NewEndpointView(EndpointView):
    """With the secret that signs what is sent there. It is told this once."""

    secret: str = Field(examples=["whsec_…"])

    @classmethod
    def telling(cls, endpoint: Endpoint) -> "NewEndpointView":
        return cls(**EndpointView.of(endpoint).model_dump(), secret=endpoint.secret)


class NewEndpoint(Body):
    """Where events are sent."""

    url: str = Field(max_length=2_000, examples=["https://api.acuario.mx/perdura"])
    events: list[str] = Field(default_factory=list, max_length=50, examples=[["invoice.paid"]])
    description: str = Field(default="", max_length=100, examples=["shop backend"])


class EndpointChange(Body):
    """What shall be different; what is left out stays."""

    url: str | None = Field(default=None, max_length=2_000, examples=["https://api.acuario.mx/perdura"])
    events: list[str] | None = Field(default=None, max_length=50, examples=[["invoice.paid"]])
    description: str | None = Field(default=None, max_length=100, examples=["shop backend"])
    disabled: bool | None = Field(
        default=None,
        description="true: send it nothing more; false: send it what happens from now on",
        examples=[False],
    )


class SecretRotation(Body):
    """How long the secret before goes on signing."""

    overlap_hours: float = Field(default=OVERLAP / _HOUR, ge=0, le=LONGEST_OVERLAP / _HOUR, examples=[24])


class EventView(View):
    """An event, as its receiver reads it."""

    id: str = Field(examples=["evt_5f0c9d2f6b1e4f4f8c3c0f5a7d8e9b10"])
    type: EventType
    version: int = Field(examples=[1])
    timestamp: datetime
    sequence: int = Field(examples=[7])
    """Counts from one in its subscription, without a gap."""
    subscription: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    customer: str
    customer_reference: str = Field(examples=["user-1042"])
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event, owner: Owner) -> "EventView":
        return cls.model_validate(envelope(event, owner))


class Events(View):
    """Of one subscription in their order, else newest first."""

    data: list[EventView]


class DeliveryView(View):
    """One event on its way to one endpoint."""

    endpoint: str = Field(examples=["we_6c1f0a9be27d4410"])
    event: EventView
    state: DeliveryState
    attempts: int
    status: int
    """What the last attempt was answered; 0: nothing."""
    error: str
    next_attempt_at: datetime | None
    delivered_at: datetime | None

    @classmethod
    def of(cls, delivery: EventDelivery) -> "DeliveryView":
        return cls(
            endpoint=delivery.endpoint,
            event=EventView.of(delivery.event, delivery.owner),
            state=delivery.state,
            attempts=delivery.attempts,
            status=delivery.status,
            error=delivery.error,
            next_attempt_at=delivery.due_at if delivery.state is DeliveryState.PENDING else None,
            delivered_at=delivery.delivered_at,
        )


class DeliveriesView(View):
    """Newest first."""

    data: list[DeliveryView]


class ReplayOrder(Body):
    """Which events are sent again. What was delivered already is left out, unless it is asked for."""

    events: list[str] = Field(default_factory=list, max_length=100, description="their ids", examples=[[]])
    since: datetime | None = Field(default=None, description="recorded from then on", examples=["2026-11-21T00:00:00Z"])
    until: datetime | None = Field(default=None, description="and before then", examples=["2046-11-22T00:00:00Z"])
    subscription: str | None = Field(default=None, max_length=64, examples=["s_8Kq2nR4xYw1Z"])
    delivered: bool = Field(default=False, description="also what the endpoint has already")


class Sent(View):
    """How many events are on their way."""

    events: int


class TestSent(View):
    """The event that is on its way."""

    event: str = Field(examples=["evt_5f0c9d2f6b1e4f4f8c3c0f5a7d8e9b10"])
