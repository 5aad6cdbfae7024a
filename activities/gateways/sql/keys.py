"""API keys."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update

from activities.failures import Failure, Missing
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.tenants import tenant_of
from models.access.keys import EVERYTHING, ApiKey, digest, issue
from models.access.permissions import Scope
from models.records import Tenant
from models.tables.parties import ApiKeyRow, TenantRow

_KEY = table_of(ApiKeyRow).c
_NOTED = timedelta(minutes=1)  # finer would be a write for every request


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        tenant=row.tenant_id,
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        hint=row.hint,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def _row(key: ApiKey, secret: str) -> ApiKeyRow:
    return ApiKeyRow(
        tenant_id=key.tenant,
        hash=digest(secret),
        hint=key.hint,
        created_at=key.created_at,
        id=key.id,
        name=key.name,
        scopes=" ".join(scope for scope in Scope if scope in key.scopes),
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


class Keys:
    """Programs that are let in."""

    _db: Database

    async def issue_key(self, tenant: str, name: str = "api") -> str:
        key, secret = issue(tenant, name, EVERYTHING, datetime.now(UTC))
        await self.add_key(key, secret)
        return secret

    async def add_key(self, key: ApiKey, secret: str) -> None:
        await self._db.write(self._db.insert(ApiKeyRow).values(**values(_row(key, secret))))

    async def keys(self, tenant: str) -> Sequence[ApiKey]:
        query = select(ApiKeyRow).where(_KEY.tenant_id == tenant).order_by(_KEY.created_at, _KEY.id)
        return [_key(row) for row in await self._db.rows(query)]

    async def key_holder(self, secret: str, now: datetime) -> tuple[Tenant, ApiKey] | None:
        found = await self._db.pairs(
            select(TenantRow, ApiKeyRow)
            .join(ApiKeyRow, _KEY.tenant_id == table_of(TenantRow).c.tenant_id)
            .where(_KEY.hash == digest(secret), _KEY.revoked_at.is_(None))
            .where(or_(_KEY.expires_at.is_(None), _KEY.expires_at > now))
        )
        if not found:
            return None
        tenant, key = tenant_of(found[0][0]), _key(found[0][1])
        if key.last_used_at is None or now - key.last_used_at >= _NOTED:
            stale = or_(_KEY.last_used_at.is_(None), _KEY.last_used_at <= now - _NOTED)
            # A note of use is not worth a request: where it cannot be written, the key works all the same.
            with suppress(Failure):
                await self._db.write(
                    update(ApiKeyRow).where(_KEY.hash == digest(secret), stale).values(last_used_at=now)
                )
            key = replace(key, last_used_at=now)
        return tenant, key

    async def replace_key(self, old: ApiKey, fresh: ApiKey, secret: str, *, until: datetime) -> None:
        mine = (_KEY.tenant_id == old.tenant, _KEY.id == old.id, _KEY.revoked_at.is_(None))
        async with self._db.transaction() as connection:
            ended = await connection.execute(update(table_of(ApiKeyRow)).where(*mine).values(expires_at=until))
            if not ended.rowcount:
                raise Missing(f"there is no key '{old.id}' in use")
            await connection.execute(self._db.insert(ApiKeyRow).values(**values(_row(fresh, secret))))

    async def revoke_key(self, tenant: str, key: str, now: datetime) -> None:
        mine = (_KEY.tenant_id == tenant, _KEY.id == key)
        if await self._db.write(update(ApiKeyRow).where(*mine, _KEY.revoked_at.is_(None)).values(revoked_at=now)):
            return
        if await self._db.first(select(ApiKeyRow).where(*mine)) is None:
            raise Missing(f"there is no key '{key}'")
