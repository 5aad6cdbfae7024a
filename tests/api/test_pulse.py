"""What a process has answered is told again and again, whatever became of the time before."""

import asyncio
from datetime import datetime

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DataError

from activities.failures import Unavailable
from api.pulse import Pulse
from models.kpis.traffic import Traffic
from tests.conftest import eventually


class Book:
    """A record that takes nothing the first time."""

    def __init__(self, broken: Exception) -> None:
        self.broken = [broken]
        self.told = 0

    async def save_traffic(self, process: str, at: datetime, traffic: Traffic) -> None:
        if self.broken:
            raise self.broken.pop()
        self.told += 1

    async def prune_traffic(self, before: datetime) -> int:
        return 0

    async def traffic_since(self, since: datetime) -> Traffic:
        return Traffic()


@pytest.mark.parametrize("broken", [Unavailable("away"), DataError("", {}, Exception("out of range"))])
async def test_what_could_not_be_told_is_told_with_the_next(broken: Exception) -> None:
    book = Book(broken)
    telling = asyncio.create_task(Pulse(CollectorRegistry(), book).keep_telling(0))
    try:
        await eventually(lambda: book.told > 0 or telling.done())
    finally:
        telling.cancel()
    assert book.told > 0
