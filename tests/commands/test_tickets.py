"""`perdura tickets …`: what is asked of the API, and what is told."""

import functools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

import cli

TICKET = {
    "id": "tk_1",
    "state": "open",
    "priority": "high",
    "topic": "billing",
    "customer_reference": "user-1042",
    "due_at": "2026-11-21T16:00:00Z",
    "answered_at": None,
    "missed_at": "2026-11-21T16:00:00Z",
}
ENTRY = {
    "at": "2026-11-21T12:00:00Z",
    "kind": "reply",
    "event": None,
    "actor": "u_1",
    "detail": "",
    "text": "Hola\nAna",
    "delivery": "delivered",
    "delivered_by": "whatsapp",
}
SETTINGS = {"normal_minutes": 480, "opens": 0, "closes": 24, "days": [0, 1, 2, 3, 4, 5, 6]}
ANSWER = {"status": "waiting", "next_action": "next act", "next_action_at": "2026-11-24T12:00:00Z"}


class Api:
    """Answers as the API does, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        where = f"{request.url.path}?{request.url.query.decode()}".rstrip("?")
        self.asked.append((request.method, where, body))
        known: dict[str, Any] = {
            "/v1/tickets": {"data": [TICKET]} if request.method == "GET" else TICKET,
            "/v1/tickets/tk_1": {**TICKET, "thread": [ENTRY]},
            "/v1/tickets/settings": {**SETTINGS, **(body or {})},
            "/v1/tickets/figures": {"opened": 3, "mean_seconds": 5400.0, "median_seconds": None},
        }
        return httpx.Response(200, json=known.get(request.url.path, ANSWER))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()
    client = functools.partial(httpx.Client, transport=httpx.MockTransport(answers.answer))
    monkeypatch.setattr("commands.terminal.httpx.Client", client)
    monkeypatch.setenv("PERDURA_API_KEY", "pk_live_x")
    return answers


def perdura(tmp_path: Path, *words: str) -> Result:
    told = CliRunner().invoke(cli.app(), ["tickets", *words, "--state", str(tmp_path)])
    assert told.exit_code == 0, told.output
    return told


def test_whoever_waits_longest_is_listed_first_and_a_thread_is_read(api: Api, tmp_path: Path) -> None:
    told = perdura(tmp_path, "list", "--overdue").output
    assert "tk_1  open      high" in told
    assert "due 2026-11-21 16:00 UTC  MISSED" in told
    assert "overdue=true" in api.asked[0][1]
    assert "by_clock=true" in api.asked[0][1]
    told = perdura(tmp_path, "show", "tk_1").output
    assert "2026-11-21 12:00 UTC  reply  u_1    [delivered by whatsapp]\n    Hola\n    Ana" in told


@pytest.mark.parametrize(
    ("words", "verb", "body"),
    [
        (("assign", "tk_1", "--to", "u_1"), "assign", {"assignee": "u_1", "reason": "why"}),
        (("note", "tk_1", "Llamé", "--spoken"), "note", {"text": "Llamé", "spoken": True}),
        (("reply", "tk_1", "Hola", "--channel", "email"), "reply", {"text": "Hola", "channel": "email"}),
        (("priority", "tk_1", "urgent"), "priority", {"priority": "urgent", "reason": "why"}),
        *(((verb, "tk_1"), verb, {"reason": "why"}) for verb in ("resolve", "reopen", "close")),
    ],
)
def test_each_order_is_asked_for_with_who_and_why(
    api: Api, tmp_path: Path, words: tuple[str, ...], verb: str, body: dict[str, Any]
) -> None:
    why = ("--reason", "why") if "reason" in body else ()
    told = perdura(tmp_path, *words, "--actor", "ana", *why)
    assert told.output == "waiting; next act 2026-11-24 12:00 UTC\n"
    assert api.asked == [("POST", f"/v1/tickets/tk_1/{verb}", {"actor": "ana", **body})]


def test_a_ticket_is_opened_and_terms_are_changed_one_by_one(api: Api, tmp_path: Path) -> None:
    told = perdura(tmp_path, "open", "user-1042", "Llamó", "--actor", "ana", "--priority", "urgent")
    assert told.output == "tk_1  first response due 2026-11-21 16:00 UTC\n"
    assert api.asked[0][2]["customer_reference"] == "user-1042"
    perdura(tmp_path, "settings", "--hours", "9-18", "--days", "01234")
    assert api.asked[-1][2] == {**SETTINGS, "opens": "9", "closes": "18", "days": list("01234")}
    assert "mean       1.50 h\nmedian     –" in perdura(tmp_path, "figures").output
