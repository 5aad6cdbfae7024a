"""A printed form in name."""

from dataclasses import dataclass


@dataclass
class FakeRenderer:
    """A PDF in name."""

    async def pdf(self, xml: bytes, brand: str) -> bytes:
        return b"%PDF " + brand.encode() + xml
