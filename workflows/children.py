"""The processes that whatever owes starts, a subscription or a bill, and how it speaks to them: dunning cases and tax invoices.

They outlive the period in which they began. Continuing as new counts as closing for children, hence ABANDON.
"""

import contextlib

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities.fiscal import Fiscal
from activities.policies import Debtor, Pinned, Policies
from models.cfdi.documents import DocumentKind
from models.cfdi.invoicing import Invoicing
from models.collecting import dunning
from models.collecting.cases import Case, Stage
from models.collecting.reminding import reminding
from models.messages import BillStart, DunningStart, SubscriptionStart
from models.subscribing.invoices import Charge, Invoice
from workflows import ids, options, visibility
from workflows.dunning import DunningWorkflow
from workflows.invoicing import InvoicingStart, InvoicingWorkflow
from workflows.telling import told

Account = SubscriptionStart | BillStart


async def open_case(start: Account, invoice: Invoice, *, behind: bool = False) -> None:
    """Start dunning for an overdue invoice, by the policy as it is today. One invoice has one case."""
    pinned: Pinned = await workflow.execute_local_activity_method(
        Policies.pin_policy,
        Debtor(start.tenant, start.subscription, start.plan, invoice.id, invoice.card),
        **options.record("pin the dunning policy"),
    )
    once = isinstance(start, BillStart)
    policy = pinned.policy.on(start.calendar)
    case = Case(
        invoice=invoice.id,
        amount=invoice.due,
        opened=workflow.now(),
        policy=reminding(policy) if once else policy,
        facts=pinned.facts,
        experiment=pinned.experiment,
        first_decline=invoice.decline.code if invoice.decline else "",
        calendar=start.calendar,
        decline=invoice.decline,
        pay_url=invoice.pay_url,
        once=once,
    )
    case = dunning.seen(case, invoice, workflow.now())  # somebody may have taken a voucher in the meantime
    if behind:
        case = dunning.fell_in(case, workflow.now())
    with contextlib.suppress(WorkflowAlreadyStartedError):
        await workflow.start_child_workflow(
            DunningWorkflow.run,
            DunningStart(start.tenant, start.subscription, start.reference, start.plan, case),
            id=ids.dunning_id(start.tenant, invoice.id),
            parent_close_policy=ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=visibility.attributes(
                tenant=start.tenant,
                customer=start.reference,
                plan=start.plan,
                stage=Stage.GRACE,
                amount_due=case.amount.centavos,
                next_action_at=case.opened,
            ),
            static_summary=f"{start.reference}: {case.amount} unpaid",
        )


async def tell_case(tenant: str, invoice: str, signal: object, *words: object) -> bool:
    """Signal a case; False when there is no such process any more."""
    return await told(ids.dunning_id(tenant, invoice), signal, *words)


async def start_invoicing(start: Account, invoice: Invoice, *, named: bool = True) -> None:
    """Start the tax invoice of a settled charge. A charge of nothing has none.

    `named` False: nobody has asked for it in their name yet, so that it is everybody's sale until somebody does.
    """
    charge = invoice.charge
    if charge is None or not charge.amount.centavos:
        return
    await _document(start, invoice, charge, f"tax invoice for {charge.amount}", named=named)


async def start_deferred(start: Account, invoice: Invoice) -> None:
    """Start the tax invoice of what is still to be paid (PPD), where the issuer wants one. The provider's invoice is its source."""
    wanted = await workflow.execute_local_activity_method(
        Fiscal.invoices_before_payment, start.tenant, **options.record("does the issuer invoice before payment?")
    )
    if not wanted or not invoice.due.centavos or invoice.due.currency != "MXN":
        return
    charge = Charge(invoice.id, invoice.due, workflow.now())
    await _document(start, invoice, charge, f"tax invoice for {invoice.due}, to be paid", DocumentKind.DEFERRED)


async def _document(
    start: Account,
    invoice: Invoice,
    charge: Charge,
    told: str,
    kind: DocumentKind = DocumentKind.INCOME,
    *,
    named: bool = True,
) -> None:
    with contextlib.suppress(WorkflowAlreadyStartedError):
        await workflow.start_child_workflow(
            InvoicingWorkflow.run,
            InvoicingStart(
                tenant=start.tenant,
                subscription=start.subscription,
                source=charge.id,
                charge=charge,
                invoice=invoice.id,
                calendar=start.calendar,
                kind=kind,
                state=None if named else Invoicing(lapsed=True),
            ),
            id=ids.invoicing_id(start.tenant, charge.id),
            parent_close_policy=ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=visibility.attributes(tenant=start.tenant, customer=start.reference, plan=start.plan),
            static_summary=f"{start.reference}: {told}",
        )
