"""An old database full of data goes up to this release and back, one version at a time, and is what it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    inspect,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from activities.gateways.store_sql import SqlStore
from models.access.keys import EVERYTHING, digest, issue
from models.migrations.run import KeyringNeeded, downgrade, upgrade
from models.policies.presets import preset_page
from tests.keys import KEYRING

T = TypeVar("T")
NOW = datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
TENANTS = ("acme", "otro")
MEANT = {"policy": preset_page("ruthless"), "zone": "America/Tijuana", "currency": "MXN", "rfc": "XIA190128J61"}
VERSIONS = [
    script.revision
    for script in reversed(
        list(ScriptDirectory(str(Path(str(resources.files("models"))) / "migrations")).walk_revisions())
    )
]

BEFORE_BILLS = "0019"


async def on(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def tables(connection: Connection, empty: list[str]) -> list[Table]:
    """Some of what there is now; who is referred to comes first."""
    metadata = MetaData()
    metadata.reflect(connection, only=empty)
    return [table for table in metadata.sorted_tables if table.name in empty]


def value(column: Column[Any], tenant: str, known: dict[tuple[str, str, str], Any]) -> Any:
    """Something of the column's type, and what it refers to if it refers to something."""
    for key in column.foreign_keys:
        return known[tenant, key.column.table.name, key.column.name]
    if column.name == "tenant_id":
        return tenant
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, DateTime):
        return NOW if connection_keeps_zones(column) else NOW.replace(tzinfo=None)
    if isinstance(column.type, Date):
        return NOW.date()
    if isinstance(column.type, LargeBinary):
        return f"{tenant} {column.name}".encode()
    if isinstance(column.type, Integer):
        return 149_00 + len(column.name) + TENANTS.index(tenant)
    return MEANT.get(column.name, f"{column.table.name}.{column.name} ñ {tenant}")


def connection_keeps_zones(column: Column[Any]) -> bool:
    return bool(getattr(column.type, "timezone", False))


Known = dict[tuple[str, str, str], Any]


def fill(connection: Connection, known: Known | None = None) -> None:
    """One row for each tenant in every table that is empty. `known` are the rows that there are, for whoever refers to them."""
    known = {} if known is None else known
    for table in tables(connection, [name for name, rows in sizes(connection).items() if not rows]):
        for tenant in TENANTS:
            row = {column.name: value(column, tenant, known) for column in table.columns}
            connection.execute(table.insert().values(row))
            known |= {(tenant, table.name, name): given for name, given in row.items()}


def contents(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in an order of its own. The number of a row in the audit is no content: a chain has its own."""
    return {
        name: sorted(
            (
                {k: v for k, v in row.items() if k != "seq"}
                for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()
            ),
            key=repr,
        )
        for name in sizes(connection)
    }


def sizes(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


async def test_every_version_up_and_down_keeps_what_was_there(empty_database: str) -> None:
    """Each table is filled at the version that makes it, so that no later one alters an empty one."""
    known: Known = {}
    had: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for version in VERSIONS:
        await upgrade(empty_database, version, keyring=KEYRING)
        held = await on(empty_database, sizes)
        await on(empty_database, lambda c: fill(c, known))
        had[version] = await on(empty_database, contents)
        for earlier, rows in had.items():
            lost = {name for name in rows if held.get(name, 0) < len(rows[name])} if earlier != version else set()
            assert not lost, f"{version} loses rows of {lost}, which {earlier} had"
    assert all(had[VERSIONS[-1]].values()), "no table is empty"
    assert await on(empty_database, differences) == []

    for version in reversed(VERSIONS[:-1]):
        if version == BEFORE_BILLS:  # it cannot hold them, so a person has to say what becomes of them
            with pytest.raises(RuntimeError, match="there are bills"):
                await downgrade(empty_database, version, keyring=KEYRING)
            await on(empty_database, lambda c: c.execute(text("DELETE FROM bills")))
        await downgrade(empty_database, version, keyring=KEYRING)
        assert await on(empty_database, contents) == had[version], f"going down to {version}"


async def test_a_key_of_the_first_version_may_do_all_that_it_might(empty_database: str) -> None:
    """It could do everything in its tenant, and nothing anywhere else, until it was revoked."""
    await upgrade(empty_database, VERSIONS[0])
    await on(empty_database, fill)

    def issued(connection: Connection) -> None:
        for tenant, revoked in (("acme", None), ("otro", NOW.replace(tzinfo=None))):
            told = {"hash": digest(f"pk_live_of_{tenant}"), "revoked": revoked, "tenant": tenant}
            order = "UPDATE api_keys SET hash = :hash, revoked_at = :revoked WHERE tenant_id = :tenant"
            connection.execute(text(order), told)

    await on(empty_database, issued)
    await upgrade(empty_database, keyring=KEYRING)
    store = SqlStore(empty_database, KEYRING)
    held = await store.key_holder("pk_live_of_acme", datetime.now(UTC))
    assert held is not None
    tenant, key = held
    assert (tenant.id, key.tenant, key.scopes, key.expires_at) == ("acme", "acme", EVERYTHING, None)
    assert await store.key_holder("pk_live_of_otro", datetime.now(UTC)) is None, "a revoked one stays revoked"
    # It is one of the tenant's keys, to be rotated and revoked as any other.
    fresh, secret = issue("acme", "api", EVERYTHING, datetime.now(UTC))
    await store.replace_key(key, fresh, secret, until=datetime.now(UTC))
    assert await store.key_holder("pk_live_of_acme", datetime.now(UTC)) is None
    assert await store.key_holder(secret, datetime.now(UTC)) is not None
    await store.close()


async def test_a_version_that_fails_half_way_leaves_the_one_before(empty_database: str) -> None:
    """Data that a step cannot take: all of it, or nothing, is done."""
    await upgrade(empty_database, VERSIONS[0])
    await on(empty_database, fill)
    before = await on(empty_database, contents)

    with pytest.raises(KeyringNeeded, match="PERDURA_ENCRYPTION_KEYS"):  # personal data would have stayed in clear
        await upgrade(empty_database)
    assert await on(empty_database, contents) == before
    version = await on(empty_database, lambda c: c.execute(text("SELECT version_num FROM alembic_version")).scalar())
    assert version == VERSIONS[0]
