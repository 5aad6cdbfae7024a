"""A database as lines and back: the same lines for SQLite and PostgreSQL, so that a backup of one restores into the other."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from alembic.util.exc import CommandError
from sqlalchemy import (
    Connection,
    DateTime,
    MetaData,
    Table,
    TableClause,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from models.migrations.run import upgrade, upgrade_within
from models.safekeeping.backups import BackupInvalid
from models.safekeeping.keyring import Keyring

_VERSION = "alembic_version"
_BATCH = 500


async def dump(url: str, begin: Callable[[str, Mapping[str, int]], Callable[[bytes], None]]) -> None:
    """All rows as they are at one instant, while others go on writing. `begin` is told revision and counts, and takes the lines."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN")  # in WAL mode a reader sees one instant and stops no writer
            else:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            await connection.run_sync(_dump, begin)
    finally:
        await engine.dispose()


def _dump(connection: Connection, begin: Callable[[str, Mapping[str, int]], Callable[[bytes], None]]) -> None:
    tables = _tables(connection)
    revision = connection.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar_one_or_none()
    if revision is None:
        raise BackupInvalid("there is nothing to back up: the database was never migrated")
    write = begin(str(revision), {table.name: _count(connection, table.name) for table in tables})
    for table in tables:
        write(json.dumps({"table": table.name, "columns": table.columns.keys()}).encode())
        rows = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH)
        for row in connection.execute(rows):
            write(json.dumps([_told(value) for value in row], ensure_ascii=False).encode())


async def holds(url: str) -> dict[str, int]:
    """How many rows a database has in which table; nothing where it is empty, was never migrated, or is not there."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite" and not Path(target.database or "").exists():
        return {}
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda c: {name: n for name in _names(c) if (n := _count(c, name))})
    finally:
        await engine.dispose()


async def load(url: str, revision: str, rows: Mapping[str, int], lines: Iterable[bytes], keyring: Keyring) -> None:
    """Fill an empty database with lines of `dump`, all or none, and bring it up to this release.

    Raises:
        BackupInvalid: made by a newer release, or not as many rows as announced.
    """
    try:
        await upgrade(url, revision, keyring=keyring)
    except CommandError:
        raise BackupInvalid(
            f"the backup was made by a newer release (schema {revision}): restore it with that one"
        ) from None
    engine = _engine(url)
    try:
        async with _writing(engine) as connection:
            await _fill(connection, rows, lines)
    finally:
        await engine.dispose()
    await upgrade(url, keyring=keyring)


async def replace(url: str, rows: Mapping[str, int], lines: Iterable[bytes], keyring: Keyring) -> None:
    """Put lines of `dump`, from a database of this release, in the place of all that a PostgreSQL database holds: in one transaction.

    Raises BackupInvalid as `load` does. Whatever it raises, the database is what it was.
    """
    engine = _engine(url)
    try:
        async with _writing(engine) as connection:
            await connection.run_sync(_drop)
            await upgrade_within(connection, keyring=keyring)
            await _fill(connection, rows, lines)
    finally:
        await engine.dispose()


async def _fill(connection: AsyncConnection, rows: Mapping[str, int], lines: Iterable[bytes]) -> None:
    await connection.run_sync(_load, lines)
    found = await connection.run_sync(lambda c: {name: _count(c, name) for name in _names(c)})
    if wrong := {name for name, count in rows.items() if found.get(name) != count}:
        raise BackupInvalid(f"the backup announces other numbers of rows than it has: {', '.join(sorted(wrong))}")


def _load(connection: Connection, lines: Iterable[bytes]) -> None:
    tables = {table.name: table for table in _tables(connection)}
    for name, columns, rows in _parts(iter(lines)):
        table = tables.get(name)
        if table is None or set(columns) != set(table.columns.keys()):
            raise BackupInvalid(f"table {name} of the backup is not the one of its own schema revision")
        read = [_reader(table.c[column], connection) for column in columns]
        told = ({c: of(v) for c, of, v in zip(columns, read, json.loads(row), strict=True)} for row in rows)
        while batch := list(islice(told, _BATCH)):
            connection.execute(insert(table), batch)
        if connection.dialect.name == "postgresql":
            _set_sequences(connection, table)


def _parts(lines: Iterator[bytes]) -> Iterator[tuple[str, list[str], Iterator[bytes]]]:
    """Table by table: its name, its columns and its rows, which must be used up before the next is asked for."""
    head: bytes | None = next(lines, None)

    def rows() -> Iterator[bytes]:
        nonlocal head
        head = None
        for line in lines:
            if line.startswith(b"{"):
                head = line
                return
            yield line

    while head is not None:
        about = json.loads(head)
        yield about["table"], about["columns"], rows()


def _set_sequences(connection: Connection, table: Table) -> None:
    for column in table.primary_key.columns:
        named = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
        if named is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(named, highest, False)))


def _told(value: Any) -> Any:
    """A value in JSON; what JSON has no word for goes under a letter."""
    if isinstance(value, datetime):
        return {"t": (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()}
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(bytes(value)).decode()}
    return value


def _reader(column: Any, connection: Connection) -> Callable[[Any], Any]:
    naive = connection.dialect.name == "sqlite" and isinstance(column.type, DateTime)

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "b" in value:
            return base64.b64decode(value["b"])
        at = datetime.fromisoformat(value["t"])
        return at.replace(tzinfo=None) if naive else at

    return read


def _tables(connection: Connection) -> list[Table]:
    known = MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != _VERSION]


def _names(connection: Connection) -> list[str]:
    """For whoever needs no columns, which take several questions for each table."""
    return [name for name in inspect(connection).get_table_names() if name != _VERSION]


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(select(func.count()).select_from(TableClause(name))).scalar_one())


def _drop(connection: Connection) -> None:
    known = MetaData()
    known.reflect(connection)
    known.drop_all(connection)
    if connection.dialect.name == "postgresql":
        ours = text(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'perdura_')"
        )
        for name in connection.execute(ours).scalars().all():
            connection.execute(text(f"DROP FUNCTION {name}"))


def _engine(url: str) -> AsyncEngine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, hide_parameters=True)
    engine = create_async_engine(url, hide_parameters=True, connect_args={"isolation_level": None})
    event.listen(engine.sync_engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.close()


@asynccontextmanager
async def _writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction, committed at its end."""
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
