"""The door to tickets: opened, ordered, told what a customer wrote or a case asks for; and opened again where they were closed."""

from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from models.commands import TicketCommand
from models.messages import Answer, Command
from models.tickets.messages import Escalation, TicketStart, Word
from models.tickets.ticket import Ticket
from workflows import visibility
from workflows.ids import ticket_id
from workflows.reach import Reach


class TicketDoor(Reach):
    """A ticket has one process at a time; one that was closed begins again where its row says it stood."""

    async def start_ticket(self, start: TicketStart) -> Ticket:
        """Begin it and wait until it is in the record. Safe to repeat.

        Raises:
            ProcessesUnavailable: Temporal is out of reach, or (Unanswered) no worker answered in time.
        """
        return await self._begin_and_ask(self._beginning(start), "begun", Ticket)

    async def command_ticket(
        self, tenant: str, ticket: str, command: TicketCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        """Give a ticket an order. Raises as `Interface.command_subscription`."""
        return await self._command(ticket_id(tenant, ticket), command, order, update_id)

    async def reopen_ticket(self, start: TicketStart, order: Command, *, update_id: str = "") -> Answer:
        """The order to reopen, also where its process is over: `start` says where it stood. Raises as `command_ticket`."""
        return await self._begin_and_ask(
            self._beginning(start), TicketCommand.REOPEN, Answer, order, update_id=update_id
        )

    async def hear_customer(self, start: TicketStart, word: Word) -> None:
        await self._signal_or_start(start, "customer_wrote", word)

    async def escalate(self, start: TicketStart, escalation: Escalation) -> None:
        await self._signal_or_start(start, "escalated", escalation)

    async def end_case(self, tenant: str, ticket: str, outcome: str) -> bool:
        return await self._tell(ticket_id(tenant, ticket), "case_ended", outcome)

    async def _signal_or_start(self, start: TicketStart, signal: str, word: object) -> None:
        ticket = start.ticket
        await self._reached(
            self._client.start_workflow(
                "TicketWorkflow",
                start,
                id=ticket_id(ticket.tenant, ticket.id),
                task_queue=self._queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal=signal,
                start_signal_args=[word],
                search_attributes=visibility.attributes(tenant=ticket.tenant, status=ticket.state),
                static_summary=summary_of(ticket),
                rpc_timeout=self._patience,
            )
        )

    def _beginning(self, start: TicketStart) -> WithStartWorkflowOperation[Any, Any]:
        ticket = start.ticket
        attributes = visibility.attributes(tenant=ticket.tenant, status=ticket.state)
        place = ticket_id(ticket.tenant, ticket.id)
        return self._starting(
            "TicketWorkflow", start, place, attributes, summary_of(ticket), reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE
        )


def summary_of(ticket: Ticket) -> str:
    """What a ticket's process is called where processes are listed."""
    return f"ticket {ticket.id}: {ticket.topic}, {ticket.priority}"
