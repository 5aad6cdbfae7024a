"""The door to accounts that are being opened: begun once, and waited for by whoever signs up."""

from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.ports.processes import ProcessesUnavailable, ProcessNotFound
from models.provisioning import Provision, Provisioned
from workflows import visibility
from workflows.ids import provisioning_id
from workflows.reach import Reach


class ProvisioningDoor(Reach):
    """One business has one opening."""

    async def provision(self, order: Provision) -> Provisioned | None:
        """Begin it, once for ever, and wait for its end; None while it is still at work after our patience.

        Raises:
            ProcessesUnavailable: Temporal is out of reach.
        """
        place = provisioning_id(order.tenant)
        operation: WithStartWorkflowOperation[Any, Provisioned] = WithStartWorkflowOperation(
            "ProvisioningWorkflow",
            order,
            id=place,
            task_queue=self._queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=visibility.attributes(tenant=order.tenant),
            static_summary=f"open the account of {order.tenant}",
        )
        try:
            return await self._answered(
                self._client.execute_update_with_start_workflow(
                    "provisioned",
                    start_workflow_operation=operation,
                    result_type=Provisioned,
                    id=f"provisioned:{order.tenant}",
                    rpc_timeout=self._patience,
                )
            )
        except (ProcessNotFound, WorkflowAlreadyStartedError):  # it is over: its result is the answer
            handle = self._client.get_workflow_handle(place, result_type=Provisioned)
            return await self._answered(handle.result(rpc_timeout=self._patience))
        except ProcessesUnavailable:
            if await self.ready():
                return None
            raise
