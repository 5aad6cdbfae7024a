"""WhatsApp and SMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.records import Delivery
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.wording import Text


@dataclass(frozen=True, slots=True)
class Sent:
    """A message the provider accepted."""

    reference: str
    delivery: Delivery = Delivery.SENT
    error: str = ""


class Messenger(Protocol):
    """WhatsApp and SMS."""

    async def send(
        self,
        *,
        to: str,
        kind: NoticeKind,
        language: Language,
        body: str,
        variables: Sequence[str],
        media_url: str = "",
        channel: Channel = Channel.WHATSAPP,
        free: bool = False,
    ) -> Sent:
        """Send once. `free`: the customer wrote within 24 hours, so that any text is taken as it is, and no template need carry it.

        Raises Refused (this number or text never), Throttled or Unavailable (later).
        """
        ...

    async def find(
        self,
        *,
        to: str,
        text: Text,
        kind: NoticeKind,
        language: Language,
        since: datetime,
        channel: Channel = Channel.WHATSAPP,
    ) -> Sent | None:
        """A message already accepted, looked for after a send whose answer was lost.

        It may have been sent by a template, whose text is not ours: then it is known by the link in it, which is this message's own.
        """
        ...


class Pager(Protocol):
    """WhatsApp to people of a business, who are no customers: no notice, no record of a conversation."""

    async def page(self, *, to: str, body: str, language: Language) -> Sent:
        """Send one line. Raises Refused (this number never), Throttled or Unavailable (later)."""
        ...
