"""What becomes of events left behind."""

import json
from datetime import UTC, datetime
from typing import Any

from temporalio.client import WorkflowHandle

from activities.invariants import Round
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.money import Money
from models.records import InboxEvent, Provider, SubscriptionRecord
from models.subscribing.subscriptions import Status
from tests.replay.theatre import Theatre
from workflows.sweep import InboxSweepWorkflow, InvariantsWorkflow

THEN = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def hands_over_what_was_left(theatre: Theatre) -> WorkflowHandle[Any, int]:
    metadata = {"perdura_tenant": "acme", "perdura_subscription": "s_1"}
    event = {"data": {"object": {"id": "in_1", "object": "invoice", "metadata": metadata}}}
    theatre.store.pending = [
        InboxEvent(Provider.STRIPE, "evt_1", "invoice.paid", json.dumps(event), THEN, object="in_1")
    ]
    await theatre.store.save_subscription(
        SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, created_at=THEN, updated_at=THEN)
    )
    handle = await theatre.client.start_workflow(InboxSweepWorkflow.run, id="sweep:inbox", task_queue=theatre.queue)
    assert await handle.result() == 1
    assert len(theatre.processes.news) == 1
    return handle


async def checks_the_invariants(theatre: Theatre) -> WorkflowHandle[Any, Round]:
    theatre.books.held = [
        TaxDocument(
            "acme", "ch_1", DocumentKind.INCOME, 1, "s_1", DocumentState.REJECTED, Money(14_900), THEN, THEN, THEN
        )
    ]
    handle = await theatre.client.start_workflow(
        InvariantsWorkflow.run, id="check:invariants", task_queue=theatre.queue
    )
    assert (await handle.result()).broken == {"cfdi_held": 1}
    return handle


STORIES = (hands_over_what_was_left, checks_the_invariants)
