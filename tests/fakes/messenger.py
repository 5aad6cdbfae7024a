"""WhatsApp and SMS, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activities.failures import Unavailable
from activities.ports.messenger import Sent
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.wording import Text


@dataclass
class FakeMessenger:
    """WhatsApp and SMS. `failures` are raised by the next sends, first come first served; `by` is the channel of each that was sent."""

    sent: list[tuple[NoticeKind, str, str]] = field(default_factory=list)
    by: list[Channel] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    lose_answer: int = 0  # that many sends are accepted, and their answer is lost

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
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((kind, to, body))
        self.by.append(channel)
        if self.lose_answer:
            self.lose_answer -= 1
            raise Unavailable("no answer")
        return Sent(f"SM{len(self.sent)}")

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
        for number, (known, by) in enumerate(zip(self.sent, self.by, strict=True), start=1):
            if (*known, by) == (kind, to, text.body, channel):
                return Sent(f"SM{number}")
        return None
