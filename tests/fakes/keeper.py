"""Erasures that must hold."""

from datetime import datetime


class FakeKeeper:
    """A record in which nobody was erased."""

    async def keep_erasures(self, now: datetime) -> int:
        return 0
