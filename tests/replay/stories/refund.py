"""What becomes of money given back."""

from dataclasses import replace
from typing import Any

from temporalio.client import WorkflowHandle

from models.cfdi.documents import DocumentState
from models.messages import RefundStart
from models.money import Money
from models.periods import Calendar
from models.subscribing.invoices import Funding, Refund
from tests.replay.stories.invoicing import done, settled
from tests.replay.theatre import Theatre
from workflows.ids import invoicing_id, refund_id
from workflows.refund import RefundWorkflow

Handle = WorkflowHandle[Any, str]


def given_back(theatre: Theatre) -> Refund:
    return Refund(
        id=f"re_{theatre.story}",
        charge=f"ch_{theatre.story}",
        invoice="in_1",
        amount=Money(5_000),
        created=theatre.started,
        status="succeeded",
        funding=Funding.DEBIT,
    )


async def followed(theatre: Theatre, *words: Refund) -> Handle:
    """The provider says these words of it, look by look."""
    theatre.payments.refunds = list(words)
    name = words[0].id
    return await theatre.client.start_workflow(
        RefundWorkflow.run,
        RefundStart("acme", "s_1", name, Calendar()),
        id=refund_id("acme", name),
        task_queue=theatre.queue,
    )


async def becomes_a_credit_note(theatre: Theatre) -> Handle:
    """By transfer, so that it is on its way for a day."""
    await done(await settled(theatre))
    refund = given_back(theatre)
    on_its_way = replace(refund, status="pending")
    handle = await followed(theatre, on_its_way, on_its_way, refund)
    assert await handle.result() == "succeeded"
    await done(theatre.client.get_workflow_handle(invoicing_id("acme", refund.id), result_type=DocumentState))
    return handle


async def failed(theatre: Theatre) -> Handle:
    handle = await followed(theatre, replace(given_back(theatre), status="failed"))
    assert await handle.result() == "failed"
    return handle


STORIES = (becomes_a_credit_note, failed)
