"""SQL: the reviews of weeks, as they were made and sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from models.kpis.review import Review


class Reviews(Protocol):
    """Reviews that were made. Scoped by tenant."""

    async def keep_review(self, tenant: str, review: Review, *, at: datetime) -> Review:
        """Keep it, or answer with the one of that week that was made before. Raises Missing: there is no such tenant."""
        ...

    async def settle_review(self, tenant: str, week: str, *, recipients: int, at: datetime) -> None:
        """It was sent to so many."""
        ...

    async def untold(self, tenant: str, week: str, addresses: Sequence[str]) -> Sequence[str]:
        """Of these addresses, those that a review that is kept has not gone to yet."""
        ...

    async def note_told(self, tenant: str, week: str, address: str) -> None:
        """The review has gone to this address; its fingerprint is kept, not the address. Raises Missing: no such review."""
        ...

    async def review(self, tenant: str, week: str) -> Review | None: ...

    async def reviewed_weeks(self, tenant: str) -> Sequence[str]:
        """Newest first."""
        ...


class ReviewRounds(Reviews, Protocol):
    """The same for the round that goes through all tenants."""

    async def reviews_sent(self, weeks: Sequence[str]) -> frozenset[tuple[str, str]]:
        """Of these weeks, tenant and week of those that were sent."""
        ...
