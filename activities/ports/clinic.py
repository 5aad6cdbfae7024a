"""SQL: customers without a subscription, their pets, and how a tenant bills. Scoped by tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports.store import Store
from models.billing.bills import Bill, BillStatus, BillTerms
from models.billing.history import HistoryEntry, Place
from models.records import Customer, SubscriptionRecord
from models.selling.pets import Pet


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the creation instant and id of its last entry."""

    created_at: datetime
    id: str


class Clinic(Protocol):
    """The record of whom a clinic knows."""

    async def customer_by_reference(self, tenant: str, reference: str) -> Customer | None: ...

    async def enter_customer(self, customer: Customer) -> Customer:
        """Enter a customer who has no subscription yet; one known by this reference is that one, as they are known.

        Raises Taken (`email`): it is another customer's.
        """
        ...

    async def subscriptions_of(self, tenant: str, customer: str) -> Sequence[SubscriptionRecord]:
        """All of a customer's, those that are over too, newest first. No bills."""
        ...

    async def save_pet(self, pet: Pet) -> None:
        """Enter it, or put it in the place of what was known. Raises Missing: there is no such customer."""
        ...

    async def pets(self, tenant: str, customer: str) -> Sequence[Pet]:
        """In the order in which they were entered."""
        ...

    async def pet(self, tenant: str, pet: str) -> Pet:
        """Raises Missing."""
        ...

    async def enter_bill(self, bill: Bill) -> Bill:
        """Enter a bill and count down what packages gave on it, all or nothing; one entered before under its id is that one.

        Raises Refused (`spent`): a unit was used meanwhile that the bill counts on.
        """
        ...

    async def give_units_back(self, bill: Bill, at: datetime) -> None:
        """What packages gave on a bill that was voided, once."""
        ...

    async def bills(
        self,
        tenant: str,
        *,
        customer: str = "",
        status: BillStatus | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Bill]:
        """Newest first, after a cursor."""
        ...

    async def history(
        self, tenant: str, customer: str, *, pet: str = "", after: Place | None = None, limit: int = 50
    ) -> Sequence[HistoryEntry]:
        """All that happened with a customer, newest first, after a place; of one pet where one is named."""
        ...

    async def save_bill_terms(self, tenant: str, terms: BillTerms) -> None:
        """Raises Missing: there is no such tenant."""
        ...


class Till(Store, Clinic, Protocol):
    """The record as a bill's process needs it."""
