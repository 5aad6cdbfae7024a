"""E-mail by SMTP: text and HTML side by side, UTF-8, attachments."""

import contextlib
import hashlib
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from activities.failures import AnswerLost, Failure, Refused, Unavailable
from activities.ports.mail import Attachment
from models.look.brand import Letterhead
from models.speaking.letter import plain, rich
from models.speaking.notices import Language

SECONDS = 30.0


class _Client(aiosmtplib.SMTP):
    """Knows whether a message was handed over: before that nothing can have been sent."""

    handed_over = False

    async def data(self, *given: Any, **named: Any) -> aiosmtplib.SMTPResponse:
        self.handed_over = True
        return await super().data(*given, **named)


class SmtpMail:
    """The Mail port.

    Args:
        url: `smtp://user:password@host:port`, where TLS is used when the server offers it, or `smtps://…`, TLS from the start.
        sender: the From header, `Perdura <cobros@example.com>`.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("the mail server's URL must look like smtp://host:port or smtps://user:password@host:port")
        self._hostname = parts.hostname
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._domain = parseaddr(sender)[1].partition("@")[2]
        if not self._domain:
            raise ValueError("the mail sender must hold an address, e.g. Perdura <cobros@example.com>")

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
        """Send on a letterhead; the answer is the Message-ID, made of `key`. Raises Refused (never), Unavailable (later) or AnswerLost."""
        message = self._addressed(to=to, subject=subject, key=key, name=letterhead.brand.name if letterhead else "")
        _write(message, body, letterhead, language, action)
        for attachment in attachments:
            maintype, _, subtype = attachment.media_type.partition("/")
            message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
        client = _Client(
            hostname=self._hostname,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._tls,
            timeout=SECONDS,
        )
        try:
            await client.connect()
            await client.send_message(message)
            # It was taken: a hurried goodbye changes nothing.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        except (aiosmtplib.SMTPException, OSError) as error:
            if client.handed_over and not isinstance(error, aiosmtplib.SMTPResponseException):
                raise AnswerLost("the mail server did not answer what it was handed") from None
            raise failure(error) from None
        finally:
            client.close()
        return str(message["Message-ID"])

    def reference(self, key: str) -> str:
        """Made of the key alone, so that a receiver knows what comes twice for the same (RFC 5322, 3.6.4)."""
        return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{self._domain}>"

    def _addressed(self, *, to: str, subject: str, key: str, name: str) -> EmailMessage:
        message = EmailMessage()
        # The customer knows the tenant, not whoever runs the mail server; the address stays the one that may send.
        ours, address = parseaddr(self._sender)
        message["From"] = Address(" ".join(name.split()) or ours, addr_spec=address)
        message["To"] = to
        message["Subject"] = " ".join(subject.split())  # a name with a line break must not become a header
        message["Date"] = formatdate()
        message["Message-ID"] = self.reference(key)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies
        return message


def _write(message: EmailMessage, body: str, letterhead: Letterhead | None, language: Language, action: str) -> None:
    """Text and HTML side by side; the logo travels inside, so that it shows without anything being fetched."""
    brand, logo = (letterhead.brand, letterhead.logo) if letterhead else (None, b"")
    mark = brand.logo if brand and logo else None
    address = f"logo-{mark.digest}" if mark else ""
    page = rich(
        body,
        brand,
        language,
        subject=str(message["Subject"]),
        action=action,
        logo=f"cid:{address}" if address else "",
    )
    message.set_content(plain(body, brand, language))
    message.add_alternative(page, subtype="html")
    html = message.get_body(("html",))
    if mark is not None and html is not None:
        maintype, _, subtype = mark.media_type.partition("/")
        named = f"logo.{subtype}"
        html.add_related(logo, maintype, subtype, cid=f"<{address}>", filename=named, disposition="inline")


def failure(error: Exception) -> Failure:
    """What an SMTP error means here: 5xx is for ever, all else for now (RFC 5321). Its text is dropped: it quotes the address."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = max((r.code for r in error.recipients), default=0)
    elif isinstance(error, aiosmtplib.SMTPNotSupported):
        return Refused("the mail server lacks what we need (authentication or UTF-8 addresses)")
    else:
        code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
    if code >= 500:
        return Refused(f"the mail server answered {code}", str(code))
    return Unavailable(f"the mail server answered {code}" if code > 0 else "the mail server did not answer")
