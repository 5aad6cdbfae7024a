"""SQL: customers' deletions. Scoped by tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from models.safekeeping.deletions import Certificate, Deletion, Standing, State


class Deletions(Protocol):
    """The record of deletions."""

    async def save_deletion(self, deletion: Deletion) -> None:
        """Write the process's word, with the events that follow from it; what the API wrote of exports stays. Raises Missing."""
        ...

    async def deletion(self, tenant: str, deletion: str) -> Deletion | None: ...

    async def deletion_of(self, tenant: str, customer: str) -> Deletion | None:
        """The customer's newest."""
        ...

    async def deletions(self, tenant: str, *, state: State | None = None, limit: int = 100) -> Sequence[Deletion]:
        """Newest first."""
        ...

    async def customer_standing(self, tenant: str, customer: str) -> Standing:
        """What speaks for or against deleting this customer's data now. Raises Missing."""
        ...

    async def ask_export(self, tenant: str, deletion: str, at: datetime) -> bool:
        """The customer wants what the product holds of them: told to it once. False where it was told before. Raises Missing."""
        ...

    async def offer_export(self, tenant: str, deletion: str, url: str, at: datetime) -> None:
        """Where the product has put it. Raises Missing."""
        ...

    async def keep_certificate(self, tenant: str, deletion: str, certificate: Certificate) -> Certificate:
        """Keep what was certified, once: a second one is answered with the first. Raises Missing."""
        ...

    async def certificate(self, tenant: str, deletion: str) -> Certificate | None: ...

    async def keep_address(self, tenant: str, deletion: str, address: str) -> None:
        """Where the certificate is to go when nothing else is known of the customer any more. Empty: forget it."""
        ...

    async def address(self, tenant: str, deletion: str) -> str: ...
