"""A sale without RFC, claimed by its customer afterwards: taken out of the global invoice if it is in one, then invoiced by name."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.claiming import TAKEN_OUT
    from activities.dossier import DocumentRef
    from activities.fiscal import Fiscal
    from models.cfdi.documents import DocumentKind, DocumentState
    from models.cfdi.invoicing import Invoicing
    from models.messages import ClaimStart
    from workflows import document_orders, options
    from workflows.invoicing import InvoicingStart


@workflow.defn
class ClaimWorkflow:
    """Its result is where the invoice by name stands; None where the sale could not be taken out of the global invoice."""

    @workflow.init
    def __init__(self, start: ClaimStart) -> None:
        document_orders.show(start, "to be begun")

    @workflow.run
    async def run(self, start: ClaimStart) -> DocumentState | None:
        await document_orders.record(start, "claim", "claimed after the sale")
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
            document_orders.show(start, "being taken out of the global invoice")
            out = f"{claim.source}{TAKEN_OUT}"
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
            state = await document_orders.invoiced(taken, f"take {claim.source} out of its global invoice")
            if state is not DocumentState.RENDERED:
                document_orders.show(start, f"the global invoice's credit note is {state}")
                return None
        document_orders.show(start, "being invoiced by name")
        state = await document_orders.invoiced(named, f"invoice of {claim.source} by name")
        document_orders.show(start, f"invoiced by name: {state}")
        return state
