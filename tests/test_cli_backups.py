"""Backup and restore from the terminal."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from activities.gateways.store_sql import SqlStore
from commands.terminal import settings
from sandbox import environment, temporal
from sandbox.ports import Ports
from tests.activities.gateways.sql import lived


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """None of our settings come in, and what a command sets ends with the test."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("PERDURA_", "TEMPORAL_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The directory of a stack that does not run, with a tenant in its database."""
    environment.save(
        tmp_path, environment.compose(tmp_path, temporal.read(), Ports.free(), day_seconds=86_400, real={})
    )
    for words in (("migrate",), ("tenant", "create", "Mi Negocio")):
        assert perdura(*words, state=tmp_path).exit_code == 0
    return tmp_path


def perdura(*words: str, state: Path) -> Result:
    return CliRunner().invoke(cli.app(), [*words, "--state", str(state)])


def test_what_was_backed_up_comes_back_and_nothing_is_lost_unasked(state: Path) -> None:
    vault = state / "vault"
    made = perdura("backup", "--to", str(vault), state=state)
    assert made.exit_code == 0, made.output
    assert "restored once and found whole" in made.output
    (file,) = vault.glob("*.backup")

    refused = perdura("restore", str(file), "--yes", state=state)
    assert refused.exit_code == 1
    assert "say --replace" in refused.output

    file_of_database = state / "perdura.db"
    for part in state.glob("perdura.db*"):
        part.unlink()
    done = perdura("restore", str(file), "--yes", state=state)
    assert done.exit_code == 0, done.output
    assert f"Into sqlite+aiosqlite:///{file_of_database} goes the backup of" in done.output
    assert "perdura reconcile" in done.output
    since = re.search(r"goes the backup of (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", done.output)
    assert since is not None
    assert f"done since {since[1]} UTC and do it again" in done.output
    for known_here_alone in ("API keys", "policies", "certificates", "tax data", "signups"):
        assert known_here_alone in done.output
    assert "'mi-negocio' exists already" in perdura("tenant", "create", "Mi Negocio", state=state).output

    file.write_bytes(file.read_bytes()[:-9])
    broken = perdura("restore", str(file), "--yes", "--replace", state=state)
    assert broken.exit_code == 1
    assert "nothing was restored: the backup is cut off" in broken.output
    assert "What the database held, if anything, is still there" in broken.output
    assert "'mi-negocio' exists already" in perdura("tenant", "create", "Mi Negocio", state=state).output


def test_database_that_cannot_be_read_is_told_in_a_sentence_and_replaced_when_told(state: Path) -> None:
    vault = state / "vault"
    assert perdura("backup", "--to", str(vault), state=state).exit_code == 0
    (file,) = vault.glob("*.backup")
    (state / "perdura.db").write_bytes(b"no database at all" * 500)
    told = perdura("backup", "--to", str(vault), state=state)
    assert isinstance(told.exception, SystemExit), "an exit code, not a traceback"
    assert "no backup was made: the database failed (file is not a database)" in told.output
    told = perdura("restore", str(file), "--yes", state=state)
    assert isinstance(told.exception, SystemExit), "an exit code, not a traceback"
    assert "cannot be read: the database failed (file is not a database). To lose that" in told.output
    assert "say --replace" in told.output
    told = perdura("restore", str(file), "--yes", "--replace", state=state)
    assert told.exit_code == 0, told.output
    assert "'mi-negocio' exists already" in perdura("tenant", "create", "Mi Negocio", state=state).output


def test_restore_tells_by_which_lists_it_erased_again_or_that_there_is_none(state: Path, tmp_path: Path) -> None:
    vault, listed = state / "vault", state / "listed"
    assert perdura("backup", "--to", str(vault), state=state).exit_code == 0
    (file,) = vault.glob("*.backup")
    told = perdura("restore", str(file), "--yes", "--replace", state=state)
    assert "There is no erasures.jsonl" in told.output
    assert told.exit_code == 0
    listed.mkdir()
    (listed / "erasures.jsonl").write_text(
        '{"tenant": "acme", "customer": "c_1", "at": "2026-11-20T12:00:00+00:00", "actor": "ana", "reason": "asked"}\n'
    )
    os.environ["PERDURA_BACKUP_DIRECTORY"] = str(listed)
    told = perdura("restore", str(file), "--yes", "--replace", state=state)
    assert "There is no erasures.jsonl" not in told.output
    assert f"by {listed / 'erasures.jsonl'}; the newest erasure listed: 2026-11-20 12:00 UTC" in told.output


def test_restore_names_whom_it_left_alone_and_whom_an_older_list_had_it_erase(state: Path) -> None:
    vault = state / "vault"
    told_by = settings(state)

    async def fill() -> None:
        store = SqlStore(told_by.database_url, told_by.keyring)
        await lived.fill(store)
        await store.close()

    asyncio.run(fill())
    assert perdura("backup", "--to", str(vault), state=state).exit_code == 0
    (file,) = vault.glob("*.backup")
    orders = [
        {"tenant": "acme", "customer": who, "at": lived.NOW.isoformat(), "actor": "ana", "reason": "asked", **told}
        for who, told in (("c_1", {}), ("c_2", {"done": False}))
    ]
    (vault / "erasures.jsonl").write_text("".join(json.dumps(order) + "\n" for order in orders))
    told = perdura("restore", str(file), "--yes", "--replace", state=state)
    assert told.exit_code == 0, told.output
    assert "1 customers were erased again" in told.output
    assert "does not say whether its order was carried out: c_1 of acme." in told.output
    assert "NOT erased, though an order to erase them is listed: c_2 of acme." in told.output
    assert [value for value in lived.PERSONAL if value in told.output] == []


def test_without_a_directory_backup_names_the_setting(state: Path) -> None:
    told = perdura("backup", state=state)
    assert told.exit_code == 1
    assert "PERDURA_BACKUP_DIRECTORY" in told.output


def test_change_of_keys_from_the_terminal(state: Path) -> None:
    told = perdura("reseal", state=state)
    assert told.exit_code == 0, told.output
    assert "0 values were sealed anew" in told.output
    assert "key 'k1'" in told.output
