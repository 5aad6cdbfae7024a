"""The stores' tests run on both databases, whatever the rest of the run is about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command

from activities.gateways.store_sql import SqlStore
from models.migrations import run
from tests.databases import migrated, new_database
from tests.keys import KEYRING


@pytest.fixture
def walking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every database walks through all versions, as outside the tests."""
    monkeypatch.setattr(run, "command", command)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/perdura.db"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
async def store(empty_database: str) -> AsyncIterator[SqlStore]:
    await migrated(empty_database)
    store = SqlStore(empty_database, KEYRING)
    yield store
    await store.close()
