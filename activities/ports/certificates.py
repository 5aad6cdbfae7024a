"""The printed form of a certificate of deletion."""

from typing import Protocol

from models.brand import Letterhead
from models.deletions import Certificate
from models.notices import Language


class CertificatePaper(Protocol):
    """Paper for a certificate."""

    async def certificate(self, certificate: Certificate, letterhead: Letterhead, language: Language) -> bytes:
        """Its PDF in a tenant's look."""
        ...
