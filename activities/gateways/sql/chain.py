"""Writing and reading a tenant's chain, in which the rows of the audit and of the ledger are links.

Writers of one tenant take turns on its head: by SQLite's one writer, by a row lock in PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.database import Database, table_of
from models.bookkeeping.chain import Book, Break, Head, Link, Walk, digest
from models.safekeeping.keyring import Keyring
from models.tables.journal import AuditRow
from models.tables.ledger import ChainHeadRow, LedgerRow

_TABLES = {Book.AUDIT: table_of(AuditRow), Book.LEDGER: table_of(LedgerRow)}
_HEADS = table_of(ChainHeadRow)
_LINKS = ("seq", "previous", "hash")
_CONTEXT = "chain head"
PAGE = 500  # places; hashing so many rows keeps a loop for milliseconds


async def turn(connection: AsyncConnection, database: Database, tenant: str) -> Head:
    """The end of a tenant's chain, nobody else's to move until this transaction is over."""
    query = select(_HEADS.c.seq, _HEADS.c.hash).where(_HEADS.c.tenant_id == tenant).with_for_update()
    found = (await connection.execute(query)).first()
    if found is None:
        fresh = database.insert(ChainHeadRow).values(tenant_id=tenant, seq=0, hash="", seal="")
        await connection.execute(fresh.on_conflict_do_nothing(index_elements=["tenant_id"]))
        found = (await connection.execute(query)).one()
    return Head(tenant, found.seq, found.hash)


async def append(
    connection: AsyncConnection, head: Head, rows: Sequence[tuple[Book, Mapping[str, Any]]], keyring: Keyring
) -> Head:
    """Add rows (by column, with their tenant, without links) at the end of a chain whose turn we have."""
    links: dict[Book, list[dict[str, Any]]] = {}
    for book, row in rows:
        link = {**row, "seq": head.seq + 1, "previous": head.hash, "hash": digest(book, row, head.hash)}
        links.setdefault(book, []).append(link)
        head = Head(head.tenant, link["seq"], link["hash"])
    for book, added in links.items():
        await connection.execute(insert(_TABLES[book]), added)
    mine = _HEADS.c.tenant_id == head.tenant
    moved = update(_HEADS).where(mine).values(seq=head.seq, hash=head.hash, seal=seal(head, keyring))
    await connection.execute(moved)
    return head


def seal(head: Head, keyring: Keyring) -> str:
    """A keyed hash of a head, which nobody can make who has the database alone."""
    return keyring.fingerprints(f"{head.tenant}/{head}", context=_CONTEXT)[0]


class Chain:
    """The chain of a tenant, read from end to end."""

    _db: Database
    _keyring: Keyring

    async def chain_head(self, tenant: str) -> Head:
        """Where a tenant's chain ends; noted outside the database, it tells later whether the chain was written anew."""
        row = await self._db.first(select(ChainHeadRow).where(_HEADS.c.tenant_id == tenant))
        return Head(tenant, row.seq, row.hash) if row else Head(tenant)

    async def verify_chain(self, tenant: str, anchor: Head | None = None, *, page: int = PAGE) -> Break | None:
        """The first row of the audit and the ledger that is not as it was written; None when there is none.

        `anchor`: a head noted earlier, which must still be in the chain. Rows are read and forgotten `page` by `page`.
        """
        before = await self._db.first(select(ChainHeadRow).where(_HEADS.c.tenant_id == tenant))
        head = Head(tenant, before.seq, before.hash) if before else Head(tenant)
        if broken := await self._walked(head, anchor, page):
            return broken
        # Rows written meanwhile are beyond the head we read first, but never beyond the one we read last.
        beyond = await self._place(tenant, last=True)
        after = await self.chain_head(tenant)
        if beyond is not None and beyond > after.seq:
            return Break(tenant, after.seq + 1, f"inserted: the chain's head is {after.seq}")
        if before is None or not before.seq:
            return None
        if not before.seal:
            return Break(tenant, head.seq, "the head has no seal: run perdura audit seal")
        if before.seal not in self._keyring.fingerprints(f"{tenant}/{head}", context=_CONTEXT):
            return Break(
                tenant, head.seq, "the head's seal is not ours: made with other keys, or by somebody without keys"
            )
        return None

    async def seal_chain(self, tenant: str, *, page: int = PAGE) -> Break | None:
        """Seal the head of a whole chain with the current key, after an upgrade or before an old key is dropped.

        The break, and nothing is sealed, when the chain is not whole; a seal of other keys is replaced.
        """
        head = await self.chain_head(tenant)
        if broken := await self._walked(head, None, page):
            return broken
        mine = (_HEADS.c.tenant_id == tenant) & (_HEADS.c.seq == head.seq) & (_HEADS.c.hash == head.hash)
        await self._db.write(update(_HEADS).where(mine).values(seal=seal(head, self._keyring)))
        return None

    async def _walked(self, head: Head, anchor: Head | None, page: int) -> Break | None:
        """The first break up to a head. Whoever else lives in this loop has their turn between two pages."""
        walk = Walk(Head(head.tenant), anchor)
        first = await self._place(head.tenant, upto=head.seq)
        while first is not None and not walk.broken:
            last = min(first + page - 1, head.seq)
            walk = walk.on(await self._links(head.tenant, first, last))
            first = await self._place(head.tenant, after=last, upto=head.seq)
        return walk.ended(head)

    async def _place(
        self, tenant: str, *, after: int | None = None, upto: int | None = None, last: bool = False
    ) -> int | None:
        """The first place (or the last) that a row has within these bounds; asked for, so that no gap, however wide, is counted through."""
        found = []
        for table in _TABLES.values():
            seq = table.c.seq
            query = select(seq).where(table.c.tenant_id == tenant).order_by(seq.desc() if last else seq).limit(1)
            query = query.where(seq > after) if after is not None else query
            query = query.where(seq <= upto) if upto is not None else query
            found += [place for (place,) in await self._db.figures(query)]
        return (max if last else min)(found, default=None)

    async def _links(self, tenant: str, first: int, last: int) -> list[Link]:
        """The rows in these places, in their order."""
        found: list[Link] = []
        for book, table in _TABLES.items():
            names = table.columns.keys()
            mine = (table.c.tenant_id == tenant) & table.c.seq.between(first, last)
            for row in await self._db.figures(select(*table.columns).where(mine)):
                told = dict(zip(names, row, strict=True))
                seq, previous, own = (told.pop(name) for name in _LINKS)
                found.append(Link(book, seq, told, previous, own))
        return sorted(found, key=lambda link: link.seq)
