"""Housekeeping on a schedule: provider events that no process has had yet are handed over, and the invariants of the books checked."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.inbox import Inbox
    from activities.invariants import Invariants, Round
    from workflows import options, visibility


@workflow.defn
class InboxSweepWorkflow:
    """One round; the schedule starts the next. Its result is how many events were handed over."""

    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity_method(
            Inbox.sweep_inbox, **options.sweep("hand over events still waiting")
        )


@workflow.defn
class InvariantsWorkflow:
    """One round; the schedule starts the next. Its result is which rules are broken, and how often each."""

    @workflow.run
    async def run(self) -> Round:
        found = await workflow.execute_activity_method(
            Invariants.check_invariants, **options.sweep("check what must always be true of the books")
        )
        broken = [(rule, str(count)) for rule, count in sorted(found.broken.items())]
        workflow.set_current_details(visibility.table(broken or [("all rules", "hold")]))
        return found
