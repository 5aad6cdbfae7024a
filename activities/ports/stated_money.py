"""The payments provider, telling of all its money at once."""

from datetime import datetime
from typing import Protocol

from models.bookkeeping.statement import Statement


class StatedMoney(Protocol):
    """The payments provider, telling of all its money at once. Raises Throttled, Unavailable, Barred."""

    async def statement(self, since: datetime | None = None) -> Statement:
        """What was made since an instant (UTC); None: since ever."""
        ...
