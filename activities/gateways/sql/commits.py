"""Many writes to one commit. SQLite has one writer at a time and flushes to disk at each commit, so whoever waits, waits together.

PostgreSQL does this by itself and needs none of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
Work = Callable[[AsyncConnection], Awaitable[int]]
Merge = Callable[[AsyncConnection, Sequence[Any]], Awaitable[Sequence[int]]]

TOGETHER = 200  # statements in one commit at most, so that the first in line is not kept waiting by the last


@dataclass(slots=True)
class _Write:
    touched: asyncio.Future[int]
    work: Work | None = None
    item: Any = None
    merge: Merge | None = None
    lane: str = ""


class GroupCommit:
    """Takes statements from anywhere in this process and commits what has gathered while the last commit was under way.

    A statement that breaks a constraint fails alone. Any other failure undoes the whole group, which is then tried one by one.
    """

    def __init__(self, *, begin: Connect, single: Connect) -> None:
        """`begin` opens a transaction, committed at its end; on a connection of `single` each statement commits itself."""
        self._begin = begin
        self._single = single
        self._waiting: list[_Write] = []
        self._clerk: asyncio.Task[None] | None = None

    async def write(self, statement: Executable, parameters: dict[str, Any] | None) -> int:
        """How many rows the statement touched, once it is committed. Raises what the database raised."""

        async def work(connection: AsyncConnection) -> int:
            return int((await connection.execute(statement, parameters)).rowcount)

        return await self._join(_Write(asyncio.get_running_loop().create_future(), work))

    async def add(self, item: Any, merge: Merge, lane: str) -> int:
        """What `merge` answers for this item, once it is committed. It is given all items that wait in the lane, and may be called again.

        Items that break a constraint together are tried one by one. A group takes its lanes in order, so that two groups, which lock
        a row for each lane, never wait for each other in a circle.
        """
        return await self._join(_Write(asyncio.get_running_loop().create_future(), item=item, merge=merge, lane=lane))

    async def _join(self, write: _Write) -> int:
        self._waiting.append(write)
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._work())
        return await write.touched

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            group.sort(key=lambda write: write.lane)
            if await self._committed(group):
                continue
            for write in group:
                await self._committed([write], alone=True)

    async def _committed(self, group: list[_Write], *, alone: bool = False) -> bool:
        """Whether the group's outcome is known to its writers. A group that failed is untouched, unless it is but one."""
        answers: list[int | IntegrityError] = []
        try:
            # The usual case on a quiet day: one statement is its own transaction, and needs no words around it.
            lone = len(group) == 1 and group[0].merge is None
            async with self._single() if lone else self._begin() as connection:
                for _, lane in groupby(group, key=lambda write: write.lane):
                    answers += await _written(connection, list(lane))
        except Exception as failure:
            if not alone and len(group) > 1:
                return False
            for write in group:
                if not write.touched.done():
                    write.touched.set_exception(failure)
            return True
        for write, answer in zip(group, answers, strict=True):
            if write.touched.done():  # its caller was cancelled
                continue
            if isinstance(answer, IntegrityError):
                write.touched.set_exception(answer)
            else:
                write.touched.set_result(answer)
        return True


async def _written(connection: AsyncConnection, lane: list[_Write]) -> list[int | IntegrityError]:
    if lane[0].merge is not None:
        return await _merged(connection, lane, lane[0].merge)
    answers: list[int | IntegrityError] = []
    for write in lane:
        assert write.work is not None
        try:
            answers.append(await write.work(connection))
        except IntegrityError as refusal:
            answers.append(refusal)
    return answers


async def _merged(connection: AsyncConnection, lane: list[_Write], merge: Merge) -> list[int | IntegrityError]:
    await connection.exec_driver_sql("SAVEPOINT lane")
    try:
        answers = await merge(connection, [write.item for write in lane])
    except IntegrityError as refusal:
        await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT lane")
        await connection.exec_driver_sql("RELEASE SAVEPOINT lane")
        if len(lane) == 1:
            return [refusal]
        return [answer for write in lane for answer in await _merged(connection, [write], merge)]
    await connection.exec_driver_sql("RELEASE SAVEPOINT lane")
    return list(answers)
