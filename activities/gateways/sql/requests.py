"""Requests with an `Idempotency-Key`, and their answers."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from activities.gateways.sql.database import Database, table_of, values
from models.safekeeping.keyring import Keyring
from models.tables.people import RequestRow
from models.tables.sealed import ANSWER

_REQUEST = table_of(RequestRow).c
KEPT = timedelta(hours=24)


class Requests:
    """What was answered before. Answers are sealed: they may hold a new key, told once."""

    _db: Database
    _keyring: Keyring

    async def begin_request(
        self, tenant: str, key: str, content: str, now: datetime, *, hold: timedelta
    ) -> tuple[str, str, bool]:
        table, mine = table_of(RequestRow), (_REQUEST.tenant_id == tenant, _REQUEST.key == key)
        row = RequestRow(tenant_id=tenant, key=key, content=content, begun_at=now, held_until=now + hold)
        made = (
            self._db.insert(RequestRow)
            .values(**values(row))
            .on_conflict_do_nothing(index_elements=["tenant_id", "key"])
        )
        async with self._db.transaction() as connection:
            await connection.execute(delete(table).where(_REQUEST.tenant_id == tenant, _REQUEST.begun_at < now - KEPT))
            if (await connection.execute(made)).rowcount:
                return content, "", True
            found = (await connection.execute(select(table).where(*mine).with_for_update())).one()
            ours = not found.answer and found.held_until <= now and found.content == content
            if ours:
                await connection.execute(update(table).where(*mine).values(held_until=now + hold))
        return found.content, ANSWER.open(self._keyring, found.answer, (tenant, key)), ours

    async def request_about(self, tenant: str, key: str) -> str:
        row = await self._db.first(select(RequestRow).where(_REQUEST.tenant_id == tenant, _REQUEST.key == key))
        return row.about if row else ""

    async def bind_request(self, tenant: str, key: str, about: str) -> str:
        mine = (_REQUEST.tenant_id == tenant, _REQUEST.key == key, _REQUEST.about == "")
        noted = await self._db.write(update(RequestRow).where(*mine).values(about=about))
        return about if noted else await self.request_about(tenant, key) or about

    async def answer_request(self, tenant: str, key: str, answer: str, now: datetime) -> None:
        sealed = ANSWER.seal(self._keyring, answer, (tenant, key))
        mine = (_REQUEST.tenant_id == tenant, _REQUEST.key == key)
        await self._db.write(update(RequestRow).where(*mine).values(answer=sealed, held_until=now))
