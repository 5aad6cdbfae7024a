"""A sale without RFC, claimed by its customer afterwards: taken out of the global invoice if it is in one, then invoiced by name."""

from dataclasses import replace

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

with workflow.unsafe.imports_passed_through():
    from activities.dossier import DocumentRef
    from activities.fiscal import Fiscal, InvoiceReport
    from models.documents import DocumentKind, DocumentState
    from models.invoicing import Invoicing
    from models.messages import ClaimStart
    from models.records import AuditEntry
    from workflows import interface, options, visibility
    from workflows.invoicing import InvoicingStart, InvoicingWorkflow


@workflow.defn
class ClaimWorkflow:
    """Its result is where the invoice by name stands; None where the sale could not be taken out of the global invoice."""

    @workflow.init
    def __init__(self, start: ClaimStart) -> None:
        self._start = start
        self._show("to be begun")

    @workflow.run
    async def run(self, start: ClaimStart) -> DocumentState | None:
        entry = AuditEntry(
            tenant=start.tenant,
            subscription=start.subscription,
            key=f"{start.document}/claim",
            at=workflow.now(),
            actor=start.order.actor,
            action="tax invoice: claimed after the sale",
            reason=start.order.reason,
        )
        await workflow.execute_local_activity_method(
            Fiscal.record_invoice,
            InvoiceReport(start.tenant, start.document, None, (entry,)),
            **options.record("record the order"),
        )
        claim = await workflow.execute_activity_method(
            Fiscal.prepare_claim, DocumentRef(start.tenant, start.document), **options.look("look at the sale")
        )
        named = InvoicingStart(
            tenant=start.tenant,
            subscription=start.subscription,
            source=claim.source,
            charge=claim.charge,
            invoice="",
            calendar=start.calendar,
            state=replace(Invoicing(), version=claim.version),
        )
        if claim.in_global:
            self._show("being taken out of the global invoice")
            out = f"{claim.source}-claimed"
            # An egreso to everyone for the sale's amount: nobody gets money back, so nobody is written to.
            taken = replace(
                named,
                source=out,
                charge=replace(claim.charge, id=out, description="Venta facturada al cliente", created=workflow.now()),
                state=None,
                kind=DocumentKind.CREDIT,
                original=claim.source,
                quiet=True,
            )
            state = await self._invoice(taken, f"take {claim.source} out of its global invoice")
            if state is not DocumentState.RENDERED:
                self._show(f"the global invoice's credit note is {state}")
                return None
        self._show("being invoiced by name")
        state = await self._invoice(named, f"invoice of {claim.source} by name")
        self._show(f"invoiced by name: {state}")
        return state

    async def _invoice(self, start: InvoicingStart, summary: str) -> DocumentState | None:
        return await workflow.execute_child_workflow(
            InvoicingWorkflow.run,
            start,
            id=interface.invoicing_id(start.tenant, start.source),
            # The process of the sale has ended; its name goes on with the document that follows.
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=visibility.attributes(tenant=start.tenant),
            static_summary=summary,
        )

    def _show(self, where: str) -> None:
        rows = [("sale", self._start.document), ("subscription", self._start.subscription), ("state", where)]
        workflow.set_current_details(visibility.table(rows))
