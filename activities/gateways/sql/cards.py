"""Charges tried on cards, counted against what the card networks allow."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.database import Database, table_of
from models.records import CardAttempt
from models.tables.dunning import CardAttemptRow
from models.tables.parties import TenantRow

_ATTEMPTS, _TENANTS = table_of(CardAttemptRow), table_of(TenantRow)
_ATTEMPT = _ATTEMPTS.c
WINDOW = timedelta(days=30)  # Visa and Mastercard count reattempts within this


class Cards:
    """The record of attempts."""

    _db: Database

    async def may_attempt(self, attempt: CardAttempt, budget: int) -> bool:
        async with self._db.transaction() as connection:
            return await self._may(connection, attempt, budget)

    async def _may(self, connection: AsyncConnection, attempt: CardAttempt, budget: int) -> bool:
        # Askers of one tenant take turns: the tenant's row is what they queue at.
        await connection.execute(
            select(_TENANTS.c.tenant_id).where(_TENANTS.c.tenant_id == attempt.tenant).with_for_update()
        )
        mine = (_ATTEMPT.tenant_id == attempt.tenant) & (_ATTEMPT.card == attempt.card)
        known = await connection.scalar(
            select(_ATTEMPT.key).where(_ATTEMPT.tenant_id == attempt.tenant, _ATTEMPT.key == attempt.key)
        )
        if known is not None:
            return True  # asked again after a lost answer: the same attempt
        recent = mine & (_ATTEMPT.at > attempt.at - WINDOW)
        tried, refused = (
            await connection.execute(
                select(
                    select(func.count()).select_from(_ATTEMPTS).where(recent).scalar_subquery(),
                    select(func.count()).select_from(_ATTEMPTS).where(mine, _ATTEMPT.hard).scalar_subquery(),
                )
            )
        ).one()
        if (refused and not attempt.fresh) or tried >= budget:
            return False
        await connection.execute(
            _ATTEMPTS.insert().values(
                tenant_id=attempt.tenant,
                key=attempt.key,
                card=attempt.card,
                invoice=attempt.invoice,
                at=attempt.at,
                hard=False,
            )
        )
        return True

    async def refuse_card(self, tenant: str, key: str) -> None:
        mine = (_ATTEMPT.tenant_id == tenant) & (_ATTEMPT.key == key)
        await self._db.write(update(CardAttemptRow).where(mine).values(hard=True))
