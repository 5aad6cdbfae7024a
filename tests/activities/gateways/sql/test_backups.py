"""A backup restores to what was backed up, from either database into either, or says why not and changes nothing."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from activities.gateways import backup_sql
from activities.gateways import backups as gateway
from activities.gateways.backup_scratch import scratch
from activities.gateways.backups import Backups
from activities.gateways.store_sql import SqlStore
from models.access.permissions import Role
from models.access.sessions import Session
from models.access.users import User
from models.migrations.run import upgrade
from models.records import AuditEntry
from models.safekeeping.backups import BackupInvalid
from models.safekeeping.erasure import ErasureRound
from models.safekeeping.keyring import Keyring
from tests.activities.gateways.sql.lived import NOW, PERSONAL, fill, told
from tests.databases import migrated, new_database, prepared
from tests.keys import AFTER, KEYRING, ROTATED


@asynccontextmanager
async def opened(url: str, keyring: Keyring = KEYRING) -> AsyncIterator[SqlStore]:
    store = SqlStore(url, keyring)
    yield store
    await store.close()


@pytest.fixture
async def lived_in(empty_database: str) -> str:
    """The address of a database with a bit of everything."""
    await prepared(empty_database, _lived)
    return empty_database


async def _lived(url: str) -> None:
    await migrated(url)
    async with opened(url) as store:
        await fill(store)


@pytest.fixture(scope="module")
async def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A filled SQLite database and its backup, for tests that leave both as they are."""
    home = tmp_path_factory.mktemp("first")
    url = f"sqlite+aiosqlite:///{home}/original.db"
    await _lived(url)
    vault = Backups(url, KEYRING, home / "vault")
    return url, home / "vault" / (await vault.take(NOW)).file


@pytest.fixture
def made(first: tuple[str, Path], tmp_path: Path) -> tuple[str, Path]:
    """That database, and a copy of that backup for the test to do with what it likes."""
    (tmp_path / "vault").mkdir()
    return first[0], Path(shutil.copy(first[1], tmp_path / "vault"))


