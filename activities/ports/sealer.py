"""The issuer's seal on a tax invoice."""

from datetime import datetime
from typing import Protocol

from models.cfdi.cancellation import Motive
from models.cfdi.documents import Draft, Sealed
from models.cfdi.fiscal import Issuer


class Sealer(Protocol):
    """The issuer's certificate (CSD) and the making of signed CFDIs. No network."""

    async def issuer(self, tenant: str) -> Issuer:
        """Who issues for a tenant. Raises Missing where no certificate was put in place."""
        ...

    async def build_and_seal(self, tenant: str, draft: Draft) -> Sealed:
        """A signed CFDI, valid against the SAT's schema; the same draft gives the same bytes. Raises Refused, `code` the reason."""
        ...

    async def build(self, draft: Draft) -> Sealed:
        """The same document without certificate and seal, for a PAC that seals; `seal` is its digest. Raises Refused."""
        ...

    async def sign_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        """A signed request to cancel one CFDI; `at` in UTC. Raises Missing or Refused as `build_and_seal`."""
        ...

    async def order_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        """The same request without a signature, for a PAC that seals."""
        ...
