"""WhatsApp templates are looked at when the worker starts, and every hour after."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from activities.failures import Unavailable
from activities.template_watch import TemplateWatch
from models.speaking.templates import NEEDED, Template
from models.watching.attention import Rule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Held:
    """What Twilio holds."""

    def __init__(self) -> None:
        self.known: list[Template] = []
        self.asked = 0
        self.away = False

    async def templates(self) -> Sequence[Template]:
        self.asked += 1
        if self.away:
            raise Unavailable("Twilio did not answer")
        return self.known


async def test_what_is_missing_is_told_at_once_and_again_asked_after_an_hour() -> None:
    held = Held()
    watch = TemplateWatch(held)
    first = await watch.findings(NOW)
    assert [finding.rule for finding in first or []] == [Rule.TEMPLATE_MISSING] * 2
    held.known = [Template(name, "HX1", "approved", "{{1}} {{6}}") for name in NEEDED]
    assert await watch.findings(NOW + timedelta(minutes=59)) == first
    assert held.asked == 1
    assert await watch.findings(NOW + timedelta(hours=1)) == []


async def test_while_twilio_is_away_nothing_is_said_of_templates() -> None:
    held = Held()
    held.away = True
    assert await TemplateWatch(held).findings(NOW) is None
