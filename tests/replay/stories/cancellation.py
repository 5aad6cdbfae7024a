"""What becomes of tax invoices taken back."""

from typing import Any

from temporalio.client import WorkflowHandle

from activities.failures import Refused
from models.cfdi.cancellation import Motive, SatWord
from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.invoicing import Standing
from models.messages import CancellationStart, Command
from models.periods import Calendar
from tests.replay.stories.invoicing import done, settled
from tests.replay.theatre import Theatre
from workflows.cancellation import CancellationWorkflow

Handle = WorkflowHandle[Any, Standing]

VALID = SatWord("Vigente", "Cancelable con aceptación", "")
ASKED = SatWord("Vigente", "Cancelable con aceptación", "En proceso")
GONE = SatWord("Cancelado", "", "Cancelado con aceptación")
NO = SatWord("Vigente", "Cancelable con aceptación", "Solicitud rechazada")


async def taken_back(theatre: Theatre, *words: SatWord, refusal: Exception | None = None) -> Handle:
    """Ordered for a delivered invoice; the SAT refuses the request, or says these words of it, look by look."""
    await done(await settled(theatre))
    theatre.pac.words, theatre.pac.script = list(words), [refusal] if refusal else []
    order = CancellationStart(
        tenant="acme",
        subscription="s_1",
        document=f"ch_{theatre.story}/{DocumentKind.INCOME}/v1",
        motive=Motive.NOT_CARRIED_OUT,
        order=Command("ana", "the sale did not take place"),
        calendar=Calendar(),
    )
    return await theatre.client.start_workflow(
        CancellationWorkflow.run, order, id=f"cancel:acme:{theatre.story}", task_queue=theatre.queue
    )


async def accepted_after_days(theatre: Theatre) -> Handle:
    handle = await taken_back(theatre, VALID, ASKED, ASKED, GONE)
    assert (await handle.result()).state is DocumentState.CANCELLED
    return handle


async def refused_by_the_receiver(theatre: Theatre) -> Handle:
    handle = await taken_back(theatre, VALID, ASKED, NO)
    assert (await handle.result()).state is DocumentState.REFUSED
    return handle


async def refused_by_the_sat(theatre: Theatre) -> Handle:
    handle = await taken_back(theatre, VALID, refusal=Refused("not cancellable", "204"))
    assert (await handle.result()).code == "204"
    return handle


STORIES = (accepted_after_days, refused_by_the_receiver, refused_by_the_sat)
