"""The door to customers' deletions: begun once, looked at by whoever begins one, ordered, and told that a customer may be back."""

from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from models.commands import DeletionCommand
from models.deletions import Deletion, State
from models.messages import Answer, Command, DeletionStart
from workflows import visibility
from workflows.ids import deletion_id
from workflows.reach import Reach


class DeletionDoor(Reach):
    """One deletion of a customer is under way at a time."""

    async def begin_deletion(self, start: DeletionStart) -> None:
        """Begin it, once for its id; not where another one of this customer is under way."""
        deletion = start.deletion
        place = deletion_id(deletion.tenant, deletion.customer)
        await self._begin("DeletionWorkflow", start, place, deletion.tenant, _told(deletion), deletion.id)

    async def start_deletion(self, start: DeletionStart) -> Deletion:
        """Begin it and wait until it is in the record; the one under way where there is one.

        Raises:
            ProcessesUnavailable: Temporal is out of reach, or (Unanswered) no worker answered in time.
        """
        deletion = start.deletion
        operation: WithStartWorkflowOperation[Any, State] = WithStartWorkflowOperation(
            "DeletionWorkflow",
            start,
            id=deletion_id(deletion.tenant, deletion.customer),
            task_queue=self._queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=visibility.attributes(tenant=deletion.tenant, status=deletion.state),
            static_summary=_told(deletion),
        )
        return await self._answered(
            self._client.execute_update_with_start_workflow(
                "begun", start_workflow_operation=operation, result_type=Deletion, rpc_timeout=self._patience
            )
        )

    async def command_deletion(
        self, tenant: str, customer: str, command: DeletionCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """Give a customer's deletion an order. Raises as `Interface.command_subscription`."""
        return await self._command(deletion_id(tenant, customer), command, order, update_id)

    async def report_customer(self, tenant: str, customer: str) -> bool:
        """Have their deletion look at them. False where none is under way."""
        return await self._tell(deletion_id(tenant, customer), "customer_reported")


def _told(deletion: Deletion) -> str:
    return f"delete the data of {deletion.customer}: {deletion.cause}"
