"""Two processes that write the same row in the same moment: one of them is first, and nothing is told twice or lost. Both databases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from activities.gateways.store_sql import SqlStore
from models.access.keys import digest
from models.access.permissions import Role
from models.access.sessions import Session
from models.access.users import User
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import Tenant
from models.subscribing.subscriptions import Status
from models.telling.endpoints import Endpoint
from models.telling.outgoing import EventType
from tests.activities.gateways.sql.lived import CASE, GRACIELA, NOW, SUB, Plan
from tests.keys import KEYRING

OPEN = replace(CASE, stage=Stage.GRACE, outcome=None, paid_at=None, closed_at=None)
MANY = 12


@pytest.fixture
async def both(store: SqlStore, empty_database: str) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """One business with one subscriber, and two stores on its database."""
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.sign_up(GRACIELA, SUB)
    await store.add_endpoint(Endpoint("acme", "we_all", "https://acme.example/hooks", NOW, "whsec_c2VjcmV0"))
    rival = SqlStore(empty_database, KEYRING)
    yield store, rival
    await rival.close()


async def told(store: SqlStore) -> Counter[str]:
    return Counter(event.type for event, _ in await store.events("acme", subscription="s_1"))


async def test_one_change_of_a_subscription_is_told_once(both: tuple[SqlStore, SqlStore]) -> None:
    before = await told(both[0])
    overdue = replace(SUB, status=Status.PAST_DUE)
    await asyncio.gather(*(store.save_subscription(overdue) for _ in range(MANY) for store in both))
    news = await told(both[0]) - before
    assert news
    assert set(news.values()) == {1}
    kept = await both[1].subscription("acme", "s_1")
    assert kept is not None
    assert kept.status is Status.PAST_DUE


async def test_a_canceled_subscription_stays_so_whoever_wrote_in_the_same_moment(
    both: tuple[SqlStore, SqlStore],
) -> None:
    ways = [replace(SUB, status=status) for status in (Status.PAST_DUE, Status.CANCELED, Status.SUSPENDED)]
    await asyncio.gather(*(store.save_subscription(way) for way in ways * 4 for store in both))
    kept = await both[0].subscription("acme", "s_1")
    assert kept is not None
    assert kept.status is Status.CANCELED
    assert (await told(both[0]))["subscription.canceled"] == 1


async def test_one_case_is_opened_and_closed_once(both: tuple[SqlStore, SqlStore]) -> None:
    await asyncio.gather(*(store.save_case(OPEN) for _ in range(MANY) for store in both))
    opened = await told(both[0])
    assert opened
    assert set(opened.values()) == {1}
    voided = replace(OPEN, stage=Stage.CLOSED, outcome=Outcome.VOIDED, closed_at=NOW)
    given_up = replace(voided, outcome=Outcome.WRITTEN_OFF)
    await asyncio.gather(*(store.save_case(end) for end in [voided, given_up, OPEN] * 4 for store in both))
    (kept,) = await both[1].cases("acme", "s_1")
    closed = await told(both[0]) - opened
    told_as = {Outcome.VOIDED: EventType.INVOICE_VOIDED, Outcome.WRITTEN_OFF: EventType.WRITTEN_OFF}
    assert kept.outcome is not None
    assert closed == {told_as[kept.outcome]: 1}


async def test_a_refresh_token_that_comes_twice_at_once_lets_one_in_and_then_nobody(
    both: tuple[SqlStore, SqlStore],
) -> None:
    store, rival = both
    user = User("acme", "u_1", "sofia@acme.mx", Role.OWNER, NOW, "hash")
    await store.add_user(user)
    for number in range(MANY):
        session = Session("acme", f"z_{number}", "u_1", NOW, NOW + timedelta(days=30))
        used = digest(f"used-{number}")
        await store.open_session(session, used)
        answers = await asyncio.gather(
            *(each.refresh_session(used, digest(f"{number}-{way}"), NOW) for way, each in enumerate((store, rival)))
        )
        assert len([each for each in answers if each is not None]) <= 1, number
        assert await store.session_user("acme", session.id, NOW) is None, number
        for way in range(2):
            assert await store.refresh_session(digest(f"{number}-{way}"), digest("next"), NOW) is None
