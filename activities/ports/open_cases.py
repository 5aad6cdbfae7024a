"""The open dunning cases of a tenant, for people who look after them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from models.collecting.open_cases import CaseWish, ListedCase
from models.records import CaseRecord


class OpenCases(Protocol):
    """Read alone; scoped by tenant."""

    async def case_of(self, tenant: str, invoice: str) -> CaseRecord | None:
        """The case of an invoice, open or over."""
        ...

    async def cases_to_see(
        self, tenant: str, wish: CaseWish, *, skip: int = 0, limit: int = 50
    ) -> Sequence[ListedCase]:
        """Those that wait for a person first, the others by their next step; `skip` of them are passed over."""
        ...

    async def cases_by_policy(self, tenant: str) -> Mapping[str, int]:
        """How many open cases run by each policy, by its name and version: `ruthless v2`."""
        ...
