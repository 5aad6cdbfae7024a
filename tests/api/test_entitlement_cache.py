"""Answers that are given again for a moment, and never for longer than that."""

import asyncio
from dataclasses import replace

import pytest

from activities.failures import Unavailable
from api import entitlement_cache
from api.deps import Context
from api.entitlement_cache import EntitlementCache
from models.subscribing.subscriptions import Status
from tests.api.conftest import ANA, World

KEY = ("acme", "user-1042")


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.reads = 0
        monkeypatch.setattr(entitlement_cache.time, "monotonic", lambda: self.now)

    async def read(self) -> bytes:
        self.reads += 1
        await asyncio.sleep(0)
        return f"{self.reads}".encode()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_an_answer_is_given_again_until_its_time_is_over(clock: Clock) -> None:
    cache = EntitlementCache(2.0)
    first = await cache.get(KEY, clock.read)
    clock.now += 1.99
    assert await cache.get(KEY, clock.read) is first
    clock.now += 0.01
    second = await cache.get(KEY, clock.read)
    assert (second.body, second.etag == first.etag) == (b"2", False)
    assert (await cache.get(("other", "user-1042"), clock.read)).body == b"3"


async def test_its_time_begins_when_the_reading_does(clock: Clock) -> None:
    """What was read before a change must not be given for the whole time after it."""

    async def slow() -> bytes:
        clock.now += 1.5
        return b"old"

    cache = EntitlementCache(2.0)
    await cache.get(KEY, slow)
    clock.now += 0.6
    assert (await cache.get(KEY, clock.read)).body == b"1"


async def test_a_hundred_who_ask_at_once_are_answered_by_one_reading(clock: Clock) -> None:
    cache = EntitlementCache(2.0)
    assert {kept.body for kept in await asyncio.gather(*(cache.get(KEY, clock.read) for _ in range(100)))} == {b"1"}


async def test_a_failure_is_told_to_who_waited_and_is_not_kept(clock: Clock) -> None:
    async def down() -> bytes:
        await asyncio.sleep(0)
        raise Unavailable("SQL is away")

    cache = EntitlementCache(2.0)
    told = await asyncio.gather(*(cache.get(KEY, down) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in told] == [Unavailable] * 3
    assert (await cache.get(KEY, clock.read)).body == b"1"


async def test_where_the_reader_goes_away_whoever_waited_is_told_to_come_again(clock: Clock) -> None:
    async def forever() -> bytes:
        await asyncio.Event().wait()
        return b""

    cache = EntitlementCache(2.0)
    leader = asyncio.create_task(cache.get(KEY, forever))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(cache.get(KEY, forever))
    await asyncio.sleep(0)
    leader.cancel()
    with pytest.raises(Unavailable):
        await waiting
    assert (await cache.get(KEY, clock.read)).body == b"1"


async def test_what_was_forgotten_while_it_was_read_is_read_anew(clock: Clock) -> None:
    cache = EntitlementCache(2.0)
    reading = asyncio.create_task(cache.get(KEY, clock.read))
    await asyncio.sleep(0)
    cache.forget(KEY)
    await reading
    assert (await cache.get(KEY, clock.read)).body == b"2"


async def test_the_oldest_answers_make_room(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entitlement_cache, "MOST", 2)
    cache = EntitlementCache(2.0)
    for name in ("a", "b", "c", "a"):
        await cache.get((name,), clock.read)
    assert clock.reads == 4


async def test_a_product_that_asks_again_is_told_that_nothing_has_changed_and_is_behind_for_no_longer_than_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    context: Context = world.app.state.context
    monkeypatch.setattr(context.entitlements, "seconds", 30.0)
    subscription, path = await world.signed_up(), f"/v1/entitlements/{ANA['customer_reference']}"
    first = await world.get(path)
    assert (first.json()["access"], first.headers["cache-control"]) == ("full", "private, no-cache")
    head = {"Authorization": f"Bearer {world.key}", "If-None-Match": first.headers["etag"]}
    assert (await world.http.get(path, headers=head)).status_code == 304
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.SUSPENDED))
    assert (await world.get(path)).json()["access"] == "full"  # within its time
    monkeypatch.setattr(context.entitlements, "seconds", 0.0)
    assert (await world.http.get(path, headers=head)).json()["access"] == "blocked"


async def test_use_told_here_is_seen_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    context: Context = world.app.state.context
    monkeypatch.setattr(context.entitlements, "seconds", 30.0)
    await world.signed_up()
    path = f"/v1/entitlements/{ANA['customer_reference']}"
    assert (await world.get(path)).json()["meters"][0]["used"] == 0
    use = {"key": "u1", "meter": "documents", "quantity": 3, "customer_reference": ANA["customer_reference"]}
    assert (await world.post("/v1/usage", use)).status_code == 200
    assert (await world.get(path)).json()["meters"][0]["used"] == 3
