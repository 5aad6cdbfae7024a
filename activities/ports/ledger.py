"""SQL: the books and their chain."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from models.bookkeeping.books import Entry, Moved
from models.bookkeeping.chain import Break, Head
from models.bookkeeping.ledger import Fact
from models.bookkeeping.stated_taxes import StatedTaxes
from models.records import Payment

Owner = tuple[str, str]  # tenant and subscription


class Ledger(Protocol):
    """The books and their chain in SQL. What names a tenant is scoped by it."""

    async def post(self, *facts: Fact) -> int:
        """Book facts, each once by its key; how many were new."""
        ...

    async def restate(self, *told: StatedTaxes) -> int:
        """Have the books say what CFDIs say of taxes; how many did not."""
        ...

    async def stated_taxes(self, tenant: str, since: datetime | None = None) -> Sequence[StatedTaxes]:
        """What the newest stamped document of each charge and refund says; only what was told since an instant, where one is given."""
        ...

    async def ledger(self, tenant: str, *, subscription: str = "", invoice: str = "") -> Sequence[Entry]:
        """The entries in the order in which they were booked."""
        ...

    async def ledger_of(self, tenant: str, subscriptions: Collection[str]) -> Sequence[Entry]:
        """The entries of some subscriptions, few enough to be named in one statement."""
        ...

    async def ledger_since(
        self, tenant: str, since: datetime, *, invoices: Collection[str], subjects: Collection[str]
    ) -> Sequence[Entry]:
        """What moved money at the provider since an instant, and all entries of these invoices, and of what else moved money of
        these subjects; in the order in which they were booked."""
        ...

    async def moved(self, tenant: str) -> Sequence[Moved]:
        """All entries, summed up."""
        ...

    async def chain_head(self, tenant: str) -> Head: ...
    async def verify_chain(self, tenant: str, anchor: Head | None = None) -> Break | None:
        """The first row of the audit and the ledger that is not as it was written."""
        ...

    async def payments_by_charge(self, charges: Collection[str]) -> Mapping[str, Payment]: ...
    async def tenants(self) -> Sequence[str]: ...
    async def provider_customers(self) -> Mapping[str, Owner]:
        """Whose a customer of the provider is; the newest subscription where there are several."""
        ...

    async def provider_subscriptions(self) -> Mapping[str, Owner]: ...
