"""The running processes seen from above: where each stands, what it remembers, and what reconciliation may have it do."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from temporalio.client import (
    WorkflowExecution,
    WorkflowExecutionAsyncIterator,
    WorkflowExecutionStatus,
)
from temporalio.common import SearchAttributeKey, TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.failures import Refused
from activities.ports.processes import CommandRefused, ProcessNotFound
from activities.ports.supervision import LastWord
from models.billing.bill_news import BillState
from models.billing.bills import BillStatus
from models.commands import CaseCommand, SubscriptionCommand
from models.messages import BY_ITSELF, BillStart, CancellationStart, Command, DunningStart, Pause, SubscriptionStart
from models.portions import portions
from models.subscribing.invoices import Invoice
from models.subscribing.subscriptions import Status
from models.tickets.messages import Settled, TicketStart
from models.tickets.ticket import Ticket
from models.watching.reconciliation import InvoiceOrder, Standing
from workflows import case_report, visibility
from workflows.ids import bill_id, cancellation_id, dunning_id, invoicing_id, subscription_id, ticket_id
from workflows.interface import Interface
from workflows.ticket_door import summary_of

T = TypeVar("T")


class Oversight(Interface):
    """The door, with what watching over the books needs besides (`activities.ports.supervision.Supervision`)."""

    async def subscriptions_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return await self._standing({subscription_id(*each): each for each in ids}, visibility.STATUS)

    async def cases_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return await self._standing({dunning_id(*each): each for each in ids}, visibility.STAGE)

    async def bills_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return await self._standing({bill_id(*each): each for each in ids}, visibility.STATUS)

    async def tickets_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return await self._standing({ticket_id(*each): each for each in ids}, visibility.STATUS)

    async def _standing(
        self, ids: Mapping[str, tuple[str, str]], attribute: SearchAttributeKey[str]
    ) -> dict[tuple[str, str], Standing]:
        """Visibility answers for a hundred at once, a moment late; those it does not know are asked for one by one."""
        found: dict[tuple[str, str], Standing] = {}
        for names in portions(list(ids), 100):
            wanted = ", ".join(f"'{name}'" for name in names if "'" not in name)
            query = f"ExecutionStatus = 'Running' AND WorkflowId IN ({wanted})"
            for running in await self._reached(_all(self._client.list_workflows(query))):
                found[ids[running.id]] = _stands(running, attribute)
        for name, each in ids.items():
            if each not in found:
                try:
                    described = await self._reached(self._client.get_workflow_handle(name).describe())
                except ProcessNotFound:
                    continue
                if described.status is WorkflowExecutionStatus.RUNNING:
                    found[each] = _stands(described, attribute)
        return found

    async def refresh_subscription(self, tenant: str, subscription: str, reason: str) -> None:
        order = Command(actor="reconciliation", reason=reason)
        try:
            await self.command_subscription(tenant, subscription, SubscriptionCommand.REFRESH, order)
        except (CommandRefused, ProcessNotFound) as error:
            raise Refused(f"the subscription was not read again: {type(error).__name__}") from None

    async def refresh_case(self, tenant: str, invoice: str, reason: str) -> bool:
        """Raises Refused when its process will not, Unavailable when it does not answer in time."""
        return await self._order_case(tenant, invoice, "refresh", Command(actor="reconciliation", reason=reason))

    async def hold_case(self, tenant: str, invoice: str, reason: str) -> bool:
        order = Pause(actor="reconciliation", reason=reason, disputed=True)
        return await self._order_case(tenant, invoice, CaseCommand.PAUSE, order)

    async def _order_case(self, tenant: str, invoice: str, command: str, order: Command) -> bool:
        try:
            await self._command(dunning_id(tenant, invoice), command, order, "")
        except ProcessNotFound:
            return False
        except CommandRefused:
            raise Refused("the case would not hear of it: CommandRefused") from None
        return True

    async def open_cases_of(self, tenant: str, subscription: str) -> Sequence[str]:
        state = await self.subscription_state(tenant, subscription)
        return [case.invoice for case in state.cases] if state else []

    async def last_word_of_case(self, tenant: str, invoice: str) -> LastWord | None:
        """By its own memory, which Temporal keeps beyond its end (for the namespace's retention)."""
        process = dunning_id(tenant, invoice)
        case = await self.case_state(tenant, invoice)
        if case is None:
            return None
        described = await self._reached(self._client.get_workflow_handle(process).describe())
        start = DunningStart(tenant, "", "", "", case)
        report = case_report.report(
            start,
            case,
            now=described.close_time or case.opened,
            entry=case_report.entry(start, case, "", BY_ITSELF, now=case.opened, move=0),
        )
        return LastWord(report.record, report.news.settled if report.news else None)

    async def restart_subscription(self, start: SubscriptionStart) -> bool:
        shown = visibility.attributes(
            tenant=start.tenant,
            customer=start.reference,
            plan=start.plan,
            status=start.state.status if start.state else Status.INCOMPLETE,
            amount_due=start.state.amount_due if start.state else 0,
        )
        place = subscription_id(start.tenant, start.subscription)
        return await self._restart("SubscriptionWorkflow", start, place, shown, f"{start.reference}: {start.plan}")

    async def restart_bill(self, start: BillStart) -> bool:
        shown = visibility.attributes(
            tenant=start.tenant,
            customer=start.reference,
            status=start.state.status if start.state else BillStatus.DRAFT,
            amount_due=start.amount.centavos,
        )
        place = bill_id(start.tenant, start.subscription)
        return await self._restart("BillWorkflow", start, place, shown, f"{start.reference}: bill of {start.amount}")

    async def last_word_of_bill(self, tenant: str, bill: str) -> BillState | None:
        return await self._asked(bill_id(tenant, bill), BillState)

    async def last_word_of_ticket(self, tenant: str, ticket: str) -> Ticket | None:
        return await self._asked(ticket_id(tenant, ticket), Ticket)

    async def restart_ticket(self, start: TicketStart) -> bool:
        ticket = start.ticket
        shown = visibility.attributes(tenant=ticket.tenant, status=ticket.state)
        return await self._restart(
            "TicketWorkflow", start, ticket_id(ticket.tenant, ticket.id), shown, summary_of(ticket)
        )

    async def settle_reply(self, tenant: str, ticket: str, end: Settled) -> bool:
        return await self._tell(ticket_id(tenant, ticket), "reply_settled", end)

    async def _restart(self, workflow: str, start: object, place: str, shown: TypedSearchAttributes, told: str) -> bool:
        # In place of one that somebody ended by hand; one that runs goes on.
        reuse, conflict = WorkflowIDReusePolicy.ALLOW_DUPLICATE, WorkflowIDConflictPolicy.FAIL
        told = f"{told}, started again"
        return await self._begun(workflow, start, place, shown, told, reuse=reuse, conflict=conflict)

    async def report_invoice(self, tenant: str, invoice: Invoice) -> bool:
        return await self._tell(dunning_id(tenant, invoice.id), "invoice_seen", invoice)

    async def take_back(self, start: CancellationStart) -> bool:
        place, told = cancellation_id(start.tenant, start.document), f"cancel {start.document}, motive {start.motive}"
        return await self._begin("CancellationWorkflow", start, place, start.tenant, told)

    async def invoice_charge(self, order: InvoiceOrder) -> None:
        # The books have no document of this charge: a process that is over left none, or they lost it.
        reuse, conflict = WorkflowIDReusePolicy.ALLOW_DUPLICATE, WorkflowIDConflictPolicy.USE_EXISTING
        place, shown = invoicing_id(order.tenant, order.source), visibility.attributes(tenant=order.tenant)
        told = f"tax invoice for {order.charge.amount}, found by reconciliation"
        await self._begun("InvoicingWorkflow", order, place, shown, told, reuse=reuse, conflict=conflict)


async def _all(running: WorkflowExecutionAsyncIterator) -> list[WorkflowExecution]:
    return [each async for each in running]


def _stands(process: WorkflowExecution, attribute: SearchAttributeKey[str]) -> Standing:
    told = process.typed_search_attributes
    return Standing(
        told.get(attribute, ""),
        told.get(visibility.NEXT_ACTION_AT),
        customer=told.get(visibility.CUSTOMER, ""),
        plan=told.get(visibility.PLAN, ""),
    )
