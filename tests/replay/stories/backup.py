"""What becomes of a night's backup."""

from typing import Any

from temporalio.client import WorkflowHandle

from models.safekeeping.backups import BackupReport
from tests.replay.theatre import Theatre
from workflows.backup import BackupWorkflow


async def made_and_proved(theatre: Theatre) -> WorkflowHandle[Any, BackupReport]:
    handle = await theatre.client.start_workflow(BackupWorkflow.run, id="backup", task_queue=theatre.queue)
    report = await handle.result()
    assert report.file.startswith("perdura-")
    return handle


STORIES = (made_and_proved,)
