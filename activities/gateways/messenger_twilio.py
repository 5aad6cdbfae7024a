"""WhatsApp and SMS by Twilio, through its own SDK. The SDK is synchronous, so each call takes a thread.

Twilio has no idempotency key: whoever repeats a send looks with `find` first.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.rest.api.v2010.account.message import MessageInstance  # type: ignore[import-untyped]

from activities.failures import Failure, Refused, Throttled, Unavailable
from activities.ports.messenger import Sent
from models.records import Delivery
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.templates import ALERT
from models.speaking.wording import Text

SECONDS = 30.0
RECENT = 20  # messages to one number looked through for one whose acceptance we missed
SKEW = timedelta(seconds=5)  # Twilio's clock and ours, and its whole seconds

# Twilio's statuses (docs: "Message Status Values"); `read` tells more than delivered.
_DELIVERIES = {
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "failed": Delivery.FAILED,
    "undelivered": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}

# At INFO the SDK writes every request out, phone numbers included.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


def delivery(status: str) -> Delivery:
    """What one of Twilio's message statuses means here; anything on its way counts as sent."""
    return _DELIVERIES.get(status, Delivery.SENT)


class _Elsewhere(TwilioHttpClient):  # type: ignore[misc]
    """The SDK builds its addresses from host names alone; this one keeps the path and changes the server.

    Twilio's other products have a host each; elsewhere they are a folder each.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._base_url = base_url.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        product = parts.netloc.partition(".")[0]
        folder = "" if product == "api" else f"/{product}"
        return super().request(method, f"{self._base_url}{folder}{parts.path}{query}", *args, **kwargs)


class TwilioMessenger:
    """The Messenger port.

    Args:
        sender: our WhatsApp number in E.164 form, `whatsapp:` before it or not.
        status_callback: where Twilio reports what became of a message; empty for nowhere.
        base_url: the sandbox; empty means Twilio itself.
        templates: approved content templates, `HX…` by `kind:language` (`renewal:es-MX`). Outside the 24 hours after a
            customer's own message WhatsApp takes nothing else (error 63016). A kind without one goes as plain text.
        sms_sender: our number for text messages in E.164 form; empty: none are sent.
    """

    def __init__(
        self,
        account_sid: str,
        token: str,
        sender: str,
        status_callback: str,
        base_url: str = "",
        templates: Mapping[str, str] | None = None,
        sms_sender: str = "",
    ) -> None:
        self._client = client(account_sid, token, base_url)
        self._messages = self._client.messages
        self._sms_sender = sms_sender
        self._texts: dict[str, str] = {}  # of templates, as they were read from Twilio
        self._sender = f"whatsapp:{sender.removeprefix('whatsapp:')}"
        self._status_callback = status_callback
        self._templates = dict(templates or {})

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
        """Send once. Raises Refused (this number or text never), Throttled or Unavailable (later)."""
        sender = self._sender if channel is Channel.WHATSAPP else self._sms_sender
        message = {"from_": sender, "to": _address(to, channel)}
        if self._status_callback:
            message["status_callback"] = self._status_callback
        if not free and (template := self._template(kind, language, channel)):
            message["content_sid"] = template
            message["content_variables"] = json.dumps(numbered(variables), ensure_ascii=False)
        else:
            message["body"] = body
            if media_url:
                message["media_url"] = [media_url]  # type: ignore[assignment]
        return _sent(await asked(lambda: self._messages.create(**message)))

    async def page(self, *, to: str, body: str, language: Language) -> Sent:
        """By the template `alert:<language>`, whose one variable is the line; as plain text where none is named."""
        message = {"from_": self._sender, "to": _address(to, Channel.WHATSAPP)}
        if template := self._templates.get(f"{ALERT}:{language}"):
            line = json.dumps(numbered([" ".join(body.split())]), ensure_ascii=False)
            message |= {"content_sid": template, "content_variables": line}
        else:
            message["body"] = body
        return _sent(await asked(lambda: self._messages.create(**message)))

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
        """A message already accepted, looked for after a send whose answer was lost. One sent by a template is known by the link in it."""
        # Not by Twilio's own date filter: it counts from the sending, which a queued message has not seen yet.
        recent = await asked(lambda: self._messages.list(to=_address(to, channel), limit=RECENT))
        lately = [m for m in recent if m.body and m.date_created and m.date_created >= since - SKEW]
        for message in lately:
            if message.body == text.body or (text.link and text.link in message.body):
                return _sent(message)
        template = self._template(kind, language, channel)
        if lately and template:
            written = filled(await self._text_of(template), text.variables)
            return next((_sent(message) for message in lately if message.body == written), None)
        return None

    def _template(self, kind: NoticeKind, language: Language, channel: Channel) -> str:
        return self._templates.get(f"{kind}:{language}", "") if channel is Channel.WHATSAPP else ""

    async def _text_of(self, template: str) -> str:
        if template not in self._texts:
            content = await asked(lambda: self._client.content.v1.contents(template).fetch())
            self._texts[template] = body_of(content.types)
        return self._texts[template]


def client(account_sid: str, token: str, base_url: str) -> Client:
    """Twilio's own client; `base_url` is the sandbox, empty Twilio itself."""
    http = _Elsewhere(base_url, SECONDS) if base_url else TwilioHttpClient(timeout=SECONDS)
    return Client(account_sid, token, http_client=http)


def numbered(variables: Sequence[str]) -> dict[str, str]:
    """A template's variables by their number."""
    return {str(n): value for n, value in enumerate(variables, start=1)}


def body_of(types: Mapping[str, Any]) -> str:
    """The text of a content template, whatever type it is of."""
    return next((str(form.get("body", "")) for form in types.values() if form.get("body")), "")


def filled(body: str, variables: Sequence[str]) -> str:
    """A template's text with its variables, as Twilio sends it."""
    known = numbered(variables)
    return re.sub(r"\{\{(\w+)\}\}", lambda found: known.get(found[1], found[0]), body)


def _address(to: str, channel: Channel) -> str:
    return f"whatsapp:{to}" if channel is Channel.WHATSAPP else to


def failure(error: TwilioException | requests.RequestException) -> Failure:
    """What an error means here (docs: "Error and Warning Dictionary"). Its text is dropped: it quotes the number."""
    if not isinstance(error, TwilioRestException):
        return Unavailable("Twilio did not answer")
    code = str(error.code or "")
    about = f"Twilio: HTTP {error.status}, error {code or 'unnamed'}"
    if error.status == 429:
        return Throttled(about)
    if error.status >= 500:
        return Unavailable(about)
    return Refused(about, code)


async def asked(ask: Callable[[], Any]) -> Any:
    """Have the SDK ask, in a thread, and its errors in our words."""
    try:
        return await asyncio.to_thread(ask)
    except (TwilioException, requests.RequestException) as error:
        raise failure(error) from None


def _sent(message: MessageInstance) -> Sent:
    return Sent(
        reference=message.sid or "",
        delivery=delivery(message.status or ""),
        error=str(message.error_code or ""),
    )
