"""A careless change, to prove that it would be noticed: the case waits before it is entered in the books."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.collecting.cases import Outcome
    from models.messages import DunningStart
    from workflows.dunning import DunningWorkflow


@workflow.defn(name="DunningWorkflow")
class Hesitant(DunningWorkflow):
    """The same process with one timer more at its beginning."""

    @workflow.init
    def __init__(self, start: DunningStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: DunningStart) -> Outcome:
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(start)


@workflow.defn(name="DunningWorkflow")
class Careful(DunningWorkflow):
    """The same change as it should be made: processes already running go on as they began."""

    @workflow.init
    def __init__(self, start: DunningStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: DunningStart) -> Outcome:
        if workflow.patched("hesitate"):
            await workflow.sleep(timedelta(seconds=1))
        return await super().run(start)
