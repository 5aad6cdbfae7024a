"""A stamped CFDI with wrong data: the corrected one first (relation 04), then the old one is cancelled with motive 01.

In this order, because the SAT wants the folio of the substitute in the request, and so that the customer is never without.
"""

from dataclasses import replace

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

with workflow.unsafe.imports_passed_through():
    from activities.dossier import DocumentRef
    from activities.fiscal import Fiscal
    from models.cfdi.cancellation import Motive
    from models.cfdi.documents import DocumentKind, DocumentState, document_key
    from models.cfdi.invoicing import Invoicing, Standing
    from models.messages import CancellationStart, SubstitutionStart
    from workflows import document_orders, ids, options, visibility
    from workflows.cancellation import CancellationWorkflow
    from workflows.invoicing import InvoicingStart


@workflow.defn
class SubstitutionWorkflow:
    """Lives until the SAT has let the old document go. Its result is where that one stands in the end."""

    @workflow.init
    def __init__(self, start: SubstitutionStart) -> None:
        self._start = start
        document_orders.show(start, "to be begun")

    @workflow.run
    async def run(self, start: SubstitutionStart) -> Standing | None:
        await document_orders.record(start, "substitute", "substitute")
        return await self._replace(start.document)

    async def _replace(self, document: str) -> Standing | None:
        """Make the new one, move the payments of an invoice over to it, then have the old one cancelled."""
        start = self._start
        substitute = await workflow.execute_activity_method(
            Fiscal.prepare_substitute,
            DocumentRef(start.tenant, document),
            **options.look("look at what was charged"),
        )
        document_orders.show(start, f"substitute of {document}, version {substitute.version}, being made")
        corrected = InvoicingStart(
            tenant=start.tenant,
            subscription=start.subscription,
            source=substitute.source,
            charge=substitute.charge,
            invoice=substitute.invoice,
            calendar=start.calendar,
            state=replace(Invoicing(), version=substitute.version),
            kind=substitute.kind,
            substitutes=substitute.replaces,
        )
        state = await document_orders.invoiced(corrected, f"substitute of {document}")
        if state is not DocumentState.DELIVERED:
            document_orders.show(start, f"the substitute is {state}: {document} stays")
            return None
        made = await workflow.execute_activity_method(
            Fiscal.stamped_version,
            DocumentRef(start.tenant, document_key(substitute.source, substitute.kind, substitute.version)),
            **options.look("the substitute's folio fiscal"),
        )
        if substitute.kind is DocumentKind.DEFERRED and not await self._payments_moved(document):
            return None
        document_orders.show(start, f"{document} substituted by {made.uuid}, the old one being cancelled")
        standing = await workflow.execute_child_workflow(
            CancellationWorkflow.run,
            CancellationStart(
                tenant=start.tenant,
                subscription=start.subscription,
                document=document,
                motive=Motive.SUBSTITUTED,
                order=start.order,
                calendar=start.calendar,
                substitute=made.uuid,
            ),
            id=ids.cancellation_id(start.tenant, document),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=visibility.attributes(tenant=start.tenant),
            static_summary=f"cancel {document}, motive 01",
        )
        document_orders.show(start, f"{document} substituted by {made.uuid}, the old one is {standing.state}")
        return standing

    async def _payments_moved(self, invoice: str) -> bool:
        """Put complements of the new invoice in the place of the old one's: the SAT answers 204 while one of those lives.

        Asked for after the new one exists, which money that comes now already pays.
        """
        moved = await workflow.execute_activity_method(
            Fiscal.living_complements,
            DocumentRef(self._start.tenant, invoice),
            **options.look("the payments that stand on it"),
        )
        for complement in moved:
            standing = await self._replace(complement.key)
            if standing is None or standing.state is not DocumentState.CANCELLED:
                return False
        return True
