"""An SMTP server that keeps what it is sent, and the page on which to read it."""

import asyncio
import base64
import email
import email.policy
import time
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_BYTES = 20 * 1024 * 1024


@dataclass
class Attachment:
    """A file that came with a mail; ``content`` is base64."""

    filename: str
    content_type: str
    size: int
    content: str


@dataclass
class Mail:
    """A received message; ``number`` counts from 1."""

    number: int
    at: float
    sender: str
    recipients: list[str]
    subject: str
    text: str
    html: str
    message_id: str
    headers: dict[str, str] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)


@dataclass
class Mailbox:
    """All mail, oldest first. ``refusals`` makes the server refuse that many messages (421, try again later)."""

    mails: list[Mail] = field(default_factory=list)
    refusals: int = 0
    changed: Any = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd for each message; answers the SMTP status line."""
        del server, session
        if self.refusals > 0:
            self.refusals -= 1
            return "421 4.3.0 Service temporarily unavailable"
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage), "the default policy makes EmailMessage"
        self.mails.append(parse(len(self.mails) + 1, message, envelope.mail_from or "", list(envelope.rcpt_tos)))
        if self.changed:
            self.changed()
        return "250 2.0.0 OK: kept"

    def dump(self) -> list[dict[str, Any]]:
        """As JSON."""
        return [asdict(mail) for mail in self.mails]

    def load(self, data: list[dict[str, Any]]) -> None:
        """Back from JSON."""
        self.mails = [
            Mail(**{**mail, "attachments": [Attachment(**each) for each in mail["attachments"]]}) for mail in data
        ]


def parse(number: int, message: EmailMessage, sender: str, recipients: list[str]) -> Mail:
    """Take a message apart."""
    plain = message.get_body(("plain",))
    rich = message.get_body(("html",))
    attachments = []
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        attachments.append(
            Attachment(
                part.get_filename() or "file", part.get_content_type(), len(data), base64.b64encode(data).decode()
            )
        )
    return Mail(
        number=number,
        at=time.time(),
        sender=sender,
        recipients=recipients,
        subject=str(message.get("subject", "")),
        text=str(plain.get_content()) if isinstance(plain, EmailMessage) else "",
        html=str(rich.get_content()) if isinstance(rich, EmailMessage) else "",
        message_id=str(message.get("message-id", "")),
        headers={name: str(value) for name, value in message.items()},
        attachments=attachments,
    )


async def listen(mailbox: Mailbox, host: str, port: int) -> asyncio.Server:
    """An SMTP server on the running event loop. Raises OSError when the port is taken."""

    def session() -> SMTP:
        return SMTP(mailbox, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, ident="Perdura sandbox")

    return await asyncio.get_running_loop().create_server(session, host, port)
