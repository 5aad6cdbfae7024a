"""Mailboxes, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from activities.ports.mail import Attachment
from models.look.brand import Letterhead
from models.speaking.notices import Language


@dataclass
class FakeMail:
    """A mailbox: subject by key."""

    sent: dict[str, str] = field(default_factory=dict)

    def reference(self, key: str) -> str:
        return f"<{key}>"

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
        self.sent[key] = subject
        return self.reference(key)


@dataclass
class FakeFiscalMail(FakeMail):
    """A mailbox that keeps attachments. `failures` are raised first."""

    attachments: dict[str, list[str]] = field(default_factory=dict)
    heads: dict[str, Letterhead | None] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    sends: int = 0

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
        if self.failures:
            raise self.failures.pop(0)
        self.sends += 1
        self.attachments[key] = [a.name for a in attachments]
        self.heads[key] = letterhead
        return await super().send(to=to, subject=subject, body=body, key=key, attachments=attachments)
