"""The audit: who did what, why, and what changed by it. Rows are added to the tenant's chain and stay."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.chain import Chain, append, turn
from activities.gateways.sql.database import table_of
from models.bookkeeping.chain import Book
from models.records import AuditEntry
from models.tables.journal import AuditRow

_AUDIT = table_of(AuditRow).c


def audit_row(entry: AuditEntry) -> dict[str, Any]:
    """An entry's columns, without its links in the chain."""
    return {
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


def audit_entry(row: AuditRow) -> AuditEntry:
    """The entry in a row."""
    return AuditEntry(
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


class Audit(Chain):
    """The story of a subscription, or of a tenant where an entry names no subscription."""

    async def audit(self, entry: AuditEntry) -> None:
        await self._db.add(audit_row(entry), self._add_entries, f"{entry.tenant}/audit")

    async def _add_entries(self, connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Add rows of one tenant that are not there yet; 1 for each that was not."""
        tenant = rows[0]["tenant_id"]
        head = await turn(connection, self._db, tenant)
        query = select(_AUDIT.key).where(_AUDIT.tenant_id == tenant, _AUDIT.key.in_({row["key"] for row in rows}))
        known = set((await connection.execute(query)).scalars())
        new: dict[str, dict[str, Any]] = {}
        answers = []
        for row in rows:
            fresh = row["key"] not in known and row["key"] not in new
            answers.append(int(fresh))
            if fresh:
                new[row["key"]] = row
        if new:
            await append(connection, head, [(Book.AUDIT, row) for row in new.values()], self._keyring)
        return answers

    async def audit_trail(self, tenant: str, subscription: str) -> Sequence[AuditEntry]:
        rows = await self._db.rows(
            select(AuditRow)
            .where(_AUDIT.tenant_id == tenant, _AUDIT.subscription_id == subscription)
            .order_by(_AUDIT.seq)
        )
        return [audit_entry(row) for row in rows]
