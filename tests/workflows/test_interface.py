"""The door to tax documents on a real server: a cancellation at a time, orders by name, and the month's schedule."""

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import ScheduleActionStartWorkflow, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.failures import Refused
from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound, Unanswered
from models.cfdi.cancellation import Motive, SatWord
from models.cfdi.documents import DocumentState
from models.commands import DocumentCommand, SubscriptionCommand
from models.messages import Answer, CancellationStart, Command
from models.periods import Calendar
from tests.conftest import Stage
from tests.workflows.test_invoicing import FiscalStage
from workflows.cancellation import CancellationWorkflow
from workflows.ids import cancellation_id
from workflows.interface import Interface
from workflows.invoicing import InvoicingWorkflow

SUPPORT = Command("ana", "stamps bought")


@pytest.fixture
def stage(stage: Stage) -> FiscalStage:
    return FiscalStage(stage.env, stage.still, stage.queue)


async def test_an_order_about_a_document_reaches_its_process_by_the_charge(stage: FiscalStage) -> None:
    stage.pac.script = [Refused("no stamps left", "718")]
    door = Interface(stage.client, queue=stage.queue)
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.REJECTED)
        with pytest.raises(CommandRefused, match="actor and reason"):
            await door.command_document("acme", stage.source, DocumentCommand.RETRY, Command("", ""))
        answer = await door.command_document("acme", stage.source, DocumentCommand.RETRY, SUPPORT)
        assert answer.status == "rejected (718)"
        assert await handle.result() is DocumentState.DELIVERED
        with pytest.raises(ProcessNotFound):
            await door.command_document("acme", stage.source, DocumentCommand.CORRECT_RECEIVER, SUPPORT)


async def test_a_document_is_taken_back_once_at_a_time_once_an_order_and_again_after_a_refusal(
    stage: FiscalStage,
) -> None:
    asked = SatWord("Vigente", "Cancelable con aceptación", "En proceso")
    refused = SatWord("Vigente", "Cancelable con aceptación", "Solicitud rechazada")
    stage.pac.words = [asked]
    async with stage.working(InvoicingWorkflow, CancellationWorkflow):
        await (await stage.invoice()).result()
        start = CancellationStart("acme", "sub_1", stage.key(), Motive.ERROR, SUPPORT, Calendar())
        still = Interface(stage.still, queue=stage.queue)
        await still.start_cancellation(start, order_id="press-1")
        await still.start_cancellation(start, order_id="press-1")
        for another in ("", "press-2"):
            with pytest.raises(CommandRefused, match="under way"):
                await still.start_cancellation(start, order_id=another)
        first = stage.still.get_workflow_handle(cancellation_id("acme", stage.key()))
        await first.terminate("the wait for the receiver is not what is tested")
        await still.start_cancellation(start, order_id="press-1")
        assert (await first.describe()).status is WorkflowExecutionStatus.TERMINATED
        stage.pac.words = [refused]
        await Interface(stage.client, queue=stage.queue).start_cancellation(start)
        again = stage.client.get_workflow_handle_for(CancellationWorkflow.run, cancellation_id("acme", stage.key()))
        assert (await again.result()).state is DocumentState.REFUSED


async def test_the_global_invoice_is_due_on_the_first_of_the_month_on_the_tenants_clock(stage: FiscalStage) -> None:
    tenant = f"t-{uuid.uuid4().hex[:8]}"
    await Interface(stage.still, queue=stage.queue).keep_invoicing_the_public(tenant, Calendar())
    # Another process, and a tenant that has moved: the same schedule, on the new clock.
    door, moved = Interface(stage.still, queue=stage.queue), Calendar(zone="America/Tijuana")
    await door.keep_invoicing_the_public(tenant, moved)
    await door.keep_invoicing_the_public(tenant, moved)
    handle = stage.still.get_schedule_handle(f"schedule:global-invoice:{tenant}")
    known = await handle.describe()
    action = known.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert action.workflow == "GlobalInvoiceWorkflow"
    following = known.info.next_action_times[:3]
    assert [(t.day, t.hour, t.minute) for t in (f.astimezone(ZoneInfo(moved.zone)) for f in following)] == [
        (1, 6, 0)
    ] * 3
    assert following[0] > datetime.now(UTC)
    await handle.delete()


class Answering:
    """A handle of Temporal's client whose server says no in the way that was chosen."""

    def __init__(self, said: RPCStatusCode) -> None:
        self.said = said

    async def execute_update(self, *_: object, **__: object) -> Answer:
        raise RPCError("said by the server", self.said, b"")


@pytest.mark.parametrize(
    ("said", "understood", "words"),
    [
        (RPCStatusCode.NOT_FOUND, ProcessNotFound, "^$"),
        (RPCStatusCode.UNAVAILABLE, ProcessesUnavailable, "cannot be reached"),
        (RPCStatusCode.RESOURCE_EXHAUSTED, ProcessesUnavailable, "too many orders wait"),
        # As a real server says of a process whose steps fail again and again (serviceerror.WorkflowNotReady).
        (RPCStatusCode.FAILED_PRECONDITION, ProcessesUnavailable, "behind with its own work"),
        # The order may have arrived: nobody may say that nothing was done.
        (RPCStatusCode.INTERNAL, Unanswered, "broke off"),
        (RPCStatusCode.UNKNOWN, Unanswered, "broke off"),
        (RPCStatusCode.ABORTED, Unanswered, "broke off"),
    ],
)
async def test_what_the_server_says_no_with_is_told_apart(
    stage: FiscalStage, monkeypatch: pytest.MonkeyPatch, said: RPCStatusCode, understood: type[Exception], words: str
) -> None:
    monkeypatch.setattr(stage.still, "get_workflow_handle", lambda _: Answering(said))
    door = Interface(stage.still, queue=stage.queue)
    with pytest.raises(understood, match=words) as caught:
        await door.command_subscription("acme", "s_1", SubscriptionCommand.RESTORE, SUPPORT)
    assert caught.type is understood
