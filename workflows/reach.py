"""How a client reaches processes: started once, told, asked and ordered, with every way in which that fails put into our own words."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound, Unanswered
from models.messages import (
    Answer,
    Command,
)
from workflows import visibility
from workflows.refusals import told

_ORDER = "order"  # in the memo: the id of the order that began the process
_AWAY = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.NOT_FOUND,  # of the namespace: a process that is not there has been told apart before
)
_UNSURE = (
    RPCStatusCode.ABORTED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.UNKNOWN,
)  # the connection broke, its database is busy
_GONE = "the engine (Temporal) cannot be reached"
T = TypeVar("T")


class Reach:
    """A client of Temporal with our patience."""

    def __init__(self, client: Client, *, queue: str, patience: timedelta) -> None:
        self._client = client
        self._queue = queue
        self._patience = patience

    async def ready(self) -> bool:
        """Whether Temporal answers."""
        try:
            return await self._client.service_client.check_health(timeout=timedelta(seconds=2))
        except (RPCError, RuntimeError):  # the latter from a lazy client that cannot connect
            return False

    async def _begin(
        self, workflow: str, start: object, place: str, tenant: str, told: str, order_id: str | None = None
    ) -> bool:
        """Start a process at its place. False when it is, or was, there already.

        Once for ever; by an order, which may have no id, once at a time and once for that order.
        """
        again = order_id is not None
        if order_id and await self._begun_by(place) == order_id:
            return True
        reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
        conflict = WorkflowIDConflictPolicy.FAIL if again else WorkflowIDConflictPolicy.USE_EXISTING
        shown = visibility.attributes(tenant=tenant)
        memo = {_ORDER: order_id} if order_id else None
        return await self._begun(workflow, start, place, shown, told, reuse=reuse, conflict=conflict, memo=memo)

    async def _begun(
        self,
        workflow: str,
        start: object,
        place: str,
        shown: TypedSearchAttributes,
        told: str,
        *,
        reuse: WorkflowIDReusePolicy,
        conflict: WorkflowIDConflictPolicy,
        memo: dict[str, str] | None = None,
    ) -> bool:
        """Whether a process could be started; not where one at its place forbids it."""
        try:
            await self._reached(
                self._client.start_workflow(
                    workflow,
                    start,
                    id=place,
                    task_queue=self._queue,
                    id_reuse_policy=reuse,
                    id_conflict_policy=conflict,
                    search_attributes=shown,
                    static_summary=told,
                    memo=memo,
                    rpc_timeout=self._patience,
                )
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _begun_by(self, place: str) -> str:
        """The id of the order that began the process at this place, or the last one there; empty where none is known."""
        try:
            known = await self._reached(self._client.get_workflow_handle(place).describe(rpc_timeout=self._patience))
        except ProcessNotFound:
            return ""
        return await known.memo_value(_ORDER, "", type_hint=str)

    def _starting(
        self,
        workflow: str,
        start: object,
        place: str,
        attributes: TypedSearchAttributes,
        told: str,
        *,
        reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
    ) -> WithStartWorkflowOperation[Any, Any]:
        """How a process is begun at its place by whoever asks it something. `reuse`: whether one that is over makes way for it."""
        return WithStartWorkflowOperation(
            workflow,
            start,
            id=place,
            task_queue=self._queue,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=attributes,
            static_summary=told,
        )

    async def _begin_and_ask(
        self,
        starting: WithStartWorkflowOperation[Any, Any],
        update: str,
        answer: type[T],
        *words: object,
        update_id: str = "",
    ) -> T:
        """What a process answers that is begun first where none is at its place."""
        return await self._answered(
            self._client.execute_update_with_start_workflow(
                update,
                args=words,
                start_workflow_operation=starting,
                id=update_id or None,
                result_type=answer,
                rpc_timeout=self._patience,
            )
        )

    async def _command(self, process: str, command: str, order: Command, update_id: str) -> Answer:
        if not await self.ready():  # an order to a server that is away would be waited for by the whole patience
            raise ProcessesUnavailable(_GONE)
        handle = self._client.get_workflow_handle(process)
        return await self._answered(
            handle.execute_update(command, order, id=update_id or None, result_type=Answer, rpc_timeout=self._patience)
        )

    async def _tell(self, process: str, signal: str, *words: Any) -> bool:
        try:
            await self._reached(self._client.get_workflow_handle(process).signal(signal, args=words))
        except ProcessNotFound:
            return False
        return True

    async def _answered(self, call: Awaitable[T]) -> T:
        try:
            return await self._reached(call)
        except (WorkflowUpdateFailedError, WorkflowFailureError) as error:
            raise CommandRefused(told(error.cause)) from None
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise Unanswered("no worker answered in time") from None

    async def _reached(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and "namespace" not in error.message.lower():
                raise ProcessNotFound from None
            if error.status in _AWAY:
                raise ProcessesUnavailable(_GONE) from None
            if (
                error.status is RPCStatusCode.RESOURCE_EXHAUSTED
            ):  # ten orders wait for one process, or its server is at its limit
                raise ProcessesUnavailable("too many orders wait already (Temporal: resource exhausted)") from None
            if error.status in _UNSURE:
                raise Unanswered("the engine (Temporal) broke off") from None
            if error.status is RPCStatusCode.FAILED_PRECONDITION:
                raise ProcessesUnavailable("its process is behind with its own work (Temporal: not ready)") from None
            raise
        except RuntimeError as error:  # a lazy client that cannot connect
            raise ProcessesUnavailable(_GONE) from error
