"""Provider, processes and books compared, in one history and in several."""

from datetime import UTC, datetime
from typing import Any

from temporalio.client import WorkflowHandle

from models.messages import ReconciliationStart
from models.watching.reconciliation import Sighting
from models.watching.reconciliation_run import Pass, Progress, Run, Scope
from tests.replay.theatre import Theatre
from workflows.reconciliation import ReconciliationWorkflow

THEN = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def finds_a_strangers_subscription(theatre: Theatre) -> WorkflowHandle[Any, Run]:
    theatre.provider.live = [Sighting("sub_9", customer="cus_9", status="active"), Sighting("sub_8", status="active")]
    theatre.provider.outage = 1
    handle = await theatre.client.start_workflow(
        ReconciliationWorkflow.run,
        ReconciliationStart(),
        id="reconcile:all:whole",
        task_queue=theatre.queue,
    )
    run = await handle.result()
    assert (run.drift, run.repaired, run.open) == (2, 0, 2)
    return handle


async def goes_on_in_a_new_history(theatre: Theatre) -> WorkflowHandle[Any, Run]:
    scope = Scope("reconcile:all:dry/1", "", True, THEN, THEN)
    handle = await theatre.client.start_workflow(
        ReconciliationWorkflow.run,
        ReconciliationStart("", True, Progress(scope, Pass.CHARGES, checked=40_000, found=3, repaired=1)),
        id="reconcile:all:dry",
        task_queue=theatre.queue,
    )
    run = await handle.result()
    assert (run.id, run.drift, run.open) == (scope.run, 3, 2)
    return handle


STORIES = (finds_a_strangers_subscription, goes_on_in_a_new_history)
