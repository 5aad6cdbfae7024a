"""What becomes of a customer's data."""

from typing import Any

from temporalio.client import WorkflowHandle

from activities.failures import Refused
from models.commands import DeletionCommand
from models.messages import Command, ConfirmDeletion, DeletionStart
from models.periods import Calendar
from models.policies.policy import Retention
from models.safekeeping.deletions import Cause, Deletion, State, first_day
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from workflows.deletion import DeletionWorkflow
from workflows.ids import deletion_id

Handle = WorkflowHandle[Any, State]
SOFIA = Command("sofia", "the customer called")


async def begun(theatre: Theatre) -> Handle:
    """The customer's id is the story's own, and so is the process."""
    terms, calendar, customer = Retention(), Calendar(), f"c_{theatre.story}"
    day = first_day(Cause.CANCELED, terms, calendar, theatre.started)
    deletion = Deletion(
        "acme", f"del_{theatre.story}", customer, "s_1", Cause.CANCELED, theatre.started, "perdura", "policy", day
    )
    await theatre.door().start_deletion(DeletionStart(deletion, terms, calendar))
    return theatre.client.get_workflow_handle_for(DeletionWorkflow.run, deletion_id("acme", customer))


async def stands(handle: Handle, state: State) -> None:
    async def so() -> bool:
        return (await handle.query(DeletionWorkflow.state)).state is state

    await eventually(so, seconds=60)


async def certified_though_confirmed_late(theatre: Theatre) -> Handle:
    handle = await begun(theatre)
    await stands(handle, State.UNCONFIRMED)
    order = ConfirmDeletion("shop", "job 7", ("files",))
    await theatre.door().command_deletion("acme", f"c_{theatre.story}", DeletionCommand.CONFIRM, order)
    assert await handle.result() is State.DONE
    assert theatre.mail.attachments[f"acme/del_{theatre.story}/certificate"] == [
        f"del_{theatre.story}.pdf",
        f"del_{theatre.story}.json",
    ]
    assert theatre.store.addresses == {f"del_{theatre.story}": ""}
    return handle


async def warned_again_and_canceled(theatre: Theatre) -> Handle:
    """Nothing arrives twice, then a person sees to it, and the customer calls."""
    theatre.messenger.failures += [Refused("no WhatsApp there", "63003")] * 2
    theatre.mail.failures += [Refused("no such mailbox", "550")] * 2
    handle, customer = await begun(theatre), f"c_{theatre.story}"
    await stands(handle, State.UNDELIVERABLE)
    door = theatre.door()
    assert await door.report_customer("acme", customer)
    await door.command_deletion("acme", customer, DeletionCommand.WARN_AGAIN, SOFIA)
    await door.command_deletion("acme", customer, DeletionCommand.CANCEL, SOFIA)
    assert await handle.result() is State.CANCELED
    assert theatre.store.erased == []
    return handle


STORIES = (certified_though_confirmed_late, warned_again_and_canceled)
