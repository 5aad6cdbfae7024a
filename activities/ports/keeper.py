"""SQL: erasures that must hold."""

from datetime import datetime
from typing import Protocol

from models.safekeeping.erasure import ErasureRound


class Keeper(Protocol):
    """SQL, as far as erasures are concerned."""

    async def keep_erasures(self, now: datetime) -> ErasureRound:
        """Erase again whom somebody brought back, and what the law no longer wants kept."""
        ...
