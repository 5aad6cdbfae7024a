"""Bring a database up to the tables of this release. Safe to run by several processes at once: they take turns."""

import asyncio
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from models.safekeeping.keyring import Keyring

_WAIT = "SELECT pg_advisory_xact_lock(7313001)"  # for one's turn in PostgreSQL; any number that is ours
_PATIENCE = 30.0  # seconds that SQLite's migrators wait for each other
_AGAIN = 0.05  # seconds between two looks


class KeyringNeeded(Exception):
    """The database holds personal data that this step seals or opens, and no keys were given."""

    def __init__(self) -> None:
        super().__init__("PERDURA_ENCRYPTION_KEYS: needed to migrate a database that holds personal data")


async def upgrade(url: str, revision: str = "head", *, keyring: Keyring | None = None) -> None:
    """Migrate the database at a SQLAlchemy address up to `revision`. A missing SQLite file is made, with its directory.

    `keyring` seals the personal data that an older release left in clear; a database without any needs none.
    """
    await _migrate(url, lambda config: command.upgrade(config, revision), keyring)


async def downgrade(url: str, revision: str, *, keyring: Keyring | None = None) -> None:
    """Migrate the database back to `revision`; `base` removes every table. Needs the keyring as `upgrade` does."""
    await _migrate(url, lambda config: command.downgrade(config, revision), keyring)


async def upgrade_within(connection: AsyncConnection, *, keyring: Keyring) -> None:
    """As `upgrade`, on a PostgreSQL connection and in its transaction: the caller commits, or nothing was done."""
    await connection.exec_driver_sql(_WAIT)
    await connection.run_sync(_run, _config(keyring), lambda config: command.upgrade(config, "head"))


def _config(keyring: Keyring | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("models") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["keyring"] = keyring
    return config


def _run(connection: Connection, config: Config, steps: Callable[[Config], None]) -> None:
    config.attributes["connection"] = connection
    steps(config)


async def _migrate(url: str, steps: Callable[[Config], None], keyring: Keyring | None) -> None:
    target = make_url(url)
    if target.get_backend_name() == "sqlite" and target.database:
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    config = _config(keyring)
    engine = create_async_engine(target)
    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                # The driver would begin only at the first row written; a second migrator must wait before it looks.
                await connection.exec_driver_sql(f"PRAGMA busy_timeout = {_PATIENCE * 1000:.0f}")
                await write_ahead(connection)
                await connection.exec_driver_sql("PRAGMA secure_delete = ON")
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.exec_driver_sql(_WAIT)
            await connection.run_sync(_run, config, steps)
            await connection.commit()
            if engine.dialect.name == "sqlite" and config.attributes.get("tidy"):
                await connection.exec_driver_sql("VACUUM")
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await engine.dispose()


async def write_ahead(connection: AsyncConnection) -> None:
    """Turn a SQLite file to write-ahead logging, once for all. Safe when several do so in the same moment.

    Raises `sqlalchemy.exc.OperationalError` when another holds the file for half a minute.
    """
    # Two that turn one file at once would wait for each other: SQLite tells the one "locked" at once, whatever its
    # busy timeout (sqlite.org/c3ref/busy_handler.html). The other is done a moment later.
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        try:
            await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        except OperationalError as error:
            if "locked" not in str(error.orig) or loop.time() > until:
                raise
            await asyncio.sleep(_AGAIN)
        else:
            return
