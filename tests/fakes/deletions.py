"""Customers' deletions, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.records import SubscriptionRecord
from models.safekeeping.deletions import Certificate, Deletion, Standing
from models.safekeeping.erasure import Erased, Erasure
from tests.fakes.store import FakeStore


@dataclass
class FakeDeletions(FakeStore):
    """The record of deletions of one customer, who stands as `standing` says."""

    deletion_rows: dict[str, Deletion] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    erased: list[Erasure] = field(default_factory=list)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    async def save_deletion(self, deletion: Deletion) -> None:
        self.deletion_rows[deletion.id] = deletion

    async def deletion_of(self, tenant: str, customer: str) -> Deletion | None:
        return next(reversed(self.deletion_rows.values()), None)

    async def customer_standing(self, tenant: str, customer: str) -> Standing:
        return self.standing

    async def subscriptions_of(self, tenant: str, customer: str) -> Sequence[SubscriptionRecord]:
        return list(self.subscriptions.values())

    async def check_erasure(self, tenant: str, customer: str) -> None: ...

    async def erase_customer(self, erasure: Erasure) -> Erased:
        self.erased.append(erasure)
        return Erased(erasure, ())

    async def keep_certificate(self, tenant: str, deletion: str, certificate: Certificate) -> Certificate:
        return self.certificates.setdefault(deletion, certificate)

    async def certificate(self, tenant: str, deletion: str) -> Certificate | None:
        return self.certificates.get(deletion)

    async def keep_address(self, tenant: str, deletion: str, address: str) -> None:
        self.addresses[deletion] = address

    async def address(self, tenant: str, deletion: str) -> str:
        return self.addresses.get(deletion, "")
