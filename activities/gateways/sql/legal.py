"""Legal texts and their versions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from activities.failures import Missing
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from models.agreements.legal import LegalKind, LegalText
from models.tables.legal import LegalTextRow
from models.tables.parties import TenantRow
from models.words import Words

_TEXT, _TENANT = table_of(LegalTextRow).c, table_of(TenantRow).c


def _text(row: LegalTextRow) -> LegalText:
    return LegalText(row.tenant_id, LegalKind(row.kind), row.version, Words(row.spanish, row.english), row.published_at)


class Legal:
    """The record of legal texts."""

    _db: Database

    async def publish_text(self, tenant: str, kind: LegalKind, words: Words, at: datetime) -> LegalText:
        if await self._db.first(select(TenantRow).where(_TENANT.tenant_id == tenant)) is None:
            raise Missing(f"there is no tenant '{tenant}'")
        try:
            return await self._publish(tenant, kind, words, at)
        except Duplicate:  # somebody published at the same instant: ours is the next, or the same
            return await self._publish(tenant, kind, words, at)

    async def _publish(self, tenant: str, kind: LegalKind, words: Words, at: datetime) -> LegalText:
        newest = await self.legal_text(tenant, kind)
        if newest is not None and newest.words == words:
            return newest
        text = LegalText(tenant, kind, newest.version + 1 if newest else 1, words, at)
        row = LegalTextRow(
            tenant_id=tenant,
            kind=kind,
            version=text.version,
            spanish=words.es,
            english=words.en,
            published_at=at,
        )
        async with self._db.transaction() as connection:
            await connection.execute(table_of(LegalTextRow).insert().values(**values(row)))
        return text

    async def legal_text(self, tenant: str, kind: LegalKind, version: int | None = None) -> LegalText | None:
        query = select(LegalTextRow).where(_TEXT.tenant_id == tenant, _TEXT.kind == kind.value)
        if version is not None:
            query = query.where(_TEXT.version == version)
        row = await self._db.first(query.order_by(_TEXT.version.desc()))
        return _text(row) if row else None

    async def legal_texts(self, tenant: str) -> Sequence[LegalText]:
        found = [await self.legal_text(tenant, kind) for kind in LegalKind]
        return [text for text in found if text is not None]
