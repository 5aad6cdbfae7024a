"""The stores' tests run on both databases, whatever the rest of the run is about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command

from activities.gateways.store_sql import SqlStore
from models.migrations import run
from tests.databases import emptied, migrated, new_database
from tests.keys import KEYRING


@pytest.fixture
def walking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every database walks through all versions, as outside the tests."""
    monkeypatch.setattr(run, "command", command)


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables; or, where the test has a store in it as well, with nothing in them."""
    in_use = "store" in request.fixturenames
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        return await emptied(server) if in_use else new_database(server)
    url = f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
    if in_use:
        await migrated(url)
    return url


@pytest.fixture
async def store(empty_database: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(empty_database, KEYRING)
    yield store
    await store.close()
