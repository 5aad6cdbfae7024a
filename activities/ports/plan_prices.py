"""What the payments provider does when a plan changes: foretells it, carries it out at once or later, and takes it back."""

from datetime import datetime
from typing import Protocol

from models.money import Money
from models.subscribing.invoice_preview import InvoicePreview


class PlanPrices(Protocol):
    """The part of the payments provider that is about changing plans. Every write takes the business's idempotency key."""

    async def preview_change(self, provider_id: str, price: str, at: datetime) -> InvoicePreview:
        """The invoice that changing to this price makes at once, reckoned for that instant (UTC). Raises Refused."""
        ...

    async def preview_renewal(self, provider_id: str, price: str) -> InvoicePreview:
        """The next invoice on this price, with what is taken off it and nothing prorated. Raises Refused."""
        ...

    async def change_now(self, provider_id: str, price: str, *, at: datetime, due: Money, key: str) -> None:
        """Charge this price from now on and collect the difference, reckoned for that instant (UTC).

        Carried out already, it is carried out. Raises Declined (nothing was changed), or Refused (`preview_differs`) where it would not
        cost `due`.
        """
        ...

    async def change_later(self, provider_id: str, price: str, key: str) -> None:
        """Charge this price from the next period on; until then nothing changes."""
        ...

    async def undo_change(self, provider_id: str, price: str, key: str) -> None:
        """Go on charging `price`: what was arranged for later is called off."""
        ...

    async def keep(self, provider_id: str, key: str) -> None:
        """Take back a cancellation that waits for the period's end."""
        ...

    async def discount(self, provider_id: str, *, percent: int, months: int, key: str) -> None:
        """Take so much off the invoices of so many months, beside what is taken off already."""
        ...

    async def pause_until(self, provider_id: str, until: datetime, key: str) -> None:
        """Charge nothing until then (UTC); invoices made meanwhile are void."""
        ...
