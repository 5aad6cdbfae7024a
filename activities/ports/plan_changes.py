"""SQL: what customers changed their minds about, and what a tenant offers so that they stay. Scoped by tenant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from models.changing.change_records import Arrival, ChangeRecord, Followed
from models.changing.stay_offers import Cause, StayOffer


class PlanChangeBook(Protocol):
    """The record of confirmed changes."""

    async def save_plan_change(self, record: ChangeRecord) -> None:
        """Write where a change stands; what was shown stays as it was first written."""
        ...

    async def plan_change(self, tenant: str, change: str) -> ChangeRecord | None: ...

    async def plan_changes(self, tenant: str, subscription: str) -> Sequence[ChangeRecord]:
        """Newest first."""
        ...

    async def arrived(self, tenant: str, notices: str) -> Arrival | None:
        """The first message whose key begins so, as it reached the customer: delivered to the phone, or taken by their mailbox."""
        ...


class ChangesOfMind(PlanChangeBook, Protocol):
    """The same as people see it, with the offers to stay."""

    async def stay_offers(self, tenant: str) -> Mapping[Cause, StayOffer]: ...

    async def save_stay_offer(self, tenant: str, cause: Cause, offer: StayOffer | None) -> None:
        """In the place of the offer for that cause; None: none is made any more. Raises Missing."""
        ...

    async def followed(self, tenant: str, since: datetime, until: datetime) -> Sequence[Followed]:
        """The downgrades that took effect in [since, until) (UTC), and the offers taken then, each with its subscription's end."""
        ...
