"""What customers wrote to us, and the channels they want no messages on."""

from datetime import datetime

from sqlalchemy import delete, select

from activities.gateways.sql.database import Database, table_of
from models.keyring import Keyring
from models.notices import Channel
from models.tables.dunning import OptOutRow

_OUT = table_of(OptOutRow).c


class Replies:
    """The record of wishes and replies."""

    _db: Database
    _keyring: Keyring

    async def opted_out(self, tenant: str, customer: str) -> frozenset[Channel]:
        rows = await self._db.rows(select(OptOutRow).where(_OUT.tenant_id == tenant, _OUT.customer_id == customer))
        return frozenset(Channel(row.channel) for row in rows)

    async def opt_out(self, tenant: str, customer: str, channel: Channel, *, at: datetime, word: str) -> bool:
        row = OptOutRow(tenant_id=tenant, customer_id=customer, channel=channel, since=at, word=word)
        return await self._db.add_once(row, ["tenant_id", "customer_id", "channel"])

    async def opt_in(self, tenant: str, customer: str, channel: Channel) -> bool:
        """They want messages on that channel again. False where they had never said otherwise."""
        mine = (_OUT.tenant_id == tenant) & (_OUT.customer_id == customer) & (_OUT.channel == channel.value)
        return await self._db.write(delete(OptOutRow).where(mine)) > 0
