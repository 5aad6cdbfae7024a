"""One message: sent once, followed, by e-mail when WhatsApp fails."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from activities.failures import Refused, Throttled, Unavailable
from models.notices import NoticeKind, NoticeRequest
from models.periods import Calendar
from models.records import Channel, Delivery
from tests.conftest import Stage, eventually
from tests.fakes import PRICE, overdue
from workflows.notice import NoticeWorkflow


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(NoticeWorkflow):
        yield stage


def request(stage: Stage, kind: NoticeKind = NoticeKind.UPDATE_CARD) -> NoticeRequest:
    invoice = f"in_{uuid.uuid4().hex[:8]}"
    now = datetime.now(UTC)
    stage.payments.add(overdue(invoice, now))
    return NoticeRequest("acme", f"{invoice}/{kind}", kind, "s_1", Calendar(), invoice, PRICE, on=now)


async def started(stage: Stage, order: NoticeRequest, *, still: bool = False) -> WorkflowHandle[Any, Delivery]:
    client = stage.still if still else stage.client
    return await client.start_workflow(NoticeWorkflow.run, order, id=f"notice:acme:{order.key}", task_queue=stage.queue)


async def sent(stage: Stage) -> None:
    await eventually(lambda: any(n.delivery is Delivery.SENT for n in stage.store.notices.values()))


async def test_a_delivered_message_is_sent_once_and_no_mail_follows(at_work: Stage) -> None:
    handle = await started(at_work, request(at_work), still=True)
    await sent(at_work)
    await handle.signal(NoticeWorkflow.delivery_reported, args=[Delivery.DELIVERED, ""])
    assert await handle.result() is Delivery.DELIVERED
    assert len(at_work.messenger.sent) == 1
    assert at_work.mail.sent == {}


async def test_reports_out_of_order_do_not_undo_a_delivery(at_work: Stage) -> None:
    handle = await started(at_work, request(at_work), still=True)
    await sent(at_work)
    for delivery in (Delivery.DELIVERED, Delivery.SENT, Delivery.FAILED):
        await handle.signal(NoticeWorkflow.delivery_reported, args=[delivery, ""])
    assert await handle.result() is Delivery.DELIVERED


async def test_a_message_whatsapp_refuses_goes_by_mail(at_work: Stage) -> None:
    order = request(at_work)
    at_work.messenger.failures = [Refused("opted out", "21610")]
    handle = await started(at_work, order)
    assert await handle.result() is Delivery.SENT
    assert list(at_work.mail.sent) == [f"acme/{order.key}"]
    assert at_work.store.notices[order.key, Channel.WHATSAPP].error == "21610"


@pytest.mark.parametrize("code", ["63016", "63018", "30008", "a code nobody has seen"])
async def test_any_failure_reported_later_goes_by_mail_too(at_work: Stage, code: str) -> None:
    order = request(at_work)
    handle = await started(at_work, order, still=True)
    await sent(at_work)
    await handle.signal(NoticeWorkflow.delivery_reported, args=[Delivery.FAILED, code])
    assert await handle.result() is Delivery.SENT
    assert len(at_work.mail.sent) == 1


async def test_a_message_nobody_reports_on_goes_by_mail_after_an_hour(at_work: Stage) -> None:
    handle = await started(at_work, request(at_work))
    assert await handle.result() is Delivery.SENT
    assert len(at_work.mail.sent) == 1


async def test_a_messenger_out_of_reach_for_an_hour_is_given_up_for_the_mail(at_work: Stage) -> None:
    at_work.messenger.failures = [Unavailable("503")] * 1000
    handle = await started(at_work, request(at_work))
    assert await handle.result() is Delivery.SENT
    assert len(at_work.mail.sent) == 1


async def test_a_chasing_message_is_dropped_when_the_money_is_there(at_work: Stage) -> None:
    order = request(at_work)
    at_work.payments.pay(order.invoice, datetime.now(UTC))
    handle = await started(at_work, order)
    assert await handle.result() is Delivery.SUPERSEDED
    assert (at_work.messenger.sent, at_work.mail.sent) == ([], {})


async def test_a_confirmation_is_sent_though_the_invoice_is_paid(at_work: Stage) -> None:
    order = request(at_work, NoticeKind.PAYMENT_RECEIVED)
    at_work.payments.pay(order.invoice, datetime.now(UTC))
    handle = await started(at_work, order)
    await handle.result()
    assert len(at_work.messenger.sent) == 1


async def test_a_lost_answer_is_looked_up_and_the_message_goes_out_once(at_work: Stage) -> None:
    at_work.messenger.lose_answer = 1
    handle = await started(at_work, request(at_work))
    await handle.result()
    assert len(at_work.messenger.sent) == 1


async def test_a_throttled_or_silent_messenger_is_asked_again(at_work: Stage) -> None:
    at_work.messenger.failures = [Throttled("slow down", 1), Unavailable("503")]
    handle = await started(at_work, request(at_work))
    await handle.result()
    assert len(at_work.messenger.sent) == 1


async def test_the_text_names_the_customer_and_a_link_but_the_history_does_not(at_work: Stage) -> None:
    handle = await started(at_work, request(at_work))
    await handle.result()
    (_, to, body), *_ = at_work.messenger.sent
    assert to == "+525512345678"
    assert "Ana" in body
    assert "https://perdura.test/go/" in body
    history = str([event async for event in handle.fetch_history_events()])
    assert "Hola Ana" not in history
    assert "5512345678" not in history


def test_two_notices_of_one_cause_share_a_key(stage: Stage) -> None:
    order = request(stage)
    assert replace(order).key == order.key
