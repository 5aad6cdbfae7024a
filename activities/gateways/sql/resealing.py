"""Sealing anew with the current key, so that an older one can be dropped. Batch by batch, beside readers and writers."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from activities.failures import Refused
from activities.gateways.sql.crm.terms import index
from activities.gateways.sql.database import Database, table_of
from models.safekeeping.keyring import Keyring, Unsealable
from models.tables.crm import ProfileRow
from models.tables.sealed import SEALED, Form, SealedColumn, beside

BATCH = 200
_PROFILE = table_of(ProfileRow).c

Progress = Callable[[str, int], None]  # told the column and how many of its values were sealed anew so far


class Resealing:
    """What is sealed with the current key already is left alone, so a run that was cut off goes on where it stopped."""

    _db: Database
    _keyring: Keyring

    async def reseal(self, progress: Progress | None = None) -> int:
        """Seal every value of another key with the current one; how many there were.

        Raises:
            Refused: a value cannot be opened: its key is not in the ring, or it was tampered with. The message names its place.
        """
        count = sum([await self._column(column, progress) for column in SEALED])
        await self._findable()
        return count

    async def _findable(self) -> None:
        """What customers are found by is made anew of what was sealed anew."""
        older = select(ProfileRow).where(_PROFILE.key_id != self._keyring.current).limit(BATCH)
        while rows := await self._db.rows(older.order_by(_PROFILE.tenant_id, _PROFILE.customer_id)):
            async with self._db.transaction() as connection:
                for row in rows:
                    await index(connection, self._keyring, row.tenant_id, row.customer_id)

    async def _column(self, column: SealedColumn, progress: Progress | None) -> int:
        table = _table(column)
        key = [table.c[name] for name in column.key]
        older = select(*key, table.c[column.column], *_key_id(column, table)).where(
            _of_another_key(column, self._keyring)
        )
        query, done = older.order_by(*key).limit(BATCH), 0
        while True:
            async with self._db.transaction() as connection:
                rows: Sequence[Any] = (await connection.execute(query)).all()
                for row in rows:
                    await self._anew(connection, column, row)
            if not rows:
                return done
            done += len(rows)
            if progress is not None:
                progress(f"{column.table}.{column.column}", done)
            query = older.where(tuple_(*key) > tuple_(*rows[-1][: len(key)])).order_by(*key).limit(BATCH)

    async def _anew(self, connection: AsyncConnection, column: SealedColumn, row: Any) -> None:
        table, key = _table(column), tuple(row[: len(column.key)])
        held = row[len(key)]
        try:
            if column.form is Form.SPLIT:
                plain: Any = self._keyring.open(row[-1], held, context=column.context(key))
            else:
                plain = column.open(self._keyring, held, key)
        except Unsealable as fault:
            raise Refused(
                f"{column.table}.{column.column} of {'/'.join(map(str, key))} {fault}", "unsealable"
            ) from None
        if column.form is Form.SPLIT:
            name, sealed = self._keyring.seal(plain, context=column.context(key))
            changes = {column.column: sealed, "key_id": name}
        else:
            changes = {column.column: column.seal(self._keyring, plain, key)}
        changes |= beside(column, self._keyring, dict(zip(column.key, key, strict=True)), plain)
        mine = [table.c[name] == value for name, value in zip(column.key, key, strict=True)]
        # Only what we read: whoever wrote it meanwhile has sealed it with a key of theirs.
        await connection.execute(update(table).where(*mine, table.c[column.column] == held).values(changes))


def _table(column: SealedColumn) -> Table:
    return SQLModel.metadata.tables[column.table]


def _key_id(column: SealedColumn, table: Table) -> list[Any]:
    return [table.c.key_id] if column.form is Form.SPLIT else []


def _of_another_key(column: SealedColumn, keyring: Keyring) -> ColumnElement[bool]:
    held, start = _table(column).c[column.column], column.by_current(keyring)
    other: ColumnElement[bool] = func.substr(held, 1, len(start)) != start
    if column.form is Form.SPLIT:
        other = _table(column).c.key_id != start
    elif column.form is Form.FRAMED:
        other = func.substr(held, 1, len(start), type_=LargeBinary()) != literal(start, LargeBinary())
    return (func.length(held) > 0) & other
