"""What becomes of bills."""

from typing import Any

from temporalio.client import WorkflowHandle

from models.billing.bills import Bill, BillLine, BillStatus
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome, Stage
from models.messages import BillStart, Command, ExternalPayment
from models.periods import Calendar
from models.subscribing.provider_news import ProviderNews
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from workflows.bill import BillWorkflow
from workflows.ids import bill_id

Handle = WorkflowHandle[Any, BillStatus]
ANA = Command("ana", "customer called")


def invoice(theatre: Theatre) -> str:
    return f"in_b_{theatre.story}"


async def begun(theatre: Theatre, days: int = 7, void: Command | None = None) -> Handle:
    name = f"b_{theatre.story}"
    lines = (BillLine("Consulta general", 1, 40_000),)
    theatre.store.bills[name] = Bill("acme", name, "c_1", lines, theatre.started)
    return await theatre.still.start_workflow(
        BillWorkflow.run,
        BillStart("acme", name, "clinic-7", theatre.store.bills[name].total, days, Calendar(), void=void),
        id=bill_id("acme", name),
        task_queue=theatre.queue,
    )


async def issued(theatre: Theatre, days: int = 7) -> Handle:
    handle = await begun(theatre, days)
    await handle.execute_update(BillWorkflow.issued)
    return handle


async def asked_for_by_name_and_paid(theatre: Theatre) -> Handle:
    handle = await issued(theatre)
    await handle.execute_update(BillWorkflow.invoice_by_name, ANA)
    await handle.execute_update(BillWorkflow.refresh, ANA)
    theatre.payments.pay(invoice(theatre), theatre.started)
    await handle.signal(BillWorkflow.provider_reported, ProviderNews("evt_1", "invoice.paid"))
    await handle.result()
    return handle


async def paid_at_the_counter(theatre: Theatre) -> Handle:
    handle = await issued(theatre)
    order = ExternalPayment("ana", "paid at the counter", "cash", "R-17")
    await handle.execute_update(BillWorkflow.record_external_payment, order)
    await handle.result()
    return handle


async def voided(theatre: Theatre) -> Handle:
    handle = await issued(theatre)
    await handle.execute_update(BillWorkflow.void_bill, ANA)
    await handle.result()
    return handle


async def never_issued_and_taken_back(theatre: Theatre) -> Handle:
    handle = await begun(theatre, void=ANA)
    await handle.result()
    return handle


async def overdue_and_written_off(theatre: Theatre) -> Handle:
    handle = await issued(theatre, days=0)
    await eventually(lambda: theatre.store.standings[-1].status is BillStatus.OVERDUE)
    await handle.signal(BillWorkflow.case_reported, CaseNews(invoice(theatre), Stage.CLOSED, Outcome.EXHAUSTED))
    await eventually(lambda: any("without money" in entry.action for entry in theatre.store.entries.values()))
    await handle.execute_update(BillWorkflow.write_off, ANA)
    await handle.result()
    return handle


STORIES = (
    asked_for_by_name_and_paid,
    paid_at_the_counter,
    voided,
    never_issued_and_taken_back,
    overdue_and_written_off,
)
