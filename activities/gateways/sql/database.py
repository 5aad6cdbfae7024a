"""The connection to SQL: one way to read, one to write, and the database's failures in our words.

SQLite and PostgreSQL are spoken to by the same statements. SQLite has one writer at a time, so writers of this process
take turns here instead of polling for the file's lock; other processes are waited for by `busy_timeout`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Executable, Select, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlmodel import SQLModel

from activities.failures import Missing, Refused, Unavailable
from activities.gateways.sql.commits import GroupCommit, Merge

R = TypeVar("R", bound=SQLModel)
S = TypeVar("S", bound=SQLModel)
Insert = sqlite.Insert | postgresql.Insert


class Duplicate(Refused):
    """A unique key is in use already: two records claim to be the same thing."""


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


class Database:
    """A pool of connections. Statements are never logged with their values: they hold personal data."""

    def __init__(self, url: str) -> None:
        self._lite = make_url(url).get_backend_name() == "sqlite"
        if self._lite:
            # Left to ourselves, a statement is a transaction: none is open, so there is none to roll back.
            self._engine = create_async_engine(
                url, hide_parameters=True, connect_args={"isolation_level": None}, skip_autocommit_rollback=True
            )
            event.listen(self._engine.sync_engine, "connect", _prepare)
            self._single = self._engine
        else:
            self._engine = create_async_engine(url, hide_parameters=True)
            self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turn = asyncio.Lock()
        # PostgreSQL commits single statements together by itself, but not writers that wait for each other's row.
        self._merged = GroupCommit(begin=self._begin, single=self._alone if self._lite else self._begin)
        self._group = self._merged if self._lite else None

    async def close(self) -> None:
        await self._engine.dispose()

    async def rows(self, query: Select[R]) -> Sequence[R]:
        """All rows of a query over one table."""
        with _translated():
            async with AsyncSession(self._single, expire_on_commit=False) as session:
                return (await session.scalars(query)).all()

    async def first(self, query: Select[R]) -> R | None:
        """The first row of a query over one table."""
        with _translated():
            async with AsyncSession(self._single, expire_on_commit=False) as session:
                return (await session.scalars(query.limit(1))).first()

    async def pairs(self, query: Select[R, S]) -> Sequence[tuple[R, S]]:
        """All rows of a query over two tables."""
        with _translated():
            async with AsyncSession(self._single, expire_on_commit=False) as session:
                return [(first, second) for first, second in (await session.execute(query)).all()]

    async def figures(self, query: Select[*tuple[Any, ...]]) -> Sequence[Sequence[Any]]:
        """All rows of a query over columns and aggregates, each as a sequence."""
        with _translated():
            async with self._single.connect() as connection:
                return [tuple(row) for row in (await connection.execute(query)).all()]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for several reads; nobody waits for it, and nothing is written on it."""
        with _translated():
            async with self._single.connect() as connection:
                yield connection

    async def write(self, statement: Executable, parameters: dict[str, Any] | None = None) -> int:
        """One statement, committed. Returns how many rows it touched.

        Statements used often are better built once and given `parameters`: building costs more than running.

        Raises:
            Missing: it refers to a record that is not there.
            Duplicate: a unique key is in use.
            Unavailable: the database did not answer; the statement may or may not have been carried out.
        """
        with _translated():
            if self._group is not None:
                return await self._group.write(statement, parameters)
            async with self._single.connect() as connection:
                return int((await connection.execute(statement, parameters)).rowcount)

    async def add(self, item: Any, merge: Merge, lane: str) -> int:
        """Have `merge` write an item together with all others that wait in its lane, in one transaction; the answer is the item's own.

        The writing may be run again after a failure. Writers that lock the same row share a lane. Raises as `write` does.
        """
        with _translated():
            return await self._merged.add(item, merge, lane)

    async def apart(self, item: Any, merge: Merge, lane: str) -> int:
        """As `add`, for writers that lock no row in common: only SQLite, which has one writer at a time, has them write together."""
        if self._lite:
            return await self.add(item, merge, lane)
        async with self.transaction() as connection:
            return (await merge(connection, [item]))[0]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Several statements, all or none. Raises as `write` does."""
        with _translated():
            async with self._begin() as connection:
                yield connection

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncConnection]:
        if not self._lite:
            async with self._engine.begin() as connection:
                yield connection
            return
        async with self._alone() as connection:
            try:
                # Immediate: a transaction that began by reading could not become a writer once another had written.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                await connection.exec_driver_sql("COMMIT")
            except BaseException:
                # SQLite may have given up the transaction by itself, and a cancelled connection is thrown away whole.
                with suppress(OperationalError, InvalidRequestError):
                    await connection.exec_driver_sql("ROLLBACK")
                raise

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncConnection]:
        """A connection, while no other of this process writes to SQLite."""
        async with self._turn, self._single.connect() as connection:
            yield connection

    def insert(self, row: type[SQLModel]) -> Insert:
        """An insert that can say what happens on a conflict, in the dialect of this database."""
        return sqlite.insert(table_of(row)) if self._lite else postgresql.insert(table_of(row))

    async def add_once(self, row: SQLModel, key: Sequence[str]) -> bool:
        """Insert unless the key is there already. True when it was added."""
        statement = self.insert(type(row)).values(**values(row)).on_conflict_do_nothing(index_elements=list(key))
        return await self.write(statement) == 1

    async def save(
        self,
        row: SQLModel,
        key: Sequence[str],
        *,
        keep: Sequence[str] = (),
        instead: Mapping[str, Any] | None = None,
        where: Any = None,
    ) -> None:
        """Insert, or replace all columns but the key and `keep`; `instead` gives expressions for some, `where` guards the replacement."""
        await self.write(self.upsert(row, key, keep=keep, instead=instead, where=where))

    def upsert(
        self,
        row: SQLModel,
        key: Sequence[str],
        *,
        keep: Sequence[str] = (),
        instead: Mapping[str, Any] | None = None,
        where: Any = None,
    ) -> Insert:
        """The statement of `save`, for a transaction."""
        given = values(row)
        statement = self.insert(type(row)).values(**given)
        replaced = {name: statement.excluded[name] for name in given if name not in (*key, *keep)} | dict(instead or {})
        return statement.on_conflict_do_update(index_elements=list(key), set_=replaced, where=where)


def values(row: SQLModel) -> dict[str, Any]:
    """A row's columns by name, without a number the database gives."""
    return {name: value for name, value in row.model_dump().items() if not (name == "seq" and value is None)}


