"""What becomes of the evening of a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from models.kpis import review
from models.kpis.snapshots import Kept as KeptUntil
from models.records import Tenant
from tests.replay.theatre import Theatre
from workflows.review import Sent, WeeklyReviewWorkflow
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


async def told_of_a_week(theatre: Theatre) -> WorkflowHandle[Any, Sent]:
    """Whatever day it is recorded on: a review is due for a week and more here."""
    theatre.measures.tenants = [KeptUntil(Tenant("acme", "Acme", "UTC"), LONG_AGO)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(review, "STALE", timedelta(days=8))
        patched.setattr(review, "HOUR", 0)
        handle = await theatre.client.start_workflow(
            WeeklyReviewWorkflow.run, id="review:weekly", task_queue=theatre.queue
        )
        assert (await handle.result()).sent == {"acme": 1}
    return handle


STORIES = (kept_after_an_outage, told_of_a_week)
