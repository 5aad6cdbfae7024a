"""A cancellation from order to the SAT's last word."""

import uuid

import pytest

from activities.failures import Refused
from models.cfdi.cancellation import Motive, SatWord
from models.cfdi.documents import DocumentFile, DocumentState
from models.cfdi.invoicing import Standing
from models.messages import CancellationStart, Command
from models.periods import Calendar
from tests.conftest import Stage
from tests.workflows.test_invoicing import FiscalStage
from workflows.cancellation import CancellationWorkflow
from workflows.invoicing import InvoicingWorkflow

VALID = SatWord("Vigente", "Cancelable con aceptación", "")
ASKED = SatWord("Vigente", "Cancelable con aceptación", "En proceso")
GONE = SatWord("Cancelado", "", "Cancelado con aceptación")
NO = SatWord("Vigente", "Cancelable con aceptación", "Solicitud rechazada")


@pytest.fixture
def stage(stage: Stage) -> FiscalStage:
    return FiscalStage(stage.env, stage.still, stage.queue)


async def cancel(stage: FiscalStage, motive: Motive = Motive.NOT_CARRIED_OUT, substitute: str = "") -> Standing:
    start = CancellationStart(
        tenant="acme",
        subscription="sub_1",
        document=stage.key(),
        motive=motive,
        order=Command("ana", "the sale did not take place"),
        calendar=Calendar(),
        substitute=substitute,
    )
    return await stage.client.execute_workflow(
        CancellationWorkflow.run, start, id=f"cancel-{uuid.uuid4()}", task_queue=stage.queue
    )


@pytest.mark.parametrize(("last", "state"), [(GONE, DocumentState.CANCELLED), (NO, DocumentState.REFUSED)])
async def test_it_is_followed_until_the_receiver_has_answered(
    stage: FiscalStage, last: SatWord, state: DocumentState
) -> None:
    stage.pac.words = [VALID, ASKED, ASKED, last]
    async with stage.working(InvoicingWorkflow, CancellationWorkflow):
        await (await stage.invoice()).result()
        assert (await cancel(stage)).state is state
    assert stage.documents.rows[stage.key()].state is state
    assert stage.documents.files[stage.key(), DocumentFile.ACKNOWLEDGEMENT] == b"<acuse/>"
    assert stage.store.actions[-2:] == ["tax invoice: cancel, motive 03", f"tax invoice cancellation {state}"]


async def test_what_the_sat_does_not_take_changes_nothing(stage: FiscalStage) -> None:
    async with stage.working(InvoicingWorkflow, CancellationWorkflow):
        await (await stage.invoice()).result()
        stage.pac.script = [Refused("not cancellable", "204")]
        standing = await cancel(stage)
    assert (standing.state, standing.code) == (DocumentState.DELIVERED, "204")
    assert stage.documents.rows[stage.key()].state is DocumentState.DELIVERED


async def test_motive_01_needs_its_substitute(stage: FiscalStage) -> None:
    async with stage.working(InvoicingWorkflow, CancellationWorkflow):
        await (await stage.invoice()).result()
        standing = await cancel(stage, Motive.SUBSTITUTED)
    assert (standing.state, standing.field) == (DocumentState.DELIVERED, "substitute")
    assert stage.pac.cancelled == []
