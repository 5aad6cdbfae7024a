"""`perdura templates …`: what WhatsApp approved, and what keeps notices from going out by it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import worker
from models.speaking.templates import NEEDED, Template
from tests.test_cli import own_environment, perdura, said, state  # noqa: F401 - fixtures

GOOD = [Template(name, "HX" + "1" * 32, "approved", "{{1}}: {{6}}") for name in NEEDED]


class Held:
    """What Twilio holds."""

    def __init__(self, *known: Template) -> None:
        self.known = known

    async def templates(self) -> Sequence[Template]:
        return self.known


def test_templates_are_listed_with_whatsapps_word_and_their_variables(
    state: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "none: name them in PERDURA_TWILIO_TEMPLATES" in perdura("templates", "list", state=state).output
    monkeypatch.setattr(worker, "templates", lambda _: Held(*GOOD))
    told = perdura("templates", "list", state=state).output
    assert told.count("approved") == len(NEEDED)
    assert "name, link" in told


def test_what_is_wrong_with_them_ends_the_check_with_code_1(
    state: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "templates", lambda _: Held(*GOOD))
    assert "are approved and carry their notices" in perdura("templates", "check", state=state).output
    pending = Template(GOOD[0].name, "HX2", "pending", "{{1}}: {{6}}")
    monkeypatch.setattr(worker, "templates", lambda _: Held(pending, *GOOD[1:]))
    checked = perdura("templates", "check", state=state)
    assert checked.exit_code == 1
    assert f"{pending.name}: WhatsApp has not approved it: pending" in said(checked)
    assert "63016" in said(checked)