def elsewhere(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/elsewhere/perdura.db"
    return new_database(request.getfixturevalue("postgres"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_backup_of_either_database_restores_into_either(
    lived_in: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with opened(lived_in) as store:
        before = await told(store)
    report = await Backups(lived_in, KEYRING, tmp_path / "vault").take(NOW)
    file = tmp_path / "vault" / report.file
    target = elsewhere(kind, tmp_path, request)
    assert await Backups(target, KEYRING, tmp_path).restore(file, replace=False) == ErasureRound()
    async with opened(target) as store:
        assert await told(store) == before
        assert await store.verify_chain("acme") is None
        # It goes on from there: numbers that the database gives do not collide.
        await store.audit(AuditEntry("acme", "s_1", "after", NOW, "ana", "restored"))
        assert len(await store.audit_trail("acme", "s_1")) == len(before[8]) + 1  # type: ignore[arg-type]
    assert report.rows == sum((await Backups(lived_in, KEYRING, tmp_path).present()).values())
    assert [value for value in PERSONAL if value.encode() in file.read_bytes()] == []
    assert file.stat().st_mode & 0o077 == 0


async def test_backup_is_of_one_instant_while_others_write(lived_in: str, tmp_path: Path) -> None:
    async with opened(lived_in) as store:

        async def write() -> None:
            for number in range(40):
                await store.audit(AuditEntry("acme", "s_1", f"meanwhile{number}", NOW, "perdura", "writing"))

        vault = Backups(lived_in, KEYRING, tmp_path / "vault")
        _, report = await asyncio.gather(write(), vault.take(NOW))  # proves counts and chain itself
        assert report.rows <= sum((await vault.present()).values())


class TestRestore:
    async def test_whoever_was_logged_in_then_logs_in_anew(self, lived_in: str, tmp_path: Path) -> None:
        async with opened(lived_in) as store:
            await store.add_user(User("acme", "u_1", "ana@acme.mx", Role.OWNER, NOW, password="$argon2id$x"))
            await store.open_session(Session("acme", "z_1", "u_1", NOW, NOW + timedelta(days=1)), "rt_1")
            assert await store.session_user("acme", "z_1", NOW) is not None
        file = tmp_path / "vault" / (await Backups(lived_in, KEYRING, tmp_path / "vault").take(NOW)).file
        await Backups(lived_in, KEYRING, tmp_path / "vault").restore(file, replace=True)
        async with opened(lived_in) as store:
            assert await store.session_user("acme", "z_1", NOW) is None
            assert await store.refresh_session("rt_1", "rt_2", NOW) is None

    async def test_database_with_data_is_not_overwritten_unless_told(
        self, lived_in: str, made: tuple[str, Path], tmp_path: Path
    ) -> None:
        url, file = lived_in, made[1]
        vault = Backups(url, KEYRING, tmp_path)
        async with opened(url) as store:
            await store.audit(AuditEntry("acme", "s_1", "later", NOW, "ana", "later"))
        with pytest.raises(BackupInvalid, match="--replace"):
            await vault.restore(file, replace=False)
        async with opened(url) as store:
            assert len(await store.audit_trail("acme", "s_1")) >= 4
            before = len(await store.audit_trail("acme", "s_1"))
        await vault.restore(file, replace=True)
        async with opened(url) as store:
            assert len(await store.audit_trail("acme", "s_1")) == before - 1

    @pytest.mark.parametrize(
        ("damage", "why"),
        [
            (lambda b: b[: len(b) // 2], "cut off"),
            (lambda b: b[:-1], "cut off"),
            (lambda b: b + b"\0\0\0\0", "cut off|tampered"),
            (lambda b: b[:-40] + bytes([b[-40] ^ 1]) + b[-39:], "tampered"),
            (lambda b: b.replace(b'"customers": 2', b'"customers": 3'), "tampered"),
            (lambda b: b[:16], "cut off"),
            (lambda b: b"PK" + b, "not a backup"),
            (lambda b: b"", "not a backup"),
        ],
    )
    async def test_damaged_file_is_refused_and_nothing_is_lost(
        self, made: tuple[str, Path], damage: object, why: str
    ) -> None:
        url, file = made
        async with opened(url) as store:
            before = await told(store)
        whole = file.read_bytes()
        file.write_bytes(damage(whole))  # type: ignore[operator]
        assert file.read_bytes() != whole
        with pytest.raises(BackupInvalid, match=why):
            await Backups(url, KEYRING, file.parent).restore(file, replace=True)
        async with opened(url) as store:
            assert await told(store) == before

    async def test_parts_of_another_backup_do_not_fit(self, made: tuple[str, Path]) -> None:
        url, file = made
        vault = Backups(url, KEYRING, file.parent)
        other = file.parent / (await vault.take(NOW + timedelta(days=1))).file
        mine, theirs = file.read_bytes(), other.read_bytes()
        assert mine[15:19] == theirs[15:19], "both headers are equally long"
        length = 19 + int.from_bytes(mine[15:19], "big")
        assert b'"rows"' in mine[:length], "what is sealed begins after the header"
        file.write_bytes(mine[:length] + theirs[length:])
        with pytest.raises(BackupInvalid, match="tampered"):
            await vault.restore(file, replace=True)

    async def test_key_that_is_not_in_the_ring_is_named(self, made: tuple[str, Path], tmp_path: Path) -> None:
        _, file = made
        target = f"sqlite+aiosqlite:///{tmp_path}/new.db"
        with pytest.raises(BackupInvalid, match=r"sealed with key 'k1', .* PERDURA_ENCRYPTION_KEYS"):
            await Backups(target, AFTER, file.parent).restore(file, replace=False)
        impostor = Keyring((("k1", bytes(32)),))
        with pytest.raises(BackupInvalid, match="another key"):
            await Backups(target, impostor, file.parent).restore(file, replace=False)
        assert await Backups(target, ROTATED, file.parent).restore(file, replace=False) == ErasureRound()

    async def test_older_schema_is_restored_and_migrated(self, tmp_path: Path) -> None:
        old = f"sqlite+aiosqlite:///{tmp_path}/old.db"
        await upgrade(old, "0001")
        engine = create_async_engine(old)
        async with engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO tenants VALUES ('acme', 'Acme', 'America/Mexico_City', '', '2026-11-21 12:00:00')")
            )
            await connection.execute(
                text(
                    "INSERT INTO customers VALUES ('acme', 'c_1', 'u_1', 'Ana', 'ana@cliente.test', '+525512345678',"
                    " 'es-MX', NULL, NULL, NULL, NULL, NULL, 'cus_1')"
                )
            )
        await engine.dispose()
        vault = Backups(old, KEYRING, tmp_path / "vault")
        file = tmp_path / "vault" / (await vault.take(NOW)).file
        assert vault.look(file).revision == "0001"
        target = f"sqlite+aiosqlite:///{tmp_path}/new.db"
        await Backups(target, KEYRING, file.parent).restore(file, replace=False)
        async with opened(target) as store:
            assert (await store.customer("acme", "c_1")).email == "ana@cliente.test"

    async def test_backup_of_a_newer_release_is_refused(
        self, made: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url, _ = made
        make = gateway.Header
        monkeypatch.setattr(gateway, "Header", lambda revision, *told: make("9999", *told))
        with pytest.raises(BackupInvalid, match="newer release"):
            await Backups(url, KEYRING, tmp_path / "newer").take(NOW)
        assert list((tmp_path / "newer").iterdir()) == [], "what cannot be restored is not kept"

    async def test_backup_of_a_newer_release_does_not_cost_what_is_there(
        self, lived_in: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vault, file = Backups(lived_in, KEYRING, tmp_path), tmp_path / "newer.backup"
        make = gateway.Header
        monkeypatch.setattr(gateway, "Header", lambda revision, *told: make("9999", *told))
        await vault._write(file, NOW)
        async with opened(lived_in) as store:
            before = await told(store)
        with pytest.raises(BackupInvalid, match="newer release"):
            await vault.restore(file, replace=True)
        async with opened(lived_in) as store:
            assert await told(store) == before

    async def test_load_that_breaks_half_way_does_not_cost_what_is_there(
        self, lived_in: str, made: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load = backup_sql._load

        def breaking(connection: Connection, lines: Iterable[bytes]) -> None:
            if not lived_in.startswith(connection.dialect.name):
                return load(connection, lines)
            load(connection, islice(lines, 60))
            raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

        async with opened(lived_in) as store:
            await store.audit(AuditEntry("acme", "s_1", "later", NOW, "ana", "later"))
            before = await told(store)
        monkeypatch.setattr(backup_sql, "_load", breaking)
        with pytest.raises(BackupInvalid, match="disk is full"):
            await Backups(lived_in, KEYRING, made[1].parent).restore(made[1], replace=True)
        async with opened(lived_in) as store:
            assert await told(store) == before

    async def test_file_that_is_in_use_is_not_replaced(
        self, first: tuple[str, Path], made: tuple[str, Path], tmp_path: Path
    ) -> None:
        url = f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
        vault = Backups(url, KEYRING, tmp_path)
        await vault.restore(made[1], replace=False)
        async with opened(url) as store:
            await store.audit(AuditEntry("acme", "s_1", "later", NOW, "ana", "later"))
            before = await told(store)
            with pytest.raises(BackupInvalid, match="stop worker, API"):
                await vault.restore(made[1], replace=True)
            assert await told(store) == before
        (tmp_path / "perdura.db").chmod(0o640)
        await vault.restore(made[1], replace=True)
        async with opened(url) as store:
            assert await told(store) != before
        assert (tmp_path / "perdura.db").stat().st_mode & 0o777 == 0o640
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "perdura.db-"))] == []

    @pytest.mark.parametrize(
        "damage", [lambda b: b"no database" * 900, lambda b: b[:4096] + b"\xff" * (len(b) - 4096)], ids=["none", "torn"]
    )
    async def test_file_that_is_no_database_is_replaced_when_told(
        self, made: tuple[str, Path], tmp_path: Path, damage: Callable[[bytes], bytes]
    ) -> None:
        url = f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
        vault = Backups(url, KEYRING, tmp_path)
        await vault.restore(made[1], replace=False)
        broken = damage((tmp_path / "perdura.db").read_bytes())
        (tmp_path / "perdura.db").write_bytes(broken)
        with pytest.raises(BackupInvalid, match=r"cannot be read: .*--replace"):
            await vault.restore(made[1], replace=False)
        assert (tmp_path / "perdura.db").read_bytes() == broken
        await vault.restore(made[1], replace=True)
        async with opened(url) as store, opened(made[0]) as original:
            assert await told(store) == await told(original)

    async def test_copy_left_by_a_kill_goes_with_the_next_restore_or_backup_and_anothers_stays(
        self, made: tuple[str, Path], tmp_path: Path
    ) -> None:
        home = tmp_path / "home"
        vault = Backups(f"sqlite+aiosqlite:///{home}/perdura.db", KEYRING, home / "vault")

        def left(where: Path, name: str) -> Path:
            (where / name).mkdir(parents=True)
            (where / name / "staged.db").write_bytes(b"personal data")
            return where / name

        gone = left(home, ".restoring-killed")
        with scratch(".restoring-", home) as living:
            await vault.restore(made[1], replace=False)
            assert (gone.exists(), living.exists()) == (False, True)
        gone, proof = left(home, ".restoring-killed"), left(home / "vault", ".proving-killed")
        await vault.take(NOW)
        assert (gone.exists(), proof.exists(), living.exists()) == (False, False, False)

    async def test_log_left_by_a_lost_file_is_not_taken_for_the_restored_ones(
        self, made: tuple[str, Path], tmp_path: Path
    ) -> None:
        url = f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
        await migrated(url)
        async with opened(url) as store:
            await fill(store)
            shutil.copy(tmp_path / "perdura.db-wal", tmp_path / "kept")
        (tmp_path / "perdura.db").unlink()
        (tmp_path / "kept").rename(tmp_path / "perdura.db-wal")
        async with opened(made[0]) as store:
            before = await told(store)
        await Backups(url, KEYRING, made[1].parent).restore(made[1], replace=False)
        async with opened(url) as store:
            assert await told(store) == before


async def test_backup_whose_chain_was_tampered_with_is_not_kept(lived_in: str, tmp_path: Path) -> None:
    engine = create_async_engine(lived_in)
    async with engine.begin() as connection:
        if lived_in.startswith("postgresql"):
            await connection.execute(text("SET session_replication_role = replica"))
        else:
            await connection.execute(text("DROP TRIGGER audit_entries_no_update"))
        await connection.execute(text("UPDATE audit_entries SET reason = 'nothing to see' WHERE key = 'k1'"))
    await engine.dispose()
    with pytest.raises(BackupInvalid, match="acme"):
        await Backups(lived_in, KEYRING, tmp_path / "vault").take(NOW)
    assert list((tmp_path / "vault").iterdir()) == []


async def test_older_backups_go_when_their_time_is_over_and_other_files_stay(
    made: tuple[str, Path],
) -> None:
    url, newest = made
    vault = Backups(url, KEYRING, newest.parent)
    (newest.parent / "notes.backup").write_text("not ours")
    header = vault.look(newest)
    for day in range(1, 33):  # copies with another day in their header stand in for a month of nights
        at = NOW - timedelta(days=day)
        with (newest.parent / f"perdura-old{day}.backup").open("wb") as file:
            gateway.Writer(file, replace(header, created_at=at), KEYRING).close()
    with (newest.parent / "forged.backup").open("wb") as file:  # it would push the oldest genuine one out
        gateway.Writer(file, replace(header, created_at=NOW + timedelta(days=9)), Keyring((("k1", bytes(32)),))).close()
    report = await vault.take(NOW + timedelta(days=1))
    assert report.pruned == tuple(f"perdura-old{day}.backup" for day in (32, 31, 30, 29))
    assert (newest.parent / "notes.backup").exists()
    assert len(vault.all()) == 30
