"""The printed form of a tax invoice."""

from typing import Protocol


class Renderer(Protocol):
    """The printed form."""

    async def pdf(self, xml: bytes, brand: str) -> bytes:
        """The PDF of a stamped CFDI; marked SIN VALIDEZ FISCAL unless the SAT issued the certificate that signed it."""
        ...
