"""`perdura user` and `perdura key`: the first person and the first key, from the terminal."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from models.safekeeping.keyring import Keyring
from sandbox import environment, temporal
from sandbox.ports import Ports


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The directory of a stack that does not run, with a tenant."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("PERDURA_", "TEMPORAL_")):
            del os.environ[name]
    environment.save(
        tmp_path, environment.compose(tmp_path, temporal.read(), Ports.free(), day_seconds=86_400.0, real={})
    )
    assert perdura("migrate", state=tmp_path).exit_code == 0
    assert perdura("tenant", "create", "Acuario", state=tmp_path).exit_code == 0
    yield tmp_path
    os.environ.clear()
    os.environ.update(kept)


def perdura(*words: str, state: Path, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app(), [*words, "--state", str(state)], input=typed)


def test_a_person_is_invited_listed_disabled_and_stays_the_last_owner(state: Path) -> None:
    made = perdura("user", "add", "acuario", "Sofia@acuario.mx", state=state)
    assert made.output.splitlines()[1].startswith("invitation in_")
    assert "invited   sofia@acuario.mx" in perdura("user", "list", "acuario", state=state).output
    assert "e-mail is there already" in perdura("user", "add", "acuario", "sofia@acuario.mx", state=state).output
    password = "correct horse battery\n" * 2
    assert perdura("user", "password", "acuario", "sofia@acuario.mx", state=state, typed=password).exit_code == 0
    assert "active" in perdura("user", "list", "acuario", state=state).output
    assert "last owner" in perdura("user", "disable", "acuario", "sofia@acuario.mx", state=state).output
    weak = perdura("user", "password", "acuario", "sofia@acuario.mx", state=state, typed="short\nshort\n")
    assert "12 to 256 characters" in weak.output
    assert "not an e-mail" in perdura("user", "add", "acuario", "nobody", state=state).output
    assert "no tenant 'nowhere'" in perdura("user", "add", "nowhere", "a@acuario.mx", state=state).output


def test_a_key_is_made_rotated_and_revoked(state: Path) -> None:
    made = perdura("key", "create", "acuario", "shop", "--scope", "read", "--scope", "orders", state=state)
    name = made.output.splitlines()[0].removeprefix("key ")
    assert "[read orders]  in use, never used" in perdura("key", "list", "acuario", state=state).output
    fresh = perdura("key", "rotate", "acuario", name, "--overlap", "1", state=state).output
    assert fresh.startswith("key k_")
    assert "rotated already" in perdura("key", "rotate", "acuario", name, state=state).output
    assert perdura("key", "revoke", "acuario", name, state=state).exit_code == 0
    assert "over, never used" in perdura("key", "list", "acuario", state=state).output
    assert "no key 'k_x'" in perdura("key", "revoke", "acuario", "k_x", state=state).output


def test_a_fresh_encryption_key_is_one_that_settings_take() -> None:
    told = CliRunner().invoke(cli.app(), ["key", "encryption", "k9"]).output.strip()
    assert Keyring.parse(told).current == "k9"
