"""What a test's database costs. Each has an engine of its own, and an engine compiles every statement anew: most of a short test's time.

Here engines for the same kind of database share what was compiled, as those of one process of the product do by being one.
"""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import Pool

from activities.gateways import backup_sql, backups
from activities.gateways.sql import database
from models.migrations import run

_FIRST: dict[tuple[str, ...], Engine] = {}  # of each kind


def alike(url: str, **options: Any) -> AsyncEngine:
    """As `create_async_engine`. The dialect is part of what a compiled statement is found by, so it is shared as well."""
    engine = create_async_engine(url, **options)
    mine = engine.sync_engine
    kind = (mine.dialect.name, *map(repr, sorted(options.items())))
    first = _FIRST.get(kind)
    if first is None or not hasattr(first.dialect, "default_isolation_level"):  # it never reached its server
        first = _FIRST[kind] = mine
    mine._compiled_cache = first._compiled_cache
    mine.dialect = mine.pool._dialect = first.dialect
    return engine


def _careless(connection: Any, _record: Any) -> None:
    """Nobody pulls the plug on these: SQLite need not wait for the disk, as PostgreSQL does not (`tests.databases`)."""
    if "sqlite" in type(connection).__module__:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()


def cheapen() -> None:
    """From now on, in this process."""
    for module in (database, backup_sql, backups, run):
        module.create_async_engine = alike  # type: ignore[attr-defined]
    event.listen(Pool, "connect", _careless)
