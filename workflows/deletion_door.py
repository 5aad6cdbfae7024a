"""The door to customers' deletions: begun once, looked at by whoever begins one, ordered, and told that a customer may be back."""

from temporalio.common import WorkflowIDReusePolicy

from models.commands import DeletionCommand
from models.messages import Answer, Command, DeletionStart
from models.safekeeping.deletions import Deletion
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
        attributes = visibility.attributes(tenant=deletion.tenant, status=deletion.state)
        place = deletion_id(deletion.tenant, deletion.customer)
        reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        starting = self._starting("DeletionWorkflow", start, place, attributes, _told(deletion), reuse=reuse)
        return await self._begin_and_ask(starting, "begun", Deletion)

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
