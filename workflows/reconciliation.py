"""Payments provider, processes and books compared page by page; what differs is repaired or told. A schedule or a person starts it."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.reconciliation import BeginOrder, PageOrder, Reconciliation
    from models.messages import ReconciliationStart
    from models.watching.reconciliation_run import Pass, Progress, Run, advanced, in_words
    from workflows import options, visibility

PAGES = 400  # pages in one run of the process: three events each, well within one history


@workflow.defn
class ReconciliationWorkflow:
    """Its result is the run's record; its page in the Temporal UI tells it in words."""

    @workflow.init
    def __init__(self, start: ReconciliationStart) -> None:
        self._progress = start.progress
        self._show("beginning")

    @workflow.run
    async def run(self, start: ReconciliationStart) -> Run:
        progress = self._progress
        if progress is None:
            order = BeginOrder(workflow.info().workflow_id + "/" + workflow.info().run_id, start.tenant, start.dry_run)
            scope = await workflow.execute_activity_method(
                Reconciliation.begin_reconciliation, order, **options.look("begin")
            )
            progress = self._become(Progress(scope))
        for _ in range(PAGES):
            if progress.at is Pass.DONE:
                break
            page = await workflow.execute_activity_method(
                Reconciliation.reconcile_page,
                PageOrder(progress.scope, progress.at, progress.cursor),
                **options.page(str(progress.at)),
            )
            progress = self._become(advanced(progress, page))
        else:
            workflow.continue_as_new(replace(start, progress=progress))
        run = await workflow.execute_activity_method(
            Reconciliation.finish_reconciliation, progress, **options.books("check the ledger and write the run down")
        )
        self._show(in_words(progress))
        return run

    @workflow.query(description="How far the comparison has come")
    def state(self) -> Progress | None:
        return self._progress

    def _become(self, progress: Progress) -> Progress:
        self._progress = progress
        self._show(f"comparing: {progress.at}" if progress.at is not Pass.DONE else "writing it down")
        return progress

    def _show(self, where: str) -> None:
        progress = self._progress
        rows = [("reconciliation", f"**{where}**")]
        if progress is not None:
            scope = progress.scope
            rows += [
                ("of", scope.tenant or "all tenants"),
                ("changes anything", "no (dry run)" if scope.dry_run else ""),
                ("looks at what happened since", f"{scope.since:%Y-%m-%d %H:%M} UTC"),
                ("events never received", str(progress.fetched)),
                ("compared", str(progress.checked)),
                ("differ", str(progress.found)),
                ("repaired", str(progress.repaired)),
                ("left to a person", str(progress.open)),
                *((f"differ: {name}", str(count)) for name, count in progress.by_pass.items() if count),
                *((f"{number}.", note) for number, note in enumerate(progress.notes[:20], start=1)),
            ]
        workflow.set_current_details(visibility.table(rows))
