"""E-mail by SMTP: text and HTML side by side, UTF-8, attachments."""

import hashlib
import html
import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from activities.failures import Failure, Refused, Unavailable
from activities.ports.mail import Attachment

SECONDS = 30.0


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
        brand: str = "",
    ) -> str:
        """Send in the name of `brand`; the answer is the Message-ID, made of `key`. Raises Refused (never) or Unavailable (later)."""
        message = self._compose(to=to, subject=subject, body=body, key=key, attachments=attachments, brand=brand)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._hostname,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._tls,
                timeout=SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise failure(error) from None
        return str(message["Message-ID"])

    def _compose(
        self, *, to: str, subject: str, body: str, key: str, attachments: Sequence[Attachment], brand: str
    ) -> EmailMessage:
        message = EmailMessage()
        # The customer knows the tenant, not whoever runs the mail server; the address stays the one that may send.
        name, address = parseaddr(self._sender)
        message["From"] = Address(" ".join(brand.split()) or name, addr_spec=address)
        message["To"] = to
        message["Subject"] = " ".join(subject.split())  # a name with a line break must not become a header
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies
        message.set_content(body)
        message.add_alternative(_as_html(body, brand), subtype="html")
        for attachment in attachments:
            maintype, _, subtype = attachment.media_type.partition("/")
            message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
        return message


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


def _as_html(body: str, brand: str) -> str:
    safe = re.sub(r"https?://[^\s<]+", r'<a href="\g<0>">\g<0></a>', html.escape(body))
    head = f'<p style="font-size: 1.2em; font-weight: 600">{html.escape(brand)}</p>' if brand else ""
    return f'<html><body style="font-family: sans-serif; line-height: 1.5">{head}<p>{safe}</p></body></html>'
