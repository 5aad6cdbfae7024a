"""Counts are exact: each use once, never past the end, however many tell of uses at one instant."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from activities.failures import Missing, Refused
from activities.gateways.store_sql import SqlStore
from models.money import Money
from models.records import Customer, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status
from models.subscribing.usage import Counted, Meter, Use
from models.telling.outgoing import EventType

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def use(number: int, quantity: int = 1, *, meter: str = "documents", window: str = "2026-11") -> Use:
    return Use("acme", "s_1", f"use-{number}", meter, window, quantity, NOW)


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    ana = Customer("acme", "c_1", "u_1", "Ana", "ana@example.mx", "+525512345678")
    await store.sign_up(ana, SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW))
    return store


async def test_a_hundred_who_tell_at_once_are_counted_to_the_last_unit(acme: SqlStore) -> None:
    answers = await asyncio.gather(*(acme.count_use(use(n), 40) for n in range(100)))
    assert sorted(answer.used for answer in answers if answer.taken) == list(range(1, 41))
    assert await acme.used("acme", "s_1") == {("documents", "2026-11"): 40}


async def test_one_use_that_is_told_ten_times_at_once_is_one(acme: SqlStore) -> None:
    answers = await asyncio.gather(*(acme.count_use(use(1, 3), 40) for _ in range(10)))
    assert {answer.used for answer in answers} == {3}
    assert sorted(answer.repeated for answer in answers) == [False, *[True] * 9]
    assert await acme.count_use(use(1, 3), 40) == Counted(taken=True, used=3, repeated=True)


async def test_what_is_refused_leaves_nothing_and_may_be_told_again(acme: SqlStore) -> None:
    assert await acme.count_use(use(1, 4), 5) == Counted(taken=True, used=4)
    assert await acme.count_use(use(2, 2), 5) == Counted(taken=False, used=4)
    assert await acme.count_use(use(3, -2), 5) == Counted(taken=True, used=2)
    assert await acme.count_use(use(2, 2), 5) == Counted(taken=True, used=4)
    assert await acme.count_use(use(4, 9), None) == Counted(taken=True, used=13)


async def test_nobody_gives_back_more_than_was_used(acme: SqlStore) -> None:
    assert await acme.count_use(use(1, -1), None) == Counted(taken=False, used=0)
    assert await acme.used("acme", "s_1") == {}


async def test_windows_and_meters_are_counted_apart(acme: SqlStore) -> None:
    await acme.count_use(use(1), 1)
    assert (await acme.count_use(use(2, window="2026-12"), 1)).taken
    assert (await acme.count_use(use(3, meter="users", window=""), 1)).taken
    assert not (await acme.count_use(use(4), 1)).taken


async def test_a_key_is_one_uses_own(acme: SqlStore) -> None:
    await acme.count_use(use(1), None)
    with pytest.raises(Refused) as caught:
        await acme.count_use(use(1, 2), None)
    assert caught.value.code == "usage_key"


async def test_nobodys_use_is_missing(acme: SqlStore) -> None:
    with pytest.raises(Missing):
        await acme.count_use(Use("acme", "s_2", "use-1", "documents", "", 1, NOW), None)


async def test_a_level_is_an_event_once_in_a_window_however_many_tell_at_once(acme: SqlStore) -> None:
    meter = Meter("documents", "2026-11", 40)
    await asyncio.gather(*(acme.count_use(use(n), 40, meter) for n in range(60)))
    await acme.count_use(use(100, -20), 40, meter)
    await asyncio.gather(*(acme.count_use(use(n), 40, meter) for n in range(200, 230)))  # up again in the same month
    told = [(event.type, event.sequence) for event, _ in await acme.events("acme", subscription="s_1")]
    assert told == [(EventType.USAGE_NEAR, 1), (EventType.USAGE_REACHED, 2)]
    later = Meter("documents", "2026-12", 10)
    await acme.count_use(use(300, 10, window="2026-12"), 10, later)
    newest = [event for event, _ in await acme.events("acme", subscription="s_1", after=2)]
    assert [event.type for event in newest] == [EventType.USAGE_REACHED]
    assert json.loads(newest[0].data) == {"meter": "documents", "window": "2026-12", "used": 10, "most": 10}
