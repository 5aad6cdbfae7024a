"""What becomes of events for an endpoint."""

from typing import Any

from temporalio.client import WorkflowHandle

from models.telling.deliveries import DeliveryState, EventDelivery
from models.telling.endpoints import Disabled, Endpoint
from models.telling.outgoing import Event, EventType, Owner
from tests.replay.theatre import Theatre
from workflows.ids import webhook_id

Handle = WorkflowHandle[Any, None]


async def carried(theatre: Theatre, *statuses: int) -> Handle:
    """Two events of a subscription, to an endpoint that first answers so."""
    at, name = theatre.started, f"we_{theatre.story}"
    theatre.outbox.known = Endpoint("acme", name, "https://acme.example/hooks", at, "whsec_c2VjcmV0")
    theatre.sender.statuses = list(statuses)
    for number, type in enumerate((EventType.PAST_DUE, EventType.INVOICE_PAID), 1):
        event = Event("acme", f"evt_{number}", type, 1, "s_1", number, "s_1", at, "{}")
        theatre.outbox.deliveries[event.id] = EventDelivery("acme", name, event, Owner("c_1", "user-1042"), at, at)
    await theatre.door().deliver_events("acme", name)
    handle = await theatre.first_run(webhook_id("acme", name))
    await handle.result()
    return handle


async def delivered_after_failures(theatre: Theatre) -> Handle:
    handle = await carried(theatre, 500, 503)
    assert theatre.sender.sent == ["evt_1", "evt_1", "evt_1", "evt_2"]
    assert {each.state for each in theatre.outbox.deliveries.values()} == {DeliveryState.DELIVERED}
    return handle


async def disabled_as_gone(theatre: Theatre) -> Handle:
    handle = await carried(theatre, 410)
    assert theatre.sender.sent == ["evt_1"]
    assert theatre.outbox.known is not None
    assert theatre.outbox.known.disabled_for is Disabled.GONE
    return handle


STORIES = (delivered_after_failures, disabled_as_gone)
