"""The printed form of a tax invoice."""

from typing import Protocol

from models.look.brand import Letterhead


class Renderer(Protocol):
    """The printed form."""

    async def pdf(self, xml: bytes, letterhead: Letterhead) -> bytes:
        """The PDF of a stamped CFDI in a tenant's look; marked SIN VALIDEZ FISCAL unless the SAT issued the certificate that signed it."""
        ...
