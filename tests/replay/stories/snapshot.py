"""What becomes of the evening of a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from models.kpis.snapshots import Kept as KeptUntil
from models.records import Tenant
from tests.replay.theatre import Theatre
from workflows.snapshot import Kept, SnapshotWorkflow

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def kept_after_an_outage(theatre: Theatre) -> WorkflowHandle[Any, Kept]:
    gone = datetime.now(UTC).date() - timedelta(days=3)
    theatre.measures.tenants = [
        KeptUntil(Tenant("acme", "Acme", "UTC"), LONG_AGO, gone),
        KeptUntil(Tenant("broken", "Broken", "UTC"), LONG_AGO, gone + timedelta(days=1)),
    ]
    theatre.measures.broken = {"broken"}
    handle = await theatre.client.start_workflow(SnapshotWorkflow.run, id="snapshot:daily", task_queue=theatre.queue)
    told = await handle.result()
    assert ([each.tenant for each in told.kept], told.failed, list(told.missed)) == (["acme"], ["broken"], ["acme"])
    return handle


STORIES = (kept_after_an_outage,)
