"""Who stamps tax invoices: one account, and which account it is."""

from typing import Protocol

from models.cfdi.cancellation import Acknowledgement, SatWord
from models.cfdi.documents import Kept, Stamp


class Pac(Protocol):
    """The authorised certification provider (PAC), and through or beside it the SAT's enquiry service.

    One account. As `Pacs` it is everybody's only one.
    """

    name: str
    seals: bool  # it holds the tenant's certificate: it is given the document unsigned, and orders to cancel too

    async def account(self, tenant: str, name: str = "") -> "Pac":  # noqa: ARG002 - the port's signature
        return self

    async def second(self, tenant: str) -> "Pac | None":  # noqa: ARG002 - the port's signature
        return None

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        """Have a sealed document stamped, or learn that it was (`prior`): sending the same bytes again never makes a second invoice.

        Raises Rejected (the receiver's data; `field` names it), Expired (never stamped, Fecha too old), Contested (another document
        of ours holds this key), Refused (our data or our account), Throttled or Unavailable (send the same bytes later).
        """
        ...

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:
        """Whether a sealed document was stamped here, without having it stamped. Raises Unavailable where that cannot be told."""
        ...

    async def fetch(self, uuid: str, key: str) -> Kept:
        """A stamped document as the PAC keeps it, by its folio fiscal and the key it was sent under. Raises Unavailable: not there."""
        ...

    async def balance(self) -> int | None:
        """How many stamps are left; None where they are not counted. Raises Refused, Throttled or Unavailable."""
        ...

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:
        """Hand in a signed cancellation of the document sent under `key`; asked twice it is taken once.

        Raises Refused (`code` the SAT's), Throttled or Unavailable.
        """
        ...

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        """What the SAT says of a CFDI; `total` in pesos as the document writes it. Raises Unavailable."""
        ...


class Pacs(Protocol):
    """Which account stamps a tenant's documents."""

    async def account(self, tenant: str, name: str = "") -> Pac:
        """The tenant's first account, or the one of that name. Raises Refused where it has none of that name any more."""
        ...

    async def second(self, tenant: str) -> Pac | None:
        """Where to turn once the first has definitely not stamped; None where there is nowhere."""
        ...
