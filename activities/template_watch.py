"""The part of the round that looks at WhatsApp templates: when the worker starts, and every hour after."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from activities.failures import Failure
from activities.ports.templates import Templates
from models.speaking.templates import Template, missing
from models.watching.attention import Finding

ASKED_EVERY = timedelta(hours=1)


class TemplateWatch:
    """Tells which kinds of notice WhatsApp will refuse."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._known: tuple[datetime, Sequence[Template]] | None = None

    async def findings(self, now: datetime) -> list[Finding] | None:
        """What is wrong; None where Twilio did not answer, which says nothing of its templates."""
        if self._known is None or now - self._known[0] >= ASKED_EVERY:
            try:
                self._known = (now, await self._templates.templates())
            except Failure:
                return None
        return missing(self._known[1])
