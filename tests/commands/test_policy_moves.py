"""`perdura policy preview` and `perdura policy move`: what is asked of the API, and what is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import cli
from commands import policy_moves
from commands.terminal import stop
from models.policies.presets import preset_page


def change(number: int, refusal: str = "") -> dict[str, Any]:
    return {
        "subscription": f"s_{number}",
        "customer_reference": f"clinic-{number}",
        "invoice": f"in_{number}",
        "amount": {"text": "$149.00 MXN"},
        "now": {"policy": "ruthless v2", "next_step": "D+3 suspend"},
        "words": refusal or "suspended 11.0 days later",
        "refusal": refusal,
    }


class Api:
    """Answers previews, and orders until `over` names an invoice whose case has ended."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.over = ""

    def ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        self.asked.append((path, body))
        if path == "/v1/policies/preview":
            return {
                "policy": "mine v2",
                "data": [change(1), change(2, "the case runs by this policy already"), change(3)],
            }
        if body["invoice"] == self.over:
            stop(f"the case of invoice {self.over} is over (paid): nothing is left to change")
        return {"next_action": "D+4 retry"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()

    @contextmanager
    def reached(state: Path) -> Iterator[Callable[..., Any]]:
        yield answers.ask

    monkeypatch.setattr(policy_moves, "api", reached)
    return answers


def perdura(*words: str) -> Result:
    return CliRunner().invoke(cli.app(), ["policy", *words])


MOVE = ("move", "mine", "--version", "2", "--actor", "ana", "--reason", "kinder", "--plan", "pro")


def test_cases_are_moved_one_by_one_and_those_that_run_by_it_are_left(api: Api) -> None:
    told = perdura(*MOVE)
    assert told.exit_code == 0, told.output
    assert told.output.splitlines() == [
        "in_1: next is D+4 retry",
        "in_3: next is D+4 retry",
        "2 cases moved to mine v2, 1 ran by it already",
    ]
    assert api.asked[0] == ("/v1/policies/preview", {"policy": "mine", "version": 2, "plan": "pro"})
    order = {"policy": "mine", "version": 2, "invoice": "in_1", "actor": "ana", "reason": "kinder"}
    assert api.asked[1] == ("/v1/subscriptions/s_1/overrides/move_to_policy", order)


def test_a_case_that_ended_meanwhile_keeps_no_other_from_moving(api: Api) -> None:
    api.over = "in_1"
    told = perdura(*MOVE)
    assert told.exit_code == 1
    assert "in_1 is over (paid)" in told.output
    assert "in_3: next is D+4 retry" in told.output
    assert "1 were not moved" in told.output


def test_a_dry_run_only_shows(api: Api) -> None:
    told = perdura(*MOVE, "--dry-run")
    assert told.exit_code == 0
    assert [path for path, _ in api.asked] == ["/v1/policies/preview"]
    assert "3 running cases; nothing was changed" in told.output


def test_a_page_is_previewed_before_it_is_anybodys(api: Api, tmp_path: Path) -> None:
    page = tmp_path / "mine.yaml"
    page.write_text(preset_page("gentle-28d"))
    assert "clinic-1" in perdura("preview", str(page)).output
    assert api.asked == [("/v1/policies/preview", {"page": preset_page("gentle-28d").splitlines(), "plan": ""})]
    page.write_text(preset_page("gentle-28d").replace("do: close", "do: vanish"))
    assert "'vanish' is unknown" in perdura("preview", str(page)).output
    assert "there is no file" in perdura("preview", "other.yaml").output
    assert len(api.asked) == 1
