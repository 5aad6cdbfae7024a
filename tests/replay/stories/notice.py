"""What becomes of messages."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from temporalio.client import WorkflowHandle

from activities.failures import Refused, Unavailable
from models.collecting.contact import ANYTIME, Contact
from models.periods import Calendar
from models.records import Delivery, NoticeRecord
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from tests.conftest import eventually
from tests.replay.theatre import Theatre
from tests.samples import PRICE, overdue
from workflows.ids import notice_id

Handle = WorkflowHandle[Any, Any]


async def requested(
    theatre: Theatre,
    *,
    still: bool = False,
    contact: Contact | None = None,
    calendar: Calendar | None = None,
    kind: NoticeKind = NoticeKind.UPDATE_CARD,
) -> Handle:
    invoice = f"in_{theatre.story}"
    if invoice not in theatre.payments.invoices:
        theatre.payments.add(overdue(invoice, theatre.started))
    order = NoticeRequest(
        "acme",
        f"{invoice}/{kind}",
        kind,
        "s_1",
        calendar or Calendar(),
        invoice,
        PRICE,
        on=theatre.started,
        contact=contact or ANYTIME,
    )
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


async def waits_for_the_morning(theatre: Theatre) -> Handle:
    """And counts itself among the customer's reminders before it leaves."""
    contact = Contact(sundays=True, per_week=2)
    handle = await requested(theatre, contact=contact, calendar=Calendar(zone=night(theatre.started)))
    assert await handle.result() is Delivery.SENT
    return handle


async def dropped_as_too_late(theatre: Theatre) -> Handle:
    """Another case of the customer's has had this week's only reminder."""
    known = NoticeRecord(
        "acme", "in_another/x", Channel.EMAIL, NoticeKind.PAYMENT_FAILED, "s_2", Delivery.SENT, "", theatre.started
    )
    theatre.store.notices[known.key, known.channel] = known
    handle = await requested(theatre, contact=replace(ANYTIME, per_week=1))
    assert await handle.result() is Delivery.SUPERSEDED
    assert theatre.messenger.sent == []
    return handle


async def whatsapp_fails_sms_follows(theatre: Theatre) -> Handle:
    handle = await requested(theatre, still=True)
    await told(theatre, handle, (Delivery.FAILED, "63016"))
    await eventually(lambda: Channel.SMS in theatre.messenger.by)
    await handle.signal("delivery_reported", args=[Delivery.DELIVERED, "", Channel.SMS])
    assert await handle.result() is Delivery.DELIVERED
    return handle


def night(now: datetime) -> str:
    """A zone in which it is two in the morning."""
    offset = (2 - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-offset:+d}"  # POSIX counts westwards


async def summary_arrives_and_is_told(theatre: Theatre) -> Handle:
    """A subscription's process waits for this message; here there is none any more."""
    handle = await requested(theatre, still=True, kind=NoticeKind.PLAN_CHANGE_SUMMARY)
    await told(theatre, handle, (Delivery.DELIVERED, ""))
    assert await handle.result() is Delivery.DELIVERED
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
    waits_for_the_morning,
    dropped_as_too_late,
    whatsapp_fails_sms_follows,
    whatsapp_fails_mail_follows,
    whatsapp_refused_mail_follows,
    nobody_reports_mail_follows,
    summary_arrives_and_is_told,
    superseded,
)
