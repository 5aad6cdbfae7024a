"""The printed form of a certificate of deletion."""

from typing import Protocol

from models.look.brand import Letterhead
from models.safekeeping.deletions import Certificate
from models.speaking.notices import Language


class CertificatePaper(Protocol):
    """Paper for a certificate."""

    async def certificate(self, certificate: Certificate, letterhead: Letterhead, language: Language) -> bytes:
        """Its PDF in a tenant's look."""
        ...
