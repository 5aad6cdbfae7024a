"""The door to the running processes: what is started, told and ordered, where (`ids`), and once or again.

It knows the workflows by name, so that whoever comes through the door never imports their code.
"""

from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WithStartWorkflowOperation,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound, Unanswered
from models.billing.bill_news import BillState
from models.billing.bills import BillStatus
from models.cfdi.cancellation import DocumentWhy
from models.collecting.case_news import CaseNews
from models.commands import BillCommand, CaseCommand, DocumentCommand, SubscriptionCommand
from models.messages import (
    Answer,
    BillStart,
    CancellationStart,
    ClaimStart,
    Command,
    Opening,
    ReconciliationStart,
    RefundStart,
    SubscriptionStart,
    SubstitutionStart,
    WebhookStart,
)
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel, NoticeRequest
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from models.watching.reconciliation_run import Run
from workflows import schedules, visibility
from workflows.deletion_door import DeletionDoor
from workflows.ids import (
    account_id,
    bill_id,
    cancellation_id,
    claim_id,
    dunning_id,
    invoicing_id,
    notice_id,
    refund_id,
    subscription_id,
    substitution_id,
    webhook_id,
)
from workflows.provisioning_door import ProvisioningDoor
from workflows.state_door import StateDoor
from workflows.ticket_door import TicketDoor

QUEUE = "perdura"


