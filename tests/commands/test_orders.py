"""`perdura override`: every order has a key of its own, and one whose end nobody knows names it."""

import functools
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

import cli

ORDER = ("override", "suspend_now", "s_1", "--actor", "ana", "--reason", "asked")


class Api:
    """Answers orders with what a test wants, and keeps their keys."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.status = 200
        self.down = False
        self.lost = 0  # answers
        self.busy = 0  # answers that the first try is still at work

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        if self.down or self.lost:
            self.lost = max(0, self.lost - 1)
            raise httpx.ReadTimeout("the answer was lost")
        if self.busy:
            self.busy -= 1
            return httpx.Response(409, json={"detail": "being carried out"}, headers={"Retry-After": "0"})
        told = {
            "status": "suspended",
            "next_action": "",
            "next_action_at": None,
            "detail": "cannot be said",
            "customer": "c_1",
            "kept": [],
        }
        return httpx.Response(self.status, json=told)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()
    client = functools.partial(httpx.Client, transport=httpx.MockTransport(answers.answer))
    monkeypatch.setattr("commands.terminal.httpx.Client", client)
    monkeypatch.setenv("PERDURA_API_KEY", "pk_live_x")
    return answers


def perdura(tmp_path: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.app(), [*words, "--state", str(tmp_path)])


def test_each_order_has_a_key_of_its_own(api: Api, tmp_path: Path) -> None:
    for _ in range(2):
        assert perdura(tmp_path, *ORDER).output == "suspended\n"
    assert len(set(api.keys)) == 2
    assert all(api.keys)


@pytest.mark.parametrize("lost", [True, False])
def test_an_order_whose_end_nobody_knows_names_its_key_and_is_repeated_with_it(
    api: Api, tmp_path: Path, lost: bool
) -> None:
    api.down, api.status = lost, 503
    told = perdura(tmp_path, *ORDER)
    assert told.exit_code == 1
    assert f"--key {api.keys[0]}" in told.output
    api.down, api.status = False, 200
    assert perdura(tmp_path, *ORDER, "--key", api.keys[0]).exit_code == 0
    assert set(api.keys) == {api.keys[0]}


def test_an_order_whose_answer_was_lost_is_asked_for_again_under_its_key(api: Api, tmp_path: Path) -> None:
    api.lost = 1
    assert perdura(tmp_path, *ORDER).output == "suspended\n"
    assert len(api.keys) == 2
    assert set(api.keys) == {api.keys[0]}


def test_an_order_whose_first_try_is_still_at_work_is_waited_for(api: Api, tmp_path: Path) -> None:
    api.lost, api.busy = 1, 2
    assert perdura(tmp_path, *ORDER).output == "suspended\n"
    assert (len(api.keys), set(api.keys)) == (4, {api.keys[0]})


@pytest.mark.parametrize(
    "words",
    [
        ("cfdi", "cancel", "ch_1", "--motive", "03", "--actor", "ana", "--reason", "asked"),
        ("customer", "erase", "s_1", "--actor", "ana", "--reason", "asked", "--yes"),
    ],
)
def test_every_command_that_changes_something_has_a_key(api: Api, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert perdura(tmp_path, *words).exit_code == 0
    assert all(api.keys)


def test_an_order_that_was_refused_needs_no_repetition(api: Api, tmp_path: Path) -> None:
    api.status = 422
    told = perdura(tmp_path, *ORDER)
    assert (told.exit_code, told.output) == (1, "cannot be said\n")
