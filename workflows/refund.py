"""One refund, followed until the money is back; then its credit note (CFDI de egreso) is made as any tax invoice is.

A process of its own, because money is given back after the subscription has ended, too.
"""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.billing import AtProvider, Billing
    from models.cfdi.documents import DocumentKind
    from models.messages import RefundStart
    from models.subscribing.invoices import Charge, Refund
    from workflows import ids, options, visibility
    from workflows.invoicing import InvoicingStart, InvoicingWorkflow

# A refund by transfer takes the banks days; it is their clock, not the calendar's.
LOOK = timedelta(hours=12)


@workflow.defn
class RefundWorkflow:
    """Seconds for a card, days for a transfer. Its result is the provider's last word: succeeded, failed, canceled."""

    @workflow.init
    def __init__(self, start: RefundStart) -> None:
        self._start = start
        self._show(None)

    @workflow.run
    async def run(self, start: RefundStart) -> str:
        refund = await self._look(start)
        while refund.pending:
            await workflow.sleep(LOOK, summary="the money is on its way: look again")
            refund = await self._look(start)
        if refund.given_back:
            await self._credit(start, refund)
        return refund.status

    async def _look(self, start: RefundStart) -> Refund:
        refund = await workflow.execute_activity_method(
            Billing.look_up_refund,
            AtProvider(start.refund, tenant=start.tenant, subscription=start.subscription),
            **options.look("look at the refund"),
        )
        self._show(refund)
        return refund

    async def _credit(self, start: RefundStart, refund: Refund) -> None:
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await workflow.start_child_workflow(
                InvoicingWorkflow.run,
                InvoicingStart(
                    tenant=start.tenant,
                    subscription=start.subscription,
                    source=refund.id,
                    charge=Charge(refund.id, refund.amount, refund.created, refund.funding),
                    invoice=refund.invoice,
                    calendar=start.calendar,
                    kind=DocumentKind.CREDIT,
                    original=refund.charge,
                ),
                id=ids.invoicing_id(start.tenant, refund.id),
                parent_close_policy=ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=visibility.attributes(tenant=start.tenant),
                static_summary=f"credit note for {refund.amount}, refund of {refund.charge}",
            )

    def _show(self, refund: Refund | None) -> None:
        stands = refund.status if refund else "to be looked at"
        if refund and not refund.invoice:
            stands += ", of a charge that paid no invoice: nothing to credit"
        workflow.set_current_details(
            visibility.table(
                [
                    ("refund", self._start.refund),
                    ("subscription", self._start.subscription),
                    ("charge", refund.charge if refund else ""),
                    ("amount", str(refund.amount) if refund else ""),
                    ("state", stands),
                    ("credit note", ids.invoicing_id(self._start.tenant, refund.id))
                    if refund and refund.given_back
                    else ("next", "look again" if refund and refund.pending else ""),
                ]
            )
        )
