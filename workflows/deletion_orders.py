"""What people may order a customer's deletion to do: keep the data, warn once more, and the product's word that it has deleted.

Orders are updates: whoever gives one must know whether it was carried out. Each is checked when it arrives and again when its turn
comes, for much may have happened between.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio import workflow

from models.messages import BY_ITSELF, Answer, Command, ConfirmDeletion, DeletionStart
from models.refusals import Refusal
from models.safekeeping import deletion_refusals, deletions
from models.safekeeping.deletions import Deletion
from workflows import deletion_report
from workflows.refusals import refused


class DeletionOrders(ABC):
    """The half of a deletion that obeys people. The other half, `DeletionWorkflow`, acts by itself."""

    _start: DeletionStart
    _state: Deletion
    _begun: bool
    _turn: asyncio.Lock

    @abstractmethod
    def _become(self, state: Deletion) -> None:
        """Change the state, and what an operator sees."""

    @abstractmethod
    async def _record(self, action: str, order: Command = BY_ITSELF, detail: str = "") -> None:
        """Write where the deletion stands, and the story."""

    @abstractmethod
    async def _send_warning(self, lead: timedelta, order: Command = BY_ITSELF) -> None:
        """Begin a warning."""

    @abstractmethod
    async def _end(self, state: Deletion, order: Command) -> None:
        """Keep the data."""

    @workflow.update(description='Keep the data: {"actor": "ana", "reason": "customer called"}')
    async def cancel_deletion(self, order: Command) -> Answer:
        async with self._in_turn():
            self._may_cancel(order)
            await self._end(deletions.canceled(self._state, order.actor, order.reason, workflow.now()), order)
            return self._answer()

    @cancel_deletion.validator
    def _may_cancel(self, order: Command) -> None:  # noqa: ARG002 - the same for all
        _refuse(deletion_refusals.why_not_canceled(self._state))

    @workflow.update(description='Warn once more: {"actor": "ana", "reason": "e-mail corrected"}')
    async def warn_again(self, order: Command) -> Answer:
        async with self._in_turn():
            self._may_warn(order)
            await self._send_warning(self._start.terms.least, order)
            return self._answer()

    @warn_again.validator
    def _may_warn(self, order: Command) -> None:  # noqa: ARG002 - the same for all
        _refuse(deletion_refusals.why_not_warned(self._state))

    @workflow.update(description='The product has deleted: {"actor": "shop", "reason": "job 7", "deleted": ["files"]}')
    async def confirm_deletion(self, order: ConfirmDeletion) -> Answer:
        async with self._in_turn():
            self._may_confirm(order)
            if self._state.confirmed_at is None:
                self._become(deletions.confirmed(self._state, order.actor, order.deleted, workflow.now()))
                await self._record("product confirmed the deletion", order, "; ".join(order.deleted))
            return self._answer()

    @confirm_deletion.validator
    def _may_confirm(self, order: ConfirmDeletion) -> None:  # noqa: ARG002 - a second word is no harm
        _refuse(deletion_refusals.why_not_confirmed(self._state))

    @contextlib.asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """After the act in progress, and never before the beginning is in the record."""
        await workflow.wait_condition(lambda: self._begun)
        async with self._turn:
            yield

    def _answer(self) -> Answer:
        return deletion_report.answer(self._state, self._start, workflow.now())


def _refuse(why: Refusal) -> None:
    if why:
        raise refused(why)
