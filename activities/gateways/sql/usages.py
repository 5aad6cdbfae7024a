"""How much was used: each use once, and a count that is the sum of them, however many tell of uses at one instant."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.failures import Refused
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell_once
from models.subscribing.usage import Counted, Meter, Use
from models.tables.catalog import UsageCounterRow, UsageRow
from models.telling.happenings import of_use

_COUNTER, _USE = table_of(UsageCounterRow).c, table_of(UsageRow).c
_KEY = ["tenant_id", "subscription_id", "meter", "window"]


class _Beyond(Exception):
    """The count would pass its end: the use is taken back out of the books."""


class Usages:
    """The record of use."""

    _db: Database
    _recorded: Recorded

    async def count_use(self, use: Use, most: int | None, meter: Meter | None = None) -> Counted:
        try:
            async with self._db.transaction() as connection:
                counted = await self._counted(connection, use, most)
                if not counted.taken:
                    raise _Beyond
                happening = of_use(use, meter, counted.used) if meter and not counted.repeated else None
                if happening is not None:
                    # Under the counter's lock: what fell and rose again in one window is told once.
                    name = f"{use.subscription}/{use.meter}/{use.window}/{happening.type}"
                    await tell_once(connection, self._db, happening, name)
        except _Beyond:
            return Counted(taken=False, used=await self._count(use))
        if happening is not None:
            self._recorded.note(use.tenant)
        return await self._again(use) if counted.repeated else counted

    async def _counted(self, connection: AsyncConnection, use: Use, most: int | None) -> Counted:
        """Add a use inside a transaction, which is to be given up where it was not taken."""
        row = UsageRow(
            tenant_id=use.tenant,
            key=use.key,
            subscription_id=use.subscription,
            meter=use.meter,
            window=use.window,
            quantity=use.quantity,
            at=use.at,
        )
        mine = {"tenant_id": use.tenant, "subscription_id": use.subscription, "meter": use.meter, "window": use.window}
        after = _COUNTER.used + use.quantity
        fits = (*(table_of(UsageCounterRow).c[name] == value for name, value in mine.items()), after >= 0)
        if most is not None and use.quantity > 0:
            fits = (*fits, after <= most)
        fresh = (
            self._db.insert(UsageRow).values(**values(row)).on_conflict_do_nothing(index_elements=["tenant_id", "key"])
        )
        if not (await connection.execute(fresh)).rowcount:
            return Counted(taken=True, used=0, repeated=True)
        start = self._db.insert(UsageCounterRow).values(**mine, used=0).on_conflict_do_nothing(index_elements=_KEY)
        await connection.execute(start)
        # The condition is asked again under the row's lock, so that two askers cannot both have the last unit.
        counting = update(UsageCounterRow).where(*fits).values(used=after).returning(_COUNTER.used)
        used = (await connection.execute(counting)).scalar_one_or_none()
        return Counted(taken=used is not None, used=int(used or 0))

    async def used(self, tenant: str, subscription: str) -> Mapping[tuple[str, str], int]:
        rows = await self._db.rows(
            select(UsageCounterRow).where(_COUNTER.tenant_id == tenant, _COUNTER.subscription_id == subscription)
        )
        return {(row.meter, row.window): row.used for row in rows}

    async def _again(self, use: Use) -> Counted:
        """The answer to a use that was told before."""
        row = await self._db.first(select(UsageRow).where(_USE.tenant_id == use.tenant, _USE.key == use.key))
        told = (use.subscription, use.meter, use.quantity)
        if row is None or (row.subscription_id, row.meter, row.quantity) != told:
            raise Refused("this key belongs to another use; give each use a key of its own", "usage_key")
        return Counted(
            taken=True, used=(await self.used(use.tenant, use.subscription))[row.meter, row.window], repeated=True
        )

    async def _count(self, use: Use) -> int:
        return (await self.used(use.tenant, use.subscription)).get((use.meter, use.window), 0)
