"""What becomes of tax invoices."""

from typing import Any

from temporalio.client import WorkflowHandle

from activities.failures import Expired, Refused, Rejected, Throttled, Unavailable
from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.fiscal import Receiver
from models.cfdi.invoicing import Invoicing
from models.messages import Command
from models.money import Money
from models.periods import Calendar
from models.subscribing.invoices import Charge, Funding
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from tests.samples import ANA
from workflows.ids import invoicing_id
from workflows.invoicing import InvoicingStart, InvoicingWorkflow

Handle = WorkflowHandle[Any, DocumentState | None]


async def settled(theatre: Theatre, centavos: int = 14_900, *, awake: bool = False, **more: Any) -> Handle:
    """A charge has arrived. `awake`: its process keeps to the clock on the wall."""
    source = more.pop("source", f"ch_{theatre.story}")
    order = InvoicingStart(
        tenant="acme",
        subscription="s_1",
        source=source,
        charge=Charge(source, Money(centavos), theatre.started, Funding.DEBIT),
        invoice="in_1",
        calendar=Calendar(),
        **more,
    )
    return await (theatre.still if awake else theatre.client).start_workflow(
        InvoicingWorkflow.run, order, id=invoicing_id("acme", source), task_queue=theatre.queue
    )


async def held(handle: Handle) -> None:
    """Wait until the document needs a person."""

    async def there() -> bool:
        state: Invoicing = await handle.query(InvoicingWorkflow.state)
        return state.held

    await eventually(there)


async def done(handle: Handle) -> Handle:
    assert await handle.result() is DocumentState.DELIVERED
    return handle


async def delivered(theatre: Theatre) -> Handle:
    return await done(await settled(theatre))


async def pac_down(theatre: Theatre) -> Handle:
    """Lost answers and refusals to work: the same bytes until it answers."""
    theatre.pac.script = [Unavailable("503"), "lost", Throttled("slow down", 2.0)]
    handle = await done(await settled(theatre))
    assert len(set(theatre.pac.asked)) == 1
    return handle


async def pac_dark_for_days_then_dated_anew(theatre: Theatre) -> Handle:
    """Silent past both deadlines of the law; what was never stamped is then too old, and is sealed again."""
    theatre.pac.script = [*[Throttled("dark", 20 * 3600.0)] * 5, Expired("more than 72 h", "401")]
    handle = await done(await settled(theatre))
    assert [document.version for document in theatre.documents.rows.values()] == [1, 2]
    return handle


async def rejected_then_corrected(theatre: Theatre) -> Handle:
    theatre.pac.script = [Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")]
    handle = await settled(theatre, awake=True)  # what waits for a month's end must not be hurried to it
    await held(handle)
    theatre.store.receiver = Receiver(ANA.rfc, "ANA CRUZ DE SOLORZANO", ANA.regime, ANA.postal_code)
    await handle.execute_update(InvoicingWorkflow.correct_receiver, Command("ana", "constancia received"))
    return await done(handle)


async def never_corrected(theatre: Theatre) -> Handle:
    theatre.pac.script = [Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")]
    handle = await settled(theatre)
    assert await handle.result() is DocumentState.GENERAL_PUBLIC  # a month's end later
    return handle


async def no_stamps_left_then_retried(theatre: Theatre) -> Handle:
    theatre.pac.script = [Refused("no stamps left", "718")]
    handle = await settled(theatre)
    await held(handle)
    await handle.execute_update(InvoicingWorkflow.retry, Command("ops", "stamps bought"))
    return await done(handle)


async def mailbox_refuses_then_retried(theatre: Theatre) -> Handle:
    theatre.mail.failures = [Refused("no such mailbox", "550")]
    handle = await settled(theatre)
    await held(handle)
    await handle.execute_update(InvoicingWorkflow.retry, Command("ana", "address corrected"))
    return await done(handle)


async def kept_for_the_general_public(theatre: Theatre) -> Handle:
    theatre.store.receiver = None
    handle = await settled(theatre)
    assert await handle.result() is DocumentState.GENERAL_PUBLIC
    return handle


async def charge_of_nothing(theatre: Theatre) -> Handle:
    handle = await settled(theatre, 0)
    assert await handle.result() is None
    return handle


async def credit_note(theatre: Theatre) -> Handle:
    await done(await settled(theatre))
    given_back = await settled(
        theatre, 5_000, source=f"re_{theatre.story}", kind=DocumentKind.CREDIT, original=f"ch_{theatre.story}"
    )
    return await done(given_back)


STORIES = (
    delivered,
    pac_down,
    pac_dark_for_days_then_dated_anew,
    rejected_then_corrected,
    never_corrected,
    no_stamps_left_then_retried,
    mailbox_refuses_then_retried,
    kept_for_the_general_public,
    charge_of_nothing,
    credit_note,
)
