"""E-mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.brand import Letterhead
from models.notices import Language


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
        letterhead: Letterhead | None = None,
        language: Language = Language.ES,
        action: str = "",
    ) -> str:
        """Send, on a tenant's letterhead; the Message-ID is derived from `key`, so a repeated send is recognisably the same message.

        `body` is plain text; `action` is what stands on the button that its first link becomes where HTML is shown.
        """
        ...