def _prepare(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # synchronous stays FULL: an acknowledged webhook must survive a power cut.
    for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


# What lacks a table or a column: PostgreSQL's codes (undefined_table, undefined_column), SQLite's words.
_OTHER_SCHEMA = ("42P01", "42703")
_LITE_OTHER_SCHEMA = ("no such table", "no such column", "table ")  # the last: "table x has no column named y"
_MIGRATE = (
    "the database has not this release's tables: run `perdura migrate`, or name the right one in PERDURA_DATABASE_URL"
)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        code = getattr(error.orig, "sqlstate", None) or _lite_code(error)
        if code in ("23503", "SQLITE_CONSTRAINT_FOREIGNKEY"):
            raise Missing("the record refers to one that is not there") from None
        if code in ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
            raise Duplicate("a record with this unique key exists already", "duplicate") from None
        raise
    except DataError:
        raise
    except (DBAPIError, PoolTimeout, OSError) as error:
        cause = getattr(error, "orig", None) or error
        if getattr(cause, "sqlstate", None) in _OTHER_SCHEMA or str(cause).startswith(_LITE_OTHER_SCHEMA):
            raise Unavailable(_MIGRATE) from None
        raise Unavailable(f"the database did not answer ({type(cause).__name__})") from None


def _lite_code(error: IntegrityError) -> str:
    cause: BaseException | None = error.orig
    while cause is not None and not hasattr(cause, "sqlite_errorname"):
        cause = cause.__cause__
    return str(getattr(cause, "sqlite_errorname", ""))
