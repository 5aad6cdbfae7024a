"""The issuer's seal, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from models.cfdi.cancellation import Motive
from models.cfdi.documents import Draft, Sealed
from models.cfdi.fiscal import Issuer
from tests.samples import ISSUER


@dataclass
class FakeSealer:
    """Signs with a word. The draft itself is kept, to be looked at."""

    drafts: list[Draft] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def issuer(self, tenant: str) -> Issuer:
        return ISSUER

    async def build_and_seal(self, tenant: str, draft: Draft) -> Sealed:
        if self.failures:
            raise self.failures.pop(0)
        self.drafts.append(draft)
        return Sealed(f"<sealed {draft.folio} {draft.issued.isoformat()}/>".encode(), f"seal-{draft.folio}")

    async def build(self, draft: Draft) -> Sealed:
        sealed = await self.build_and_seal("", draft)
        return Sealed(sealed.xml, f"draft:{sealed.seal}")

    async def order_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        return f"<order {uuid} {motive} {substitute}/>".encode()

    async def sign_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        return f"<cancel {uuid} {motive} {substitute}/>".encode()
