"""SQL: customers without a subscription, their pets, and how a tenant bills. Scoped by tenant."""

from collections.abc import Sequence
from typing import Protocol

from models.bills import BillTerms
from models.pets import Pet
from models.records import Customer, SubscriptionRecord


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

    async def save_bill_terms(self, tenant: str, terms: BillTerms) -> None:
        """Raises Missing: there is no such tenant."""
        ...
