"""What orders about a tax document have in common: the order in the record first, and the process of the document that follows."""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

from activities.fiscal import Fiscal, InvoiceReport
from models.cfdi.documents import DocumentState
from models.messages import CancellationStart, ClaimStart, SubstitutionStart
from models.records import AuditEntry
from workflows import ids, options, visibility
from workflows.invoicing import InvoicingStart, InvoicingWorkflow


async def record(start: CancellationStart | ClaimStart | SubstitutionStart, verb: str, action: str) -> None:
    """Keep in the audit who gave this order and why, once, before anything is done about it."""
    entry = AuditEntry(
        tenant=start.tenant,
        subscription=start.subscription,
        key=f"{start.document}/{verb}/{workflow.info().run_id}",
        at=workflow.now(),
        actor=start.order.actor,
        action=f"tax invoice: {action}",
        reason=start.order.reason,
    )
    await workflow.execute_local_activity_method(
        Fiscal.record_invoice,
        InvoiceReport(start.tenant, start.document, None, (entry,)),
        **options.record("record the order"),
    )


async def invoiced(start: InvoicingStart, told: str) -> DocumentState | None:
    """Make the document that follows, and wait for where it ends."""
    return await workflow.execute_child_workflow(
        InvoicingWorkflow.run,
        start,
        id=ids.invoicing_id(start.tenant, start.source),
        # The process of the charge has ended long ago; its name goes on with the document that follows.
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        search_attributes=visibility.attributes(tenant=start.tenant),
        static_summary=told,
    )


def show(start: ClaimStart | SubstitutionStart, where: str) -> None:
    """Tell on the process's page where it stands."""
    rows = [("document", start.document), ("subscription", start.subscription), ("state", where)]
    workflow.set_current_details(visibility.table(rows))
