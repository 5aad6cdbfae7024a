"""The networks' budget: so many attempts on a card in 30 days, over every case and flow."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.gateways.store_sql import SqlStore
from models.records import CardAttempt, Tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    for tenant in ("acme", "other"):
        await store.create_tenant(Tenant(tenant, tenant))
    return store


FIRST = CardAttempt("acme", "in_1/attempt-1", "card", "in_1", NOW)


def attempt(number: int, *, days: float = 0, **more: object) -> CardAttempt:
    told = replace(FIRST, key=f"in_{number}/attempt-1", invoice=f"in_{number}", at=NOW + timedelta(days=days))
    return replace(told, **more)  # type: ignore[arg-type]


async def test_the_budget_of_a_card_is_never_exceeded_in_any_30_days(acme: SqlStore) -> None:
    tried = [day for day in range(0, 120, 2) if await acme.may_attempt(attempt(day, days=day), 3)]
    for begin in range(90):
        assert sum(begin <= day < begin + 30 for day in tried) <= 3
    assert len(tried) > 9


async def test_the_same_attempt_asked_for_twice_counts_once(acme: SqlStore) -> None:
    assert await acme.may_attempt(attempt(1), 1)
    assert await acme.may_attempt(attempt(1), 1)
    assert not await acme.may_attempt(attempt(2), 1)


async def test_two_cases_cannot_both_have_the_last_attempt(acme: SqlStore) -> None:
    answers = await asyncio.gather(*(acme.may_attempt(attempt(n), 4) for n in range(12)))
    assert sum(answers) == 4


async def test_another_card_and_another_tenant_have_their_own(acme: SqlStore) -> None:
    assert await acme.may_attempt(attempt(1), 1)
    assert await acme.may_attempt(attempt(2, card="other"), 1)
    assert await acme.may_attempt(attempt(1, tenant="other"), 1)


async def test_a_card_refused_for_good_is_left_alone_until_it_is_given_anew(acme: SqlStore) -> None:
    assert await acme.may_attempt(attempt(1), 9)
    await acme.refuse_card("acme", "in_1/attempt-1")
    assert not await acme.may_attempt(attempt(2, days=60), 9)
    assert await acme.may_attempt(attempt(3, days=60, fresh=True), 9)
