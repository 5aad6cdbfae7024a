"""What becomes of accounts that businesses open by themselves."""

from typing import Any

from temporalio.client import WorkflowHandle

from models.access.provisioning import Provision, Provisioned, SignupState
from models.periods import Calendar
from tests.replay.theatre import Theatre
from workflows.ids import provisioning_id
from workflows.provisioning import ProvisioningWorkflow

Handle = WorkflowHandle[Any, Provisioned]


def order(theatre: Theatre) -> Provision:
    return Provision(f"t-{theatre.story}", Calendar(), "house", "pro")


def handle_of(theatre: Theatre) -> Handle:
    place = provisioning_id(order(theatre).tenant)
    return theatre.client.get_workflow_handle_for(ProvisioningWorkflow.run, place)


async def opened(theatre: Theatre) -> Handle:
    assert await theatre.door().provision(order(theatre)) == Provisioned(True)
    handle = handle_of(theatre)
    await handle.result()
    assert theatre.store.kept is not None
    assert (theatre.store.kept.state, len(theatre.mail.sent)) == (SignupState.READY, 1)
    return handle


async def taken_back(theatre: Theatre) -> Handle:
    theatre.store.refusal = "the e-mail is a customer's already"
    assert await theatre.door().provision(order(theatre)) == Provisioned(False, theatre.store.refusal)
    handle = handle_of(theatre)
    await handle.result()
    assert (theatre.store.kept, theatre.mail.sent) == (None, {})
    return handle


STORIES = (opened, taken_back)
