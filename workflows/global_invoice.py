"""The global invoice of a month: its sales claimed, told in one CFDI, settled. A schedule starts it when a month has ended."""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

with workflow.unsafe.imports_passed_through():
    from activities.fiscal import Fiscal
    from activities.general_public import Gathered, GlobalOrder, GlobalRef
    from models.cfdi.documents import DocumentKind, DocumentState
    from models.messages import GlobalStart
    from models.subscribing.invoices import Charge
    from workflows import ids, options, visibility
    from workflows.invoicing import InvoicingStart, InvoicingWorkflow


@workflow.defn
class GlobalInvoiceWorkflow:
    """Its result is where the global invoice stands, or None for a month without such sales."""

    @workflow.init
    def __init__(self, start: GlobalStart) -> None:
        self._start = start
        self._show("gathering sales", None)

    @workflow.run
    async def run(self, start: GlobalStart) -> DocumentState | None:
        gathered = await workflow.execute_activity_method(
            Fiscal.gather_sales,
            GlobalOrder(start.tenant, workflow.now(), start.month),
            **options.money("claim the month's sales without RFC"),
        )
        if not gathered.sales:
            self._show("no sales without RFC", gathered)
            return None
        self._show("being invoiced", gathered)
        # The same road as any invoice: held, corrected and retried as one of its kind.
        state = await workflow.execute_child_workflow(
            InvoicingWorkflow.run,
            InvoicingStart(
                tenant=start.tenant,
                subscription="",
                source=gathered.source,
                charge=Charge(gathered.source, gathered.total, workflow.now()),
                invoice="",
                calendar=start.calendar,
                kind=DocumentKind.GLOBAL,
            ),
            id=ids.invoicing_id(start.tenant, gathered.source),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=visibility.attributes(tenant=start.tenant),
            static_summary=f"global invoice {gathered.source}: {gathered.sales} sales, {gathered.total}",
        )
        await workflow.execute_activity_method(
            Fiscal.settle_sales,
            GlobalRef(start.tenant, gathered.source),
            **options.money("settle the sales it tells"),
        )
        self._show(f"{state}, sales settled", gathered)
        return state

    def _show(self, where: str, gathered: Gathered | None) -> None:
        workflow.set_current_details(
            visibility.table(
                [
                    ("tenant", self._start.tenant),
                    ("invoice", gathered.source if gathered else ""),
                    ("sales", str(gathered.sales) if gathered else ""),
                    ("total", str(gathered.total) if gathered else ""),
                    ("state", where),
                ]
            )
        )
