"""Databases to test on: SQLite always, PostgreSQL where its programs are found (started here on a free port, as another user if root)."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from activities.gateways.store_sql import SqlStore
from models.migrations.run import upgrade


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    return next((user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody")), None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of ours, without a database's name."""
    if not all(shutil.which(program) for program in ("initdb", "postgres")):
        pytest.skip("PostgreSQL is not installed")
    home = tmp_path_factory.mktemp("postgres")
    data, user = home / "data", _unprivileged()
    if user is not None:
        for directory in (home, *[p for p in home.parents if p.is_relative_to(tmp_path_factory.getbasetemp().parent)]):
            directory.chmod(0o755)
        shutil.chown(home, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    subprocess.run(
        ["initdb", "-D", str(data), "-U", "perdura", "-A", "trust", "-N"],
        check=True,
        capture_output=True,
        user=user,
        cwd="/",
    )
    with (Path(os.devnull)).open("w") as quiet:
        server = subprocess.Popen(
            ["postgres", "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(home), "-F"],
            stdout=quiet,
            stderr=quiet,
            user=user,
            cwd="/",
        )
    try:
        yield f"postgresql+asyncpg://perdura@127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
    server = request.getfixturevalue("postgres")
    name = f"t{uuid4().hex}"
    engine = create_async_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    for attempt in range(300):
        try:
            async with engine.connect() as connection:
                await connection.execute(text(f"CREATE DATABASE {name}"))
            break
        except (OSError, DBAPIError):  # not listening yet, or listening and still starting up
            if attempt == 299:
                raise
            await asyncio.sleep(0.1)
    await engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
async def store(empty_database: str) -> AsyncIterator[SqlStore]:
    await upgrade(empty_database)
    store = SqlStore(empty_database)
    yield store
    await store.close()
