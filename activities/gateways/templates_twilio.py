"""WhatsApp templates at Twilio's Content API: their text and WhatsApp's word on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilio.rest import Client  # type: ignore[import-untyped]

from activities.failures import Refused
from activities.gateways.messenger_twilio import asked, body_of, client
from models.speaking.templates import ABSENT, Template


class TwilioTemplates:
    """Those that settings name, `HX…` by `kind:language`. Raises Refused, Throttled or Unavailable."""

    def __init__(self, account_sid: str, token: str, chosen: Mapping[str, str], base_url: str = "") -> None:
        self._client: Client = client(account_sid, token, base_url)
        self._chosen = dict(chosen)

    async def templates(self) -> Sequence[Template]:
        """In the order of their names."""
        return [await self._template(name, sid) for name, sid in sorted(self._chosen.items())]

    async def _template(self, name: str, sid: str) -> Template:
        content = self._client.content.v1.contents(sid)
        try:
            found = await asked(content.fetch)
            said = await asked(content.approval_fetch().fetch)
        except Refused as refusal:
            if refusal.code == "20404":
                return Template(name, sid, ABSENT)
            raise
        word: Mapping[str, Any] = said.whatsapp or {}
        status, reason = str(word.get("status", "")), str(word.get("rejection_reason") or "")
        return Template(name, sid, status, body_of(found.types), reason)
