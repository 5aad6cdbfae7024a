"""The audit: who did what, why, and what changed by it. Rows are added to the tenant's chain and stay."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.chain import Chain, append, turn
from activities.gateways.sql.database import table_of
from models.chain import Book
from models.records import AuditEntry
from models.tables.journal import AuditRow

_AUDIT = table_of(AuditRow).c


class Audit(Chain):
    """The story of a subscription, or of a tenant where an entry names no subscription."""

    async def audit(self, entry: AuditEntry) -> None:
        row = {
            "tenant_id": entry.tenant,
            "subscription_id": entry.subscription,
            "key": entry.key,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "reason": entry.reason,
            "detail": entry.detail,
            "source": entry.source,
            "before": entry.before,
            "after": entry.after,
        }

        async def work(connection: AsyncConnection) -> int:
            head = await turn(connection, self._db, entry.tenant)
            known = select(_AUDIT.seq).where(_AUDIT.tenant_id == entry.tenant, _AUDIT.key == entry.key)
            if (await connection.execute(known)).first() is not None:
                return 0
            await append(connection, head, [(Book.AUDIT, row)], self._keyring)
            return 1

        await self._db.carry_out(work, entry.tenant)

    async def audit_trail(self, tenant: str, subscription: str) -> Sequence[AuditEntry]:
        rows = await self._db.rows(
            select(AuditRow)
            .where(_AUDIT.tenant_id == tenant, _AUDIT.subscription_id == subscription)
            .order_by(_AUDIT.seq)
        )
        return [
            AuditEntry(
                tenant=row.tenant_id,
                subscription=row.subscription_id,
                key=row.key,
                at=row.at,
                actor=row.actor,
                action=row.action,
                reason=row.reason,
                detail=row.detail,
                source=row.source,
                before=row.before,
                after=row.after,
            )
            for row in rows
        ]
