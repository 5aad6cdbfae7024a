"""Places among a customer's reminders, and wishes about channels, on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.gateways.store_sql import SqlStore
from models.collecting.contact import Contact
from models.money import Money
from models.periods import Calendar
from models.records import Customer, Delivery, NoticeRecord, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.subscriptions import Status

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
ANA = Customer("acme", "c_ana", "u_1", "Ana", "ana@example.mx", "+525512345678")
SUB = SubscriptionRecord("acme", "s_1", "c_ana", "pro", Status.INCOMPLETE, NOW, NOW)


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    """Ana has signed up."""
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.sign_up(ANA, SUB)
    return store


def reminder(key: str, subscription: str, **changes: object) -> NoticeRecord:
    record = NoticeRecord(
        "acme", key, Channel.WHATSAPP, NoticeKind.UPDATE_CARD, subscription, Delivery.SENDING, "", NOW
    )
    return replace(record, **changes)  # type: ignore[arg-type]


async def test_cases_of_one_customer_share_the_cap_whoever_asks_first(acme: SqlStore) -> None:
    await acme.save_subscription(replace(SUB, id="s_2", status=Status.CANCELED))
    once, calendar = Contact(per_week=1), Calendar()
    asked = [acme.count_reminder(reminder(f"in_{n}/x", f"s_{n % 2 + 1}"), once, calendar) for n in range(6)]
    free = await asyncio.gather(*asked)
    assert sorted(free) == [NOW] + [NOW + timedelta(days=7)] * 5
    (mine,) = [n for name in ("s_1", "s_2") for n in await acme.notices("acme", name)]
    assert await acme.count_reminder(reminder(mine.key, mine.subscription), once, calendar) == NOW  # asked again
    await acme.save_notice(replace(mine, delivery=Delivery.SUPERSEDED))  # it never left: the place is free
    assert await acme.count_reminder(reminder("in_9/x", "s_1"), once, calendar) == NOW


async def test_warnings_and_other_customers_messages_take_no_place_among_reminders(acme: SqlStore) -> None:
    once = Contact(per_week=1)
    for kind in (NoticeKind.SUSPENDED, NoticeKind.PAYMENT_RECEIVED):
        await acme.save_notice(reminder(f"in_1/{kind}", "s_1", kind=kind, delivery=Delivery.SENT))
    await acme.save_notice(reminder("in_0/x", "s_1", delivery=Delivery.SENT, requested_at=NOW - timedelta(days=8)))
    assert await acme.count_reminder(reminder("in_1/x", "s_1"), once, Calendar()) == NOW


async def test_a_channel_is_given_up_once_and_taken_up_again(acme: SqlStore) -> None:
    assert await acme.opt_out("acme", "c_ana", Channel.WHATSAPP, at=NOW, word="BAJA")
    assert not await acme.opt_out("acme", "c_ana", Channel.WHATSAPP, at=NOW, word="ALTO")
    assert await acme.opted_out("acme", "c_ana") == {Channel.WHATSAPP}
    assert await acme.opt_in("acme", "c_ana", Channel.WHATSAPP)
    assert not await acme.opt_in("acme", "c_ana", Channel.WHATSAPP)
    assert await acme.opted_out("acme", "c_ana") == frozenset()
