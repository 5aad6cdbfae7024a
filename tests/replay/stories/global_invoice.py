"""What becomes of a month's sales without RFC."""

from typing import Any

from temporalio.client import WorkflowHandle

from models.cfdi.documents import DocumentState
from models.cfdi.global_invoice import Month
from models.messages import GlobalStart
from models.money import Money
from models.periods import Calendar
from models.records import Payment
from models.subscribing.invoices import Funding
from tests.replay.stories.invoicing import settled
from tests.replay.theatre import Theatre
from workflows.global_invoice import GlobalInvoiceWorkflow

Handle = WorkflowHandle[Any, DocumentState | None]


async def closed(theatre: Theatre) -> Handle:
    """The month in which the story is recorded has ended."""
    local = Calendar().local(theatre.started)
    return await theatre.client.start_workflow(
        GlobalInvoiceWorkflow.run,
        GlobalStart("acme", Calendar(), Month(local.year, local.month)),
        id=f"global:acme:{theatre.story}",
        task_queue=theatre.queue,
    )


async def tells_a_months_sales(theatre: Theatre) -> Handle:
    theatre.store.receiver = None
    assert await (await settled(theatre)).result() is DocumentState.GENERAL_PUBLIC
    charge = f"ch_{theatre.story}"
    theatre.documents.paid.append(Payment("acme", charge, "in_1", "s_1", Money(14_900), Funding.DEBIT, theatre.started))
    handle = await closed(theatre)
    assert await handle.result() is DocumentState.RENDERED
    return handle


async def month_without_such_sales(theatre: Theatre) -> Handle:
    handle = await closed(theatre)
    assert await handle.result() is None
    return handle


STORIES = (tells_a_months_sales, month_without_such_sales)
