"""Erasures that must hold."""

from datetime import datetime

from models.safekeeping.erasure import ErasureRound


class FakeKeeper:
    """A record in which nobody was erased."""

    async def keep_erasures(self, now: datetime) -> ErasureRound:
        return ErasureRound()
