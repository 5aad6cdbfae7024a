"""WhatsApp templates, as Twilio holds them."""

from collections.abc import Sequence
from typing import Protocol

from models.speaking.templates import Template


class Templates(Protocol):
    """The templates that settings name, as Twilio holds them."""

    async def templates(self) -> Sequence[Template]: ...
