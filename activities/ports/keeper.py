"""SQL: erasures that must hold."""

from datetime import datetime
from typing import Protocol


class Keeper(Protocol):
    """SQL, as far as erasures are concerned."""

    async def keep_erasures(self, now: datetime) -> int:
        """Erase again whom somebody brought back, and what the law no longer wants kept."""
        ...
