"""SQL: how much was used. Scoped by tenant."""

from collections.abc import Mapping
from typing import Protocol

from models.subscribing.usage import Counted, Meter, Use


class Usages(Protocol):
    """The record of use."""

    async def count_use(self, use: Use, most: int | None, meter: Meter | None = None) -> Counted:
        """Add a use to the count of its window, once by its key; not where the count would pass `most` (None: no end) or zero.

        With the `meter` a level of its limit that is reached becomes an event, once in a window.

        Raises Refused (`usage_key`) where the key belongs to another use.
        """
        ...

    async def used(self, tenant: str, subscription: str) -> Mapping[tuple[str, str], int]:
        """The counts of a subscription by meter and window."""
        ...
