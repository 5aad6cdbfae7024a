"""One message: sent once, followed, by e-mail when WhatsApp fails."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.testing import ActivityEnvironment

from activities.failures import Refused, Throttled, Unavailable
from activities.ports.messenger import Sent
from models.collecting.contact import ANYTIME, Contact
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from tests.conftest import Stage, eventually
from tests.fakes.messenger import FakeMessenger
from tests.samples import PRICE, overdue
from workflows.notice import NoticeWorkflow


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(NoticeWorkflow):
        yield stage


def request(stage: Stage, kind: NoticeKind = NoticeKind.UPDATE_CARD) -> NoticeRequest:
    invoice = f"in_{uuid.uuid4().hex[:8]}"
    now = datetime.now(UTC)
    stage.payments.add(overdue(invoice, now))
    due = now + timedelta(days=3)
    return NoticeRequest("acme", f"{invoice}/{kind}", kind, "s_1", Calendar(), invoice, PRICE, on=due, contact=ANYTIME)


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


def zone_at(hour: int) -> str:
    """A zone in which it is that hour now."""
    offset = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-offset:+d}"  # POSIX counts westwards


class Clocked(FakeMessenger):
    """Notes at what instant of the process's own clock each message left."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, datetime] = {}

    async def send(self, **message: Any) -> Sent:
        self.left[activity.info().workflow_id or ""] = activity.info().started_time
        return await super().send(**message)


async def test_no_message_leaves_in_quiet_hours_whatever_the_hour_it_is_asked_for_and_warnings_wait_too(
    at_work: Stage,
) -> None:
    clock = at_work.messenger = Clocked()
    stage = replace(at_work, queue=f"{at_work.queue}-clocked", messenger=clock)
    asked = {}
    async with stage.working(NoticeWorkflow):
        # A warning, what is capped, and what no policy speaks for, at every hour of the day.
        kinds = cycle(
            [
                (NoticeKind.UPDATE_CARD, Contact()),
                (NoticeKind.SUSPENDED, Contact()),
                *((kind, None) for kind in (NoticeKind.RENEWAL, NoticeKind.PAYMENT_RECEIVED, NoticeKind.TAX_INVOICE)),
            ]
        )
        for hour in range(0, 24, 3):
            kind, contact = next(kinds)
            order = replace(request(stage, kind), contact=contact, calendar=Calendar(zone=zone_at(hour)))
            asked[(await started(stage, order)).id] = order
        await eventually(lambda: set(clock.left) == set(asked), seconds=60)
    for name, left in clock.left.items():
        local = asked[name].calendar.local(left)
        assert 7 <= local.hour < 22
        assert local.weekday() != 6
        assert left < datetime.now(UTC) + timedelta(hours=35)


async def test_a_message_taken_by_a_worker_at_three_in_the_morning_does_not_leave(stage: Stage) -> None:
    night = datetime(2026, 11, 20, 3, tzinfo=ZoneInfo("America/Mexico_City"))
    order = replace(request(stage), contact=Contact())
    env = ActivityEnvironment()
    env.info = replace(env.info, started_time=night)
    send = next(verb for verb in stage.activities() if verb.__name__ == "send_whatsapp")
    report = await env.run(send, order)
    assert (report.delivery, stage.messenger.sent, stage.store.notices) == (Delivery.SENDING, [], {})
    env.info = replace(env.info, started_time=night + timedelta(hours=4))
    assert (await env.run(send, order)).delivery is Delivery.SENT


async def test_an_answer_to_the_customers_own_message_leaves_at_once(at_work: Stage) -> None:
    answer = request(at_work, NoticeKind.PROMISE_LINK)
    handle = await started(at_work, replace(answer, contact=None, calendar=Calendar(zone=zone_at(3))), still=True)
    await sent(at_work)
    await handle.terminate()


async def test_a_renewal_is_not_announced_once_it_is_past(at_work: Stage) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    order = replace(request(at_work, NoticeKind.RENEWAL), contact=None, calendar=Calendar(zone=zone_at(2)), on=soon)
    assert await (await started(at_work, order)).result() is Delivery.SUPERSEDED
    assert at_work.messenger.sent == []