class Interface(DeletionDoor, ProvisioningDoor, StateDoor, TicketDoor):
    """Starts processes, brings them news, and gives them orders."""

    def __init__(self, client: Client, *, queue: str = QUEUE, patience: timedelta = timedelta(seconds=10)) -> None:
        super().__init__(client, queue=queue, patience=patience)
        self._public: set[tuple[str, Calendar]] = set()  # whose monthly schedule was seen to by this process

    async def start_subscription(self, start: SubscriptionStart) -> Opening | None:
        """Start a subscription's process and wait for its first answer; None when it is still at work after our patience.

        Safe to repeat: one subscription has one process. A checkout is answered at once as incomplete.

        Raises:
            ProcessesUnavailable: Temporal is out of reach.
        """
        attributes = visibility.attributes(
            tenant=start.tenant, customer=start.reference, plan=start.plan, status=Status.INCOMPLETE, amount_due=0
        )
        place = subscription_id(start.tenant, start.subscription)
        told = f"{start.reference}: {start.plan}"
        starting = self._starting("SubscriptionWorkflow", start, place, attributes, told)
        try:
            return await self._begin_and_ask(starting, "opened", Opening, update_id=f"opened:{start.subscription}")
        except WorkflowAlreadyStartedError:
            return None
        except ProcessNotFound:
            # Refused so fast that the process had ended before the question reached it: its result is the answer.
            handle = self._client.get_workflow_handle(place, result_type=Opening)
            return await self._answered(handle.result(rpc_timeout=self._patience))
        except ProcessesUnavailable:
            if await self.ready():
                return None
            raise

    async def command_subscription(
        self, tenant: str, subscription: str, command: SubscriptionCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """Give a subscription an order and wait until it is carried out.

        `update_id` names the order: given again with the same one, it is carried out once and answered alike.

        Raises:
            CommandRefused: with the reason. ProcessNotFound: it is over. ProcessesUnavailable: nothing was done.
        """
        return await self._command(subscription_id(tenant, subscription), command, order, update_id)

    async def start_bill(self, start: BillStart, *, again: bool = False) -> BillState | None:
        """Start a bill's process and wait until it is issued; None when it is still at work after our patience. Safe to repeat.

        `again`: also in place of one that was ended by hand, for a bill whose row says that it was never issued.

        Raises:
            ProcessesUnavailable: Temporal is out of reach.
        """
        starting = self._billing(start, again=again)
        try:
            return await self._begin_and_ask(starting, "issued", BillState, update_id=f"issued:{start.subscription}")
        except (WorkflowAlreadyStartedError, ProcessNotFound):
            return None  # it is over already: its row tells how
        except ProcessesUnavailable:
            if await self.ready():
                return None
            raise

    async def void_draft(self, start: BillStart, *, update_id: str = "") -> Answer:
        """Take back a bill whose row says that it was never issued, by the process that issues it or by one begun for it.

        `start.void` is the order: what is begun carries it, so that nothing can come between the beginning and the order.
        Raises as `command_subscription`.
        """
        starting = self._billing(start, again=True)
        try:
            return await self._begin_and_ask(starting, BillCommand.VOID, Answer, start.void, update_id=update_id)
        except WorkflowAlreadyStartedError:
            raise ProcessNotFound from None  # it is over already
        except ProcessesUnavailable:
            if await self.ready():
                raise Unanswered("the bill is still being taken back") from None
            raise

    def _billing(self, start: BillStart, *, again: bool) -> WithStartWorkflowOperation[Any, Any]:
        attributes = visibility.attributes(
            tenant=start.tenant, customer=start.reference, status=BillStatus.DRAFT, amount_due=start.amount.centavos
        )
        place = bill_id(start.tenant, start.subscription)
        told = f"{start.reference}: bill of {start.amount}"
        reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
        return self._starting("BillWorkflow", start, place, attributes, told, reuse=reuse)

    async def command_bill(
        self, tenant: str, bill: str, command: BillCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """Give a bill an order and wait until it is carried out. Raises as `command_subscription`."""
        return await self._command(bill_id(tenant, bill), command, order, update_id)

    async def command_case(
        self, tenant: str, invoice: str, command: CaseCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """Give the dunning case of an invoice an order and wait until it is carried out. Raises as `command_subscription`."""
        return await self._command(dunning_id(tenant, invoice), command, order, update_id)

    async def command_document(
        self, tenant: str, source: str, command: DocumentCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """Give the process of a tax document an order. `source` is what it documents (`ch_…`, `re_…`). Raises as `command_subscription`."""
        return await self._command(invoicing_id(tenant, source), command, order, update_id)

    async def start_cancellation(self, start: CancellationStart, *, order_id: str = "") -> None:
        """Begin to take a CFDI back. A document may be asked for again after a refusal, but not twice at once.

        `order_id` names the order: given again with the same one it begins nothing more, though what it began be over.

        Raises:
            CommandRefused: a cancellation of it is under way. ProcessesUnavailable: nothing was done.
        """
        place, told = cancellation_id(start.tenant, start.document), f"cancel {start.document}, motive {start.motive}"
        if not await self._begin("CancellationWorkflow", start, place, start.tenant, told, order_id):
            raise CommandRefused(DocumentWhy.CANCELLING())

    async def start_substitution(self, start: SubstitutionStart, *, order_id: str = "") -> None:
        """Begin to put another document in the place of a stamped one. `order_id` and what it raises: as `start_cancellation`."""
        place, told = substitution_id(start.tenant, start.document), f"substitute {start.document}"
        if not await self._begin("SubstitutionWorkflow", start, place, start.tenant, told, order_id):
            raise CommandRefused(DocumentWhy.SUBSTITUTING())

    async def start_claim(self, start: ClaimStart, *, order_id: str = "") -> None:
        """Begin to invoice a sale by name, once. `order_id` and what it raises: as `start_cancellation`."""
        place, told = claim_id(start.tenant, start.document), f"invoice {start.document} by name"
        if not await self._begin("ClaimWorkflow", start, place, start.tenant, told, order_id):
            raise CommandRefused(DocumentWhy.CLAIMING())

    async def report_refund(self, tenant: str, subscription: str, refund: str, calendar: Calendar) -> None:
        start = RefundStart(tenant, subscription, refund, calendar)
        await self._begin(
            "RefundWorkflow", start, refund_id(tenant, refund), tenant, f"refund {refund} of {subscription}"
        )

    async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        return await self._tell(account_id(tenant, subscription), "provider_reported", news)

    async def report_case(self, tenant: str, subscription: str, news: CaseNews) -> None:
        await self._tell(account_id(tenant, subscription), "case_reported", news)

    async def report_delivery(
        self, tenant: str, key: str, delivery: Delivery, error: str, channel: Channel = Channel.WHATSAPP
    ) -> bool:
        return await self._tell(notice_id(tenant, key), "delivery_reported", delivery, error, channel)

    async def request_notice(self, request: NoticeRequest) -> None:
        place, told = notice_id(request.tenant, request.key), f"{request.kind} notice of {request.subscription}"
        await self._begin("NoticeWorkflow", request, place, request.tenant, told)

    async def deliver_events(self, tenant: str, endpoint: str) -> None:
        await self._reached(
            self._client.start_workflow(
                "WebhookWorkflow",
                WebhookStart(tenant, endpoint),
                id=webhook_id(tenant, endpoint),
                task_queue=self._queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="events_recorded",
                search_attributes=visibility.attributes(tenant=tenant),
                static_summary=f"events for endpoint {endpoint}",
                rpc_timeout=self._patience,
            )
        )

    async def keep_sweeping(
        self,
        every: timedelta,
        *,
        checking: timedelta = timedelta(minutes=5),
        reconciling: timedelta = timedelta(hours=1),
    ) -> None:
        """See to it that the schedules exist: `schedule:inbox-sweep` hands over events that a process has not had yet,
        `schedule:invariants` checks the books, `schedule:reconciliation` compares them with provider and processes.
        """
        await self._keep("schedule:inbox-sweep", schedules.inbox_sweep(self._queue, every))
        await self._keep("schedule:invariants", schedules.invariants(self._queue, checking))
        await self._keep("schedule:reconciliation", schedules.reconciliation(self._queue, reconciling))

    async def keep_measuring(self) -> None:
        """See to it that `schedule:daily-snapshot` keeps each day's statuses and figures, and `schedule:weekly-review` tells of weeks."""
        await self._keep("schedule:daily-snapshot", schedules.daily_snapshot(self._queue))
        await self._keep("schedule:weekly-review", schedules.weekly_review(self._queue))

    async def keep_backing_up(self) -> None:
        """See to it that `schedule:backup` makes a backup every day."""
        await self._keep("schedule:backup", schedules.backup(self._queue))

    async def keep_invoicing_the_public(self, tenant: str, calendar: Calendar) -> None:
        """See to it that `schedule:global-invoice:{tenant}` exists: on the first of each month, for the month that has ended.

        Cheap to repeat: this process remembers whose schedule it has seen to.
        """
        if (tenant, calendar) in self._public:
            return
        schedule = schedules.global_invoice(self._queue, tenant, calendar)
        await self._reached(self._keep(f"schedule:global-invoice:{tenant}", schedule))
        self._public.add((tenant, calendar))

    # --- seen from above

    async def reconcile(self, start: ReconciliationStart) -> str:
        """Begin to compare provider, processes and books, and return the id of the process. One is under way at a time for each tenant.

        Raises:
            ProcessesUnavailable: Temporal is out of reach.
        """
        handle = await self._reached(self._client.start_workflow("ReconciliationWorkflow", **self._reconciling(start)))
        return handle.id

    async def reconciled(self, start: ReconciliationStart) -> Run:
        """The same, and wait for what it comes to, however long it takes."""
        call = self._client.execute_workflow("ReconciliationWorkflow", result_type=Run, **self._reconciling(start))
        return await self._answered(call)

    def _reconciling(self, start: ReconciliationStart) -> dict[str, Any]:
        what = "dry" if start.dry_run else "whole"
        return {
            "arg": start,
            "id": f"reconcile:{start.tenant or 'all'}:{what}",
            "task_queue": self._queue,
            "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "search_attributes": visibility.attributes(tenant=start.tenant),
            "static_summary": f"compare provider, processes and books of {start.tenant or 'all tenants'}",
        }

    async def _keep(self, name: str, schedule: Schedule) -> None:
        async def renewed(_: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule=schedule)

        try:
            await self._client.create_schedule(name, schedule)
        except ScheduleAlreadyRunningError:
            await self._client.get_schedule_handle(name).update(renewed)
