"""The check of the logs bites: planted secrets and people are found, named with the place, and fail the run."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from models.access.sessions import fresh_invitation, fresh_refresh_token
from tests.api.conftest import SETTINGS
from tests.leaks import MOST, Known, of_settings

ROOT = Path(__file__).parent.parent

PLANTED = """
import json, logging
from pydantic import SecretStr
from models.records import Customer

def test_says_too_much(tmp_path):
    customer = Customer("acme", "c_1", "clinic-7", "Renata Villaseñor", "renata@planted.test", "+525512349876")
    logging.getLogger("activities.planted").debug("charging %s", customer.name)

def test_says_a_password(tmp_path):
    password = SecretStr("long-and-secret")
    logging.getLogger("activities.planted").debug("tried %s", password.get_secret_value())

def test_says_what_it_should(tmp_path):
    logging.getLogger("activities.planted").info("charged in_1")

def test_a_process_says_too_much(tmp_path):
    (tmp_path / "env").write_text(json.dumps({"PERDURA_LINK_KEY": "0123456789abcdef"}))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "api.log").write_text("started\\nsigned with 0123456789abcdef\\n")
"""


@pytest.fixture
def planted() -> Iterator[Path]:
    """Away from the directory whose logs the run itself is held to: what is planted here must not fail that one."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_leak_fails_the_run_and_is_named_with_its_place(planted: Path, processes: str) -> None:
    (planted / "test_planted.py").write_text(PLANTED)
    (planted / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.leaks", "-n", processes, f"--basetemp={planted / 'base'}"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        [*command, "test_planted.py"],
        cwd=planted,
        env={**env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert "4 passed" in ran.stdout, ran.stdout + ran.stderr
    assert ran.returncode == 1
    told = [line for line in ran.stdout.splitlines() if "in the log of" in line]
    assert len(told) == 3, ran.stdout
    assert any("name 'Renata Villaseñor' in the log of" in line and "test_says_too_much" in line for line in told)
    assert any("secret 'long-and-secret' in the log of" in line and "test_says_a_password" in line for line in told)
    assert any("PERDURA_LINK_KEY '0123456789abcdef'" in line and "logs/api.log" in line for line in told)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("to ana@example.mx", "e-mail address"),
        ("whatsapp:+5215512345678", "phone"),
        ("for GODE561231GR8", "RFC"),
        ("with pk_live_Abcd1234", "key"),
        ("with whsec_abcd", "key"),
        ("Authorization: Bearer abcdefgh1234", "token"),
        ("GET /go/cGF5OmFjbWU6c18xMjM0", "signed link"),
    ],
)
def test_what_looks_personal_or_secret_is_found_whoever_used_it(line: str, kind: str) -> None:
    assert [leak.kind for leak in Known().leaks([("here", line)])] == [kind]


@pytest.mark.parametrize("fresh", [fresh_refresh_token, fresh_invitation])
def test_what_lets_somebody_in_is_found(fresh: Callable[[], str]) -> None:
    assert [leak.kind for leak in Known().leaks([("here", f"shown {fresh()}")])] == ["refresh token or invitation"]


def test_ordinary_words_are_not_taken_for_people() -> None:
    known = Known()
    for name in ("Ana", "PUBLICO EN GENERAL", "0 0 0 0 0", "x"):
        known.add("name", name)
    assert known.values == {}
    assert list(known.leaks([("here", "event evt_1 stays pending: sub:acme:s_1, charge ch_1, 14900")])) == []


def test_the_password_within_an_address_is_looked_for() -> None:
    known = Known()
    of_settings(known, SETTINGS.model_copy(update={"smtp_url": SecretStr("smtp://cobros:hunter2-hunter2@mail.test")}))
    assert [leak.value for leak in known.leaks([("here", "535 refused hunter2-hunter2")])] == ["hunter2-hunter2"]


def test_more_values_than_can_be_looked_for_fail_the_run() -> None:
    known = Known()
    for number in range(MOST):
        known.add("secret", f"secret-{number}")
    assert known.too_many == []
    known.add("secret", "one too many")
    assert known.too_many == [f"{MOST + 1} values to look for, of {MOST} at most"]
