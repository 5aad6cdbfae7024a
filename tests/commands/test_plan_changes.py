"""`perdura plan-change`: what is shown is what is confirmed."""

import functools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

import cli

NAME = {"es": "", "en": ""}
MONEY = {"centavos": 9900, "currency": "MXN", "text": "$99.00 MXN"}
OFFER = {"kind": "discount", "percent": 30, "months": 3, "days": 0, "words": {"es": "Quédate", "en": "Stay"}}
SHARED = {
    "benefits_left": [{"service": "check", "name": NAME, "left": 2}],
    "features_lost": [{"code": "api", "name": NAME}],
    "debt_words": {"es": "", "en": "You owe nothing."},
    "cfdi_words": {"es": "", "en": "The next one."},
    "offer": OFFER,
    "confirmation": "a.token",
}
CHANGE = SHARED | {
    "kind": "downgrade",
    "when": "period_end",
    "plan_before": "pro",
    "plan_after": "mini",
    "effective_at": "2026-12-01T00:00:00Z",
    "price_before": MONEY,
    "price_after": MONEY,
    "charged_now": MONEY,
    "lines": [{"description": "Unused time", "amount": MONEY}],
    "next_invoices": [{"at": "2026-12-01T00:00:00Z", "amount": MONEY}],
    "limits": [
        {
            "code": "users",
            "before": None,
            "after": 1,
            "used": 3,
            "over": 2,
            "counted_before": True,
            "counted_after": True,
        }
    ],
    "features_gained": [],
}
LEAVING = SHARED | {"plan": "pro", "ends_at": "2026-12-01T00:00:00Z", "dropped_change": "mini"}
RECORD = {
    "id": "pc_1",
    "kind": "downgrade",
    "state": "done",
    "plan_before": "pro",
    "plan_after": "mini",
    "confirmed_at": "2026-11-21T10:00:00Z",
    "effective_at": "2026-12-01T00:00:00Z",
    "actor": "ana",
    "summary_delivered_at": "2026-11-21T10:00:05Z",
}


class Api:
    """Answers as the API does, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, json.loads(request.content) if request.content else None
        self.asked.append((request.method, path, body))
        told: dict[str, Any] = {"change": "pc_1", "status": "active", "next_action": "", "next_action_at": None}
        if path.endswith("plan-changes/preview"):
            told = CHANGE
        elif path.endswith("cancellation/preview"):
            told = LEAVING
        elif path == "/v1/stay-offers":
            told = {"downgrade": OFFER, "cancellation": None}
        elif request.method == "GET":
            told = {"data": [RECORD], "id": "s_7"}
        return httpx.Response(200, json=told)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()
    client = functools.partial(httpx.Client, transport=httpx.MockTransport(answers.answer))
    monkeypatch.setattr("commands.terminal.httpx.Client", client)
    monkeypatch.setenv("PERDURA_API_KEY", "pk_live_x")
    return answers


def perdura(tmp_path: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app(), ["plan-change", *words, "--state", str(tmp_path)], input=typed)


SIGNED = ("--actor", "ana", "--reason", "asked")


def test_a_preview_shows_all_and_changes_nothing(api: Api, tmp_path: Path) -> None:
    told = perdura(tmp_path, "to", "user-1", "mini", "--preview").output
    for said in (
        "downgrade: pro -> mini",
        "users: unlimited -> 1 (used 3, 2 over)",
        "- api",
        "2 x check",
        "Stay (--stay)",
    ):
        assert said in told
    assert [path for _, path, _ in api.asked] == [
        "/v1/billing/subscription",
        "/v1/subscriptions/s_7/plan-changes/preview",
    ]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("to", "s_1", "mini"), "/v1/subscriptions/s_1/plan-changes"),
        (("to", "s_1", "mini", "--stay"), "/v1/subscriptions/s_1/plan-changes/stay"),
        (("cancel", "s_1"), "/v1/subscriptions/s_1/cancellation"),
        (("cancel", "s_1", "--stay"), "/v1/subscriptions/s_1/plan-changes/stay"),
    ],
)
def test_what_is_confirmed_is_what_was_shown(api: Api, tmp_path: Path, words: tuple[str, ...], path: str) -> None:
    assert perdura(tmp_path, *words, *SIGNED, typed="n\n").exit_code == 1
    assert path not in [asked for _, asked, _ in api.asked]
    told = perdura(tmp_path, *words, *SIGNED, "--yes")
    assert told.output.endswith("pc_1: active\n")
    assert api.asked[-1] == ("POST", path, {"actor": "ana", "reason": "asked", "confirmation": "a.token"})


def test_what_was_confirmed_is_listed(api: Api, tmp_path: Path) -> None:
    told = perdura(tmp_path, "list", "s_1").output
    assert "pro -> mini" in told
    assert "done by ana, effective 2026-12-01T00:00 UTC; summary 2026-11-21T10:00 UTC" in told


def test_an_offer_is_set_and_taken_away(api: Api, tmp_path: Path) -> None:
    assert perdura(tmp_path, "offer", "downgrade", "--percent", "30", "--months", "3").output == "Quédate\n"
    assert api.asked[0] == ("PUT", "/v1/stay-offers/downgrade", {"kind": "discount", "percent": 30, "months": 3})
    assert perdura(tmp_path, "offer", "cancellation", "--nothing").output == "nothing is offered\n"
    assert api.asked[2][:2] == ("DELETE", "/v1/stay-offers/cancellation")
