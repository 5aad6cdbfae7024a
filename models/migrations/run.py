"""Bring a database up to the tables of this release. Safe to run by several processes at once: they take turns."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

_TURN = 7_313_001  # PostgreSQL's advisory lock for migrations: any number that is ours


async def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at a SQLAlchemy address up to `revision`. A missing SQLite file is made, with its directory."""
    await _migrate(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Migrate the database back to `revision`; `base` removes every table."""
    await _migrate(url, lambda config: command.downgrade(config, revision))


async def _migrate(url: str, steps: Callable[[Config], None]) -> None:
    target = make_url(url)
    if target.get_backend_name() == "sqlite" and target.database:
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(resources.files("models") / "migrations"))
    config.set_main_option("path_separator", "os")

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        steps(config)

    engine = create_async_engine(target)
    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                # The driver would begin only at the first row written; a second migrator must wait before it looks.
                await connection.exec_driver_sql("PRAGMA busy_timeout = 30000")
                await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()
