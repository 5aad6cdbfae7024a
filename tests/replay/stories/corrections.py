"""What becomes of tax invoices that were made with wrong data, or without any."""

from typing import Any

from temporalio.client import WorkflowHandle

from models.cfdi.documents import DocumentKind, DocumentState
from models.messages import ClaimStart, Command, SubstitutionStart
from models.periods import Calendar
from tests.replay.stories.cancellation import GONE, VALID
from tests.replay.stories.invoicing import done, settled
from tests.replay.theatre import Theatre
from tests.samples import ANA
from workflows.claim import ClaimWorkflow
from workflows.ids import claim_id, substitution_id
from workflows.substitution import SubstitutionWorkflow

Handle = WorkflowHandle[Any, Any]


def key(theatre: Theatre) -> str:
    return f"ch_{theatre.story}/{DocumentKind.INCOME}/v1"


async def substituted(theatre: Theatre) -> Handle:
    await done(await settled(theatre))
    theatre.pac.words = [VALID, GONE]
    start = SubstitutionStart("acme", "s_1", key(theatre), Command("ana", "another régimen"), Calendar())
    handle = await theatre.client.start_workflow(
        SubstitutionWorkflow.run, start, id=substitution_id("acme", start.document), task_queue=theatre.queue
    )
    standing = await handle.result()
    assert standing is not None
    assert standing.state is DocumentState.CANCELLED
    return handle


async def claimed_before_the_global_invoice(theatre: Theatre) -> Handle:
    theatre.store.receiver = None
    assert await (await settled(theatre)).result() is DocumentState.GENERAL_PUBLIC
    theatre.store.receiver = ANA
    start = ClaimStart("acme", "s_1", key(theatre), Command("ana", "constancia received"), Calendar())
    handle = await theatre.client.start_workflow(
        ClaimWorkflow.run, start, id=claim_id("acme", start.document), task_queue=theatre.queue
    )
    assert await handle.result() is DocumentState.DELIVERED
    return handle


STORIES = (substituted, claimed_before_the_global_invoice)
