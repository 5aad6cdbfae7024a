"""Migrations make exactly the tables the code believes in, on SQLite and PostgreSQL, up and down, one process at a time."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel

from activities.failures import Unavailable
from activities.gateways.store_sql import SqlStore
from models.migrations.run import downgrade, upgrade, write_ahead
from tests.keys import KEYRING

pytestmark = pytest.mark.usefixtures("walking")


async def test_migrated_database_equals_the_tables_in_code(empty_database: str) -> None:
    await upgrade(empty_database)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))

    engine = create_async_engine(empty_database)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrations_go_down_again_and_leave_nothing(empty_database: str) -> None:
    await upgrade(empty_database)
    await downgrade(empty_database, "base")
    engine = create_async_engine(empty_database)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    await engine.dispose()
    assert names == ["alembic_version"]


async def test_a_database_of_an_older_release_says_what_to_do(empty_database: str) -> None:
    await upgrade(empty_database, "0001")
    store = SqlStore(empty_database, KEYRING)
    for asked in (store.customer_by_reference("acme", "u_1"), store.issue_key("acme")):
        with pytest.raises(Unavailable, match="perdura migrate"):
            await asked
    await store.close()


async def test_processes_that_start_together_migrate_one_after_the_other(empty_database: str) -> None:
    await asyncio.gather(*(upgrade(empty_database) for _ in range(4)))
    store = SqlStore(empty_database, KEYRING)
    await store.ping()
    await store.close()


async def test_processes_that_turn_a_new_file_to_write_ahead_logging_at_once_wait_for_each_other(
    tmp_path: Path,
) -> None:
    """SQLite tells one of two "locked" at once, whatever its busy timeout: about one race of twelve."""

    async def turn(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await write_ahead(connection)
            await connection.exec_driver_sql("BEGIN IMMEDIATE")

    for race in range(60):
        engines = [create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/{race}.db") for _ in range(4)]
        await asyncio.gather(*(turn(engine) for engine in engines))
        await asyncio.gather(*(engine.dispose() for engine in engines))


async def test_every_table_carries_its_tenant() -> None:
    assert all("tenant_id" in table.columns for table in SQLModel.metadata.sorted_tables)
