"""SQL: who issues tax invoices, with what certificate, and through whom."""

from collections.abc import Sequence
from typing import Protocol

from models.cfdi.certificates import StoredCsd
from models.cfdi.fiscal import Issuer
from models.cfdi.pac_accounts import StoredAccount


class Issuers(Protocol):
    """SQL: who issues tax invoices for a tenant, with what, and where they are stamped. Keys and credentials are sealed."""

    async def issuer_of(self, tenant: str) -> Issuer | None: ...

    async def issuing_tenants(self) -> Sequence[str]:
        """Every tenant that has an issuer: for the house's own watch, no tenant's eyes."""
        ...

    async def certificates_of(self, tenant: str) -> Sequence[StoredCsd]:
        """The one added last first; empty where there is none."""
        ...

    async def pac_accounts_of(self, tenant: str) -> Sequence[StoredAccount]:
        """By rank; empty where the tenant has none of its own."""
        ...
