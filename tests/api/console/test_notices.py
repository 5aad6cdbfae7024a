"""Messages in the console: found, narrowed, and read as they were sent."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from models.records import Delivery, NoticeRecord
from models.speaking.notices import Channel, NoticeKind
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in


@pytest.fixture
async def told(world: World) -> NoticeRecord:
    """Ana was written to by WhatsApp, in vain, and then by e-mail."""
    subscription = await world.signed_up()
    record = NoticeRecord(
        "acme",
        "in_1/payment_failed",
        Channel.WHATSAPP,
        NoticeKind.PAYMENT_FAILED,
        subscription,
        Delivery.FAILED,
        "Hola Ana:\nno pudimos cobrar <$149.00>.",
        NOW,
        error="63016: outside the window",
    )
    await world.store.save_notice(record)
    await world.store.save_notice(replace(record, channel=Channel.EMAIL, delivery=Delivery.DELIVERED, error=""))
    return record


async def test_the_list_tells_whom_by_what_and_what_became_of_it(world: World, told: NoticeRecord) -> None:
    browser = await signed_in(world)
    page = await browser.page("/console/notices")
    assert page.count("No pudimos cobrar</a>") == 2
    assert "Ana López" in page
    assert "No llegó" in page
    narrow = await browser.page("/console/notices?channel=email&delivery=&kind=payment_failed")
    assert narrow.count("No pudimos cobrar</a>") == 1
    assert "Ningún mensaje así" in await browser.page("/console/notices?kind=canceled")


async def test_one_is_shown_as_it_was_sent_with_its_way(world: World, told: NoticeRecord) -> None:
    browser = await signed_in(world)
    page = await browser.page("/console/notices/whatsapp/in_1/payment_failed")
    assert "no pudimos cobrar &lt;$149.00&gt;." in page
    assert "63016: outside the window" in page
    assert "/console/notices/email/in_1/payment_failed" in page
    assert (await browser.get("/console/notices/sms/in_1/payment_failed")).status_code == 404


async def test_pages_follow_one_another(world: World, told: NoticeRecord) -> None:
    for number in range(60):
        at = NOW + timedelta(minutes=number)
        await world.store.save_notice(replace(told, key=f"in_{number}/renewal", requested_at=at))
    browser = await signed_in(world)
    page = await browser.page("/console/notices")
    assert page.count("/console/notices/whatsapp/in_") == 50
    older = re.search(r'href="/console/notices\?([^"]+)">Anteriores<', page)
    assert older is not None
    assert (await browser.page(f"/console/notices?{unescape(older[1])}")).count("/console/notices/whatsapp/in_") == 11
    assert (await browser.get("/console/notices?cursor=nonsense")).status_code == 422


async def test_nothing_of_another_business_is_shown(world: World, told: NoticeRecord) -> None:
    other: Browser = await signed_in(world, tenant="other")
    assert "Ana López" not in await other.page("/console/notices")
    assert (await other.get("/console/notices/whatsapp/in_1/payment_failed")).status_code == 404
