"""A printed form in name."""

from dataclasses import dataclass

from models.look.brand import Letterhead


@dataclass
class FakeRenderer:
    """A PDF in name."""

    async def pdf(self, xml: bytes, letterhead: Letterhead) -> bytes:
        return b"%PDF " + letterhead.brand.name.encode() + xml
