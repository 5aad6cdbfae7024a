"""Housekeeping on a schedule: provider events that no process has had yet are handed over."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.inbox import Inbox
    from workflows import options


@workflow.defn
class InboxSweepWorkflow:
    """One round; the schedule starts the next. Its result is how many events were handed over."""

    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity_method(
            Inbox.sweep_inbox, **options.sweep("hand over events still waiting")
        )