async def test_two_cases_of_a_customer_share_the_cap_and_what_comes_days_too_late_is_dropped(at_work: Stage) -> None:
    apart = replace(ANYTIME, apart=timedelta(hours=48))
    orders = [replace(request(at_work), contact=apart) for _ in range(3)]
    ended = [await (await started(at_work, order)).result() for order in orders]
    assert ended == [Delivery.SENT, Delivery.SENT, Delivery.SUPERSEDED]
    first, second = (at_work.store.notices[order.key, Channel.WHATSAPP].requested_at for order in orders[:2])
    assert second - first >= timedelta(hours=48)
    assert at_work.store.notices[orders[2].key, Channel.WHATSAPP].error == "too late"
    assert len(at_work.messenger.sent) == 2


async def test_a_warning_leaves_though_the_cap_is_reached(at_work: Stage) -> None:
    once = replace(ANYTIME, per_week=1)
    await (await started(at_work, replace(request(at_work), contact=once))).result()
    warning = replace(request(at_work, NoticeKind.DELETION_WARNING), contact=once, warning=True)
    assert await (await started(at_work, warning)).result() is Delivery.SENT
    assert [kind for kind, _, _ in at_work.messenger.sent] == [NoticeKind.UPDATE_CARD, NoticeKind.DELETION_WARNING]


@pytest.fixture
async def with_sms(stage: Stage) -> AsyncIterator[Stage]:
    stage.sms = True
    async with stage.working(NoticeWorkflow):
        yield stage


@pytest.mark.parametrize("code", ["63016", "a code nobody has seen"])
async def test_where_whatsapp_fails_a_text_message_follows_and_then_mail(with_sms: Stage, code: str) -> None:
    with_sms.messenger.failures = [Refused("no", code)]
    assert await (await started(with_sms, request(with_sms))).result() is Delivery.SENT
    assert with_sms.messenger.by == [Channel.SMS]  # nobody reported on it
    assert len(with_sms.mail.sent) == 1


async def test_a_late_failure_of_whatsapp_does_not_end_the_wait_for_the_text_message(with_sms: Stage) -> None:
    with_sms.messenger.failures = [Refused("no", "63016")]
    handle = await started(with_sms, request(with_sms), still=True)
    await sent(with_sms)
    await handle.signal(NoticeWorkflow.delivery_reported, args=[Delivery.FAILED, "63016", Channel.WHATSAPP])
    await handle.signal(NoticeWorkflow.delivery_reported, args=[Delivery.DELIVERED, "", Channel.SMS])
    assert await handle.result() is Delivery.DELIVERED
    assert with_sms.mail.sent == {}


async def test_whoever_opted_out_of_whatsapp_gets_mail_and_no_text_message(with_sms: Stage) -> None:
    with_sms.store.opt_outs = {Channel.WHATSAPP: "BAJA"}
    assert await (await started(with_sms, request(with_sms))).result() is Delivery.SENT
    assert (with_sms.messenger.by, len(with_sms.mail.sent)) == ([], 1)


async def test_an_opt_out_that_only_the_messenger_knows_of_is_kept(with_sms: Stage) -> None:
    with_sms.messenger.failures = [Refused("opted out", "21610")]
    assert await (await started(with_sms, request(with_sms))).result() is Delivery.SENT
    assert with_sms.store.opt_outs == {Channel.WHATSAPP: "21610"}
    assert (with_sms.messenger.by, len(with_sms.mail.sent)) == ([], 1)


@pytest.mark.parametrize("channel", list(Channel))
async def test_a_channel_that_is_named_is_the_only_one(with_sms: Stage, channel: Channel) -> None:
    with_sms.messenger.failures = [Refused("no", "30008")]
    order = replace(request(with_sms), channel=channel)
    mailed = channel is Channel.EMAIL
    assert await (await started(with_sms, order)).result() is (Delivery.SENT if mailed else Delivery.FAILED)
    assert (with_sms.messenger.by, len(with_sms.mail.sent)) == ([], int(mailed))


def test_two_notices_of_one_cause_share_a_key(stage: Stage) -> None:
    order = request(stage)
    assert replace(order).key == order.key
