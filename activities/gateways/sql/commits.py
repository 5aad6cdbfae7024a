"""Many writes to one commit. SQLite has one writer at a time and flushes to disk at each commit, so whoever waits, waits together.

PostgreSQL does this by itself and needs none of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

TOGETHER = 200  # statements in one commit at most, so that the first in line is not kept waiting by the last


@dataclass(slots=True)
class _Write:
    statement: Executable
    parameters: dict[str, Any] | None
    touched: asyncio.Future[int]


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
        write = _Write(statement, parameters, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._work())
        return await write.touched

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            if await self._committed(group):
                continue
            for write in group:
                await self._committed([write], alone=True)

    async def _committed(self, group: list[_Write], *, alone: bool = False) -> bool:
        """Whether the group's outcome is known to its writers. A group that failed is untouched, unless it is but one."""
        answers: list[int | IntegrityError] = []
        try:
            # The usual case on a quiet day: one statement is its own transaction, and needs no words around it.
            async with self._single() if len(group) == 1 else self._begin() as connection:
                for write in group:
                    try:
                        result = await connection.execute(write.statement, write.parameters)
                        answers.append(int(result.rowcount))
                    except IntegrityError as refusal:
                        answers.append(refusal)
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
