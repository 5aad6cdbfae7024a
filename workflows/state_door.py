"""The door at which processes are asked where they stand, running or over."""

from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote

from temporalio.client import WorkflowQueryFailedError, WorkflowQueryRejectedError

from activities.ports.processes import ProcessNotFound
from models.cfdi.invoicing import Invoicing
from models.collecting.cases import Case
from models.subscribing.subscriptions import Subscription
from workflows.ids import dunning_id, invoicing_id, subscription_id
from workflows.reach import Reach

T = TypeVar("T")
_LOOK = timedelta(seconds=3)  # nobody waits longer for an answer that changes nothing


class StateDoor(Reach):
    """What processes remember. Each answer is None where the process is not known, or cannot say.

    All raise ProcessesUnavailable: Temporal, or every worker, is out of reach.
    """

    async def case_state(self, tenant: str, invoice: str) -> Case | None:
        """The dunning case of an invoice."""
        return await self._asked(dunning_id(tenant, invoice), Case)

    def page_of_case(self, tenant: str, invoice: str) -> str:
        """Where the case's process is in the Temporal UI, below its address."""
        return self._page(dunning_id(tenant, invoice))

    def page_of_subscription(self, tenant: str, subscription: str) -> str:
        """Where the subscription's process is in the Temporal UI, below its address."""
        return self._page(subscription_id(tenant, subscription))

    def _page(self, process: str) -> str:
        return f"namespaces/{quote(self._client.namespace)}/workflows/{quote(process, safe='')}"

    async def subscription_state(self, tenant: str, subscription: str) -> Subscription | None:
        """A subscription."""
        return await self._asked(subscription_id(tenant, subscription), Subscription)

    async def invoicing_state(self, tenant: str, source: str) -> Invoicing | None:
        """The tax document of a source (`ch_…`, `re_…`)."""
        return await self._asked(invoicing_id(tenant, source), Invoicing)

    async def _asked(self, process: str, answer: type[T]) -> T | None:
        handle = self._client.get_workflow_handle(process)
        patience = min(self._patience, _LOOK)
        try:
            return await self._reached(handle.query("state", result_type=answer, rpc_timeout=patience))
        except (ProcessNotFound, WorkflowQueryFailedError, WorkflowQueryRejectedError):
            return None
