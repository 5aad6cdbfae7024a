"""Writes committed together fail apart: what one did wrong, the others do not suffer for."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from activities.gateways.sql.commits import TOGETHER, GroupCommit

THINGS = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
NOWHERE = Table("nowhere", MetaData(), Column("id", Integer, primary_key=True))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/things.db")
    async with engine.begin() as connection:
        await connection.run_sync(THINGS.metadata.create_all)
    return engine


async def names(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.scalars(select(THINGS.c.name).order_by(THINGS.c.id))).all())


async def test_waiting_writes_share_few_commits(engine: AsyncEngine) -> None:
    begun = 0

    def begin():  # type: ignore[no-untyped-def]
        nonlocal begun
        begun += 1
        return engine.begin()

    group = GroupCommit(begin=begin, single=begin)
    many = TOGETHER * 2
    touched = await asyncio.gather(*(group.write(insert(THINGS), {"id": n, "name": str(n)}) for n in range(many)))
    assert set(touched) == {1}
    assert len(await names(engine)) == many
    assert begun <= 3
    await engine.dispose()


async def test_broken_constraint_fails_alone(engine: AsyncEngine) -> None:
    group = GroupCommit(begin=engine.begin, single=engine.begin)
    outcomes = await asyncio.gather(
        group.write(insert(THINGS), {"id": 1, "name": "first"}),
        group.write(insert(THINGS), {"id": 1, "name": "rival"}),
        group.write(insert(THINGS), {"id": 2, "name": "second"}),
        return_exceptions=True,
    )
    assert outcomes[0] == outcomes[2] == 1
    assert isinstance(outcomes[1], IntegrityError)
    assert await names(engine) == ["first", "second"]
    await engine.dispose()


async def test_statement_that_cannot_run_does_not_take_the_others_with_it(engine: AsyncEngine) -> None:
    group = GroupCommit(begin=engine.begin, single=engine.begin)
    outcomes = await asyncio.gather(
        group.write(insert(THINGS), {"id": 1, "name": "first"}),
        group.write(insert(NOWHERE), {"id": 1}),
        group.write(insert(THINGS), {"id": 2, "name": "second"}),
        return_exceptions=True,
    )
    assert outcomes[0] == outcomes[2] == 1
    assert isinstance(outcomes[1], OperationalError)
    assert await names(engine) == ["first", "second"]
    await engine.dispose()


async def test_caller_who_went_away_harms_nobody(engine: AsyncEngine) -> None:
    group = GroupCommit(begin=engine.begin, single=engine.begin)
    gone = asyncio.create_task(group.write(insert(THINGS), {"id": 1, "name": "gone"}))
    stays = asyncio.create_task(group.write(insert(THINGS), {"id": 2, "name": "stays"}))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 1
    assert await group.write(insert(THINGS), {"id": 3, "name": "later"}) == 1
    assert "stays" in await names(engine)
    await engine.dispose()


async def test_items_of_one_lane_are_written_by_one_merge_and_a_bad_one_fails_alone(engine: AsyncEngine) -> None:
    merges: list[int] = []

    async def merge(connection: AsyncConnection, items: Sequence[int]) -> list[int]:
        merges.append(len(items))
        for item in items:
            await connection.execute(insert(THINGS), {"id": item, "name": str(item)})
        return [item * 10 for item in items]

    group = GroupCommit(begin=engine.begin, single=engine.begin)
    items = [1, 2, 3, 4, 5]
    assert await asyncio.gather(*(group.add(item, merge, "lane") for item in items)) == [10, 20, 30, 40, 50]
    assert merges == [5]
    outcomes = await asyncio.gather(*(group.add(item, merge, "lane") for item in (6, 1, 7)), return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == (60, 70)
    assert isinstance(outcomes[1], IntegrityError)
    assert await names(engine) == ["1", "2", "3", "4", "5", "6", "7"]
    await engine.dispose()
