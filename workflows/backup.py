"""The daily backup on a schedule."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.backing_up import BackingUp
    from models.safekeeping.backups import BackupReport
    from workflows import options


@workflow.defn
class BackupWorkflow:
    """One backup; its result says which file was made and proved. A failed one is seen in the list of processes."""

    @workflow.run
    async def run(self) -> BackupReport:
        return await workflow.execute_activity_method(BackingUp.back_up, **options.backup("back up and prove it"))
