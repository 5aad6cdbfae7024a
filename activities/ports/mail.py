"""E-mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels by e-mail."""

    name: str
    media_type: str
    content: bytes


class Mail(Protocol):
    """E-mail."""

    async def send(
        self,
        *,
        to: str,
        subject: str,
        body: str,
        key: str,
        attachments: Sequence[Attachment] = (),
        brand: str = "",
    ) -> str:
        """Send, in the name of `brand`; the Message-ID is derived from `key`, so a repeated send is recognisably the same message."""
        ...
