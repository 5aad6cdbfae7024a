"""What becomes of messages."""

from typing import Any

from temporalio.client import WorkflowHandle

from activities.failures import Refused, Unavailable
from models.notices import NoticeKind, NoticeRequest
from models.periods import Calendar
from models.records import Delivery
from tests.conftest import eventually
from tests.fakes import PRICE, overdue
from tests.replay.theatre import Theatre
from workflows.interface import notice_id

Handle = WorkflowHandle[Any, Any]


async def requested(theatre: Theatre, *, still: bool = False) -> Handle:
    invoice, kind = f"in_{theatre.story}", NoticeKind.UPDATE_CARD
    if invoice not in theatre.payments.invoices:
        theatre.payments.add(overdue(invoice, theatre.started))
    order = NoticeRequest("acme", f"{invoice}/{kind}", kind, "s_1", Calendar(), invoice, PRICE, on=theatre.started)
    await theatre.door(still=still).request_notice(order)
    return theatre.client.get_workflow_handle(notice_id(order.tenant, order.key), result_type=Delivery)


async def told(theatre: Theatre, handle: Handle, *reports: tuple[Delivery, str]) -> None:
    """The messenger reports, once the message is out."""
    await eventually(lambda: any(notice.delivery is Delivery.SENT for notice in theatre.store.notices.values()))
    for delivery, error in reports:
        await handle.signal("delivery_reported", args=[delivery, error])


async def delivered(theatre: Theatre) -> Handle:
    """The reports come in the wrong order; what is final stays."""
    handle = await requested(theatre, still=True)
    await told(theatre, handle, (Delivery.DELIVERED, ""), (Delivery.SENT, ""))
    assert await handle.result() is Delivery.DELIVERED
    return handle


async def whatsapp_fails_mail_follows(theatre: Theatre) -> Handle:
    handle = await requested(theatre, still=True)
    await told(theatre, handle, (Delivery.FAILED, "63016"))
    assert await handle.result() is Delivery.SENT
    assert len(theatre.mail.sent) == 1
    return handle


async def whatsapp_refused_mail_follows(theatre: Theatre) -> Handle:
    theatre.messenger.failures = [Unavailable("503"), Refused("opted out", "21610")]
    handle = await requested(theatre)
    assert await handle.result() is Delivery.SENT
    return handle


async def nobody_reports_mail_follows(theatre: Theatre) -> Handle:
    handle = await requested(theatre)
    assert await handle.result() is Delivery.SENT
    assert (len(theatre.messenger.sent), len(theatre.mail.sent)) == (1, 1)
    return handle


async def superseded(theatre: Theatre) -> Handle:
    invoice = f"in_{theatre.story}"
    theatre.payments.add(overdue(invoice, theatre.started))
    theatre.payments.pay(invoice, theatre.started)
    handle = await requested(theatre)
    assert await handle.result() is Delivery.SUPERSEDED
    return handle


STORIES = (
    delivered,
    whatsapp_fails_mail_follows,
    whatsapp_refused_mail_follows,
    nobody_reports_mail_follows,
    superseded,
)
