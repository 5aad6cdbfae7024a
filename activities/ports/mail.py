"""E-mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.look.brand import Letterhead
from models.speaking.notices import Language


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels by e-mail."""

    name: str
    media_type: str
    content: bytes


class Mail(Protocol):
    """E-mail."""

    def reference(self, key: str) -> str:
        """The Message-ID of what is sent with this key."""
        ...

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

        Raises AnswerLost where the server may have taken it.

        `body` is plain text; `action` is what stands on the button that its first link becomes where HTML is shown.
        """
        ...
