"""`perdura alerts …`: what is asked of the API, and what is told."""

import functools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import cli

ALERT: dict[str, Any] = {
    "id": "at_00000000000000aa",
    "rule": "ticket_missed",
    "severity": "warning",
    "text": "tk_1: first response due 2026-11-21 10:00",
    "remedy": "a customer waits",
    "first_seen": "2026-11-21T12:00:00Z",
    "resolved_at": None,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "note": "",
    "title": {"es": "Un ticket pasó su plazo", "en": "A ticket has missed its first response"},
    "to_do": {"es": "contéstalo", "en": "answer it"},
}
UNTITLED = {**ALERT, "id": "at_00000000000000bb", "rule": "alert_undelivered", "title": None, "to_do": None}
SEEN = {"acknowledged_at": "2026-11-21T13:00:00Z", "acknowledged_by": "ana", "note": "calling"}


class Api:
    """Answers as the API does, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.data: list[dict[str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        where = f"{request.url.path}?{request.url.query.decode()}".rstrip("?")
        self.asked.append((request.method, where, json.loads(request.content) if request.content else None))
        return httpx.Response(200, json={"data": self.data} if request.method == "GET" else ALERT)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()
    client = functools.partial(httpx.Client, transport=httpx.MockTransport(answers.answer))
    monkeypatch.setattr("commands.terminal.httpx.Client", client)
    monkeypatch.setenv("PERDURA_API_KEY", "pk_live_x")
    return answers


def perdura(tmp_path: Path, *words: str) -> str:
    told = CliRunner().invoke(cli.app(), ["alerts", *words, "--state", str(tmp_path)])
    assert told.exit_code == 0, told.output
    return told.output


def test_alerts_are_told_with_what_to_do_and_who_looks_at_them(api: Api, tmp_path: Path) -> None:
    assert perdura(tmp_path, "list") == "nothing to be alerted of\n"
    api.data = [ALERT, UNTITLED | SEEN]
    assert perdura(tmp_path, "list").splitlines() == [
        "at_00000000000000aa  warning   A ticket has missed its first response",
        "    tk_1: first response due 2026-11-21 10:00",
        "    since 2026-11-21 12:00 UTC",
        "    to do: answer it",
        "at_00000000000000bb  warning   alert_undelivered",
        "    tk_1: first response due 2026-11-21 10:00",
        "    since 2026-11-21 12:00 UTC; ana looks at it (calling)",
        "    to do: a customer waits",
        "2 alerts",
    ]


def test_what_is_over_is_told_when_asked_for_and_needs_nothing_done(api: Api, tmp_path: Path) -> None:
    api.data = [ALERT | {"resolved_at": "2026-11-21T14:00:00Z"}]
    told = perdura(tmp_path, "list", "--resolved")
    assert "resolved 2026-11-21 14:00 UTC" in told
    assert "to do" not in told
    assert api.asked == [("GET", "/v1/alerts?resolved=true", None)]


def test_one_is_acknowledged_with_who_and_what_is_being_done(api: Api, tmp_path: Path) -> None:
    assert perdura(tmp_path, "ack", ALERT["id"], "--actor", "ana", "--note", "calling") == f"{ALERT['id']}: noted\n"
    assert api.asked == [
        ("POST", f"/v1/attention/{ALERT['id']}/acknowledge", {"actor": "ana", "note": "calling"}),
    ]
