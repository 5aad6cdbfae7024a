"""The door to accounts that are being opened: begun once, and waited for by whoever signs up."""

from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.ports.processes import ProcessesUnavailable, ProcessNotFound
from models.access.provisioning import Provision, Provisioned
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
        attributes, told = visibility.attributes(tenant=order.tenant), f"open the account of {order.tenant}"
        starting = self._starting("ProvisioningWorkflow", order, place, attributes, told)
        try:
            return await self._begin_and_ask(
                starting, "provisioned", Provisioned, update_id=f"provisioned:{order.tenant}"
            )
        except (ProcessNotFound, WorkflowAlreadyStartedError):  # it is over: its result is the answer
            handle = self._client.get_workflow_handle(place, result_type=Provisioned)
            return await self._answered(handle.result(rpc_timeout=self._patience))
        except ProcessesUnavailable:
            if await self.ready():
                return None
            raise
