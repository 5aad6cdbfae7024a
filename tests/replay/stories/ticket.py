"""What becomes of tickets."""

from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from models.access.permissions import Role
from models.access.users import User
from models.commands import TicketCommand
from models.messages import Command
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.messages import Assign, Escalation, Note, ReplyOrder, SetPriority, Settled, TicketStart, Word
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Priority, TicketState, Topic
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from workflows.ids import ticket_id
from workflows.ticket import TicketWorkflow

Handle = WorkflowHandle[Any, TicketState]
ANA = Command("ana", "customer called")


def start(theatre: Theatre, origin: Origin) -> TicketStart:
    """The ticket's id is the story's own, and so is the process."""
    asked = Asked(
        tenant="acme",
        id=f"tk_{theatre.story}",
        customer="c_1",
        topic=Topic.BILLING,
        origin=origin,
        by="ana",
        subscription="s_1",
    )
    ticket = desk.opened(asked, Terms(), Calendar(), theatre.started)
    return TicketStart(ticket, Terms(), Calendar(), opening="te_opening")


def process(theatre: Theatre) -> Handle:
    return theatre.client.get_workflow_handle_for(TicketWorkflow.run, ticket_id("acme", f"tk_{theatre.story}"))


async def ordered(theatre: Theatre, command: TicketCommand, order: Command) -> None:
    await theatre.door().command_ticket("acme", f"tk_{theatre.story}", command, order)


async def nobody_answered(theatre: Theatre) -> Handle:
    """Reminded, missed, raised after 72 hours, then settled, and closed by itself."""
    theatre.store.people = [User("acme", "u_1", "sofia", Role.SUPPORT, theatre.started, password="hash")]
    await theatre.door().start_ticket(start(theatre, Origin.PERSON))
    ticket = f"tk_{theatre.story}"
    await eventually(lambda: theatre.store.told(ticket)[-1:] == ["raised"], seconds=60)
    await ordered(theatre, TicketCommand.RESOLVE, ANA)
    assert await process(theatre).result() is TicketState.CLOSED
    assert theatre.store.told(ticket) == ["opened", "note", "reminded", "missed", "raised", "resolved", "closed"]
    return process(theatre)


async def answered_escalated_and_ended_with_its_case(theatre: Theatre) -> Handle:
    door, ticket = theatre.door(still=True), f"tk_{theatre.story}"
    first = start(theatre, Origin.MESSAGE)
    await door.hear_customer(first, Word("te_word", theatre.started, Channel.WHATSAPP))
    await eventually(lambda: theatre.store.told(ticket) == ["opened", "customer"])
    await ordered(theatre, TicketCommand.ASSIGN, Assign("ana", "mine", to="u_1"))
    await ordered(theatre, TicketCommand.NOTE, Note("ana", "note", entry="te_note"))
    await ordered(theatre, TicketCommand.REPLY, ReplyOrder("ana", "reply", entry="te_reply", seen=0))
    await process(theatre).signal(
        TicketWorkflow.reply_settled, Settled("te_reply", Delivery.FAILED, Channel.EMAIL, "550")
    )
    await ordered(theatre, TicketCommand.PRIORITY, SetPriority("ana", "they wait", priority=Priority.HIGH))
    await door.escalate(first, Escalation("in_1/3", theatre.started, Priority.NORMAL, "perdura"))
    await door.end_case("acme", ticket, "paid")
    await eventually(lambda: theatre.store.told(ticket)[-1:] == ["case_ended"])
    await ordered(theatre, TicketCommand.RESOLVE, ANA)
    await door.reopen_ticket(first, ANA, update_id="again")
    await ordered(theatre, TicketCommand.CLOSE, ANA)
    assert await process(theatre).result() is TicketState.CLOSED
    return process(theatre)


async def goes_on_in_a_new_history(theatre: Theatre) -> Handle:
    """The first run of it, cut short after two moves."""
    first = start(theatre, Origin.ACCOUNT)
    short = TicketStart(first.ticket, first.terms, first.calendar, first.opening, moves=2)
    door = theatre.door(still=True)
    await door.hear_customer(short, Word("te_word", theatre.started + timedelta(seconds=1)))
    await eventually(lambda: len(theatre.store.told(f"tk_{theatre.story}")) == 2)

    async def moved_on() -> bool:
        latest = (await process(theatre).describe()).raw_description.workflow_execution_info
        return latest.first_run_id != latest.execution.run_id

    await eventually(moved_on)
    await ordered(theatre, TicketCommand.CLOSE, ANA)
    return await theatre.first_run(ticket_id("acme", f"tk_{theatre.story}"))


STORIES = (nobody_answered, answered_escalated_and_ended_with_its_case, goes_on_in_a_new_history)
