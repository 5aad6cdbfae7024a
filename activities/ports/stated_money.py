"""The payments provider, telling of all its money at once."""

from datetime import datetime
from typing import Protocol

from models.bookkeeping.statement import StatedInvoice, Statement


class StatedMoney(Protocol):
    """The payments provider, telling of all its money at once. Raises Throttled, Unavailable, Barred."""

    async def statement(self, since: datetime | None = None) -> Statement:
        """What was made since an instant (UTC); None: since ever."""
        ...

    async def stated_invoice(self, invoice: str) -> StatedInvoice:
        """One invoice, however old. Raises Refused for one that it does not know."""
        ...
