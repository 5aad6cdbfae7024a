"""What customers wrote to us, and the channels they want no messages on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from activities.failures import Missing
from activities.gateways.sql.crm.following import spoke
from activities.gateways.sql.database import Database, table_of, values
from models.crm.following import of_reply
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Channel
from models.speaking.replies import Correspondent, Meaning, Reply
from models.subscribing.subscriptions import Status
from models.tables.dunning import OptOutRow, ReplyRow
from models.tables.journal import NoticeRow
from models.tables.parties import CustomerRow
from models.tables.sealed import REPLY, phone_prints
from models.tables.subscriptions import CaseRow, SubscriptionRow

_OUT, _REPLY, _CUSTOMER = (table_of(row).c for row in (OptOutRow, ReplyRow, CustomerRow))
_SUBSCRIPTION, _NOTICE, _CASE = (table_of(row).c for row in (SubscriptionRow, NoticeRow, CaseRow))


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

    async def customers_by_phone(self, phone: str) -> Sequence[Correspondent]:
        """Whose phone this is, of all tenants: first whom we wrote to last, and of theirs the subscription we wrote about."""
        written = func.max(_NOTICE.requested_at)
        query = (
            select(_CUSTOMER.tenant_id, _CUSTOMER.id, _SUBSCRIPTION.id, _SUBSCRIPTION.status, written)
            .select_from(CustomerRow)
            .join(
                SubscriptionRow,
                (_SUBSCRIPTION.tenant_id == _CUSTOMER.tenant_id) & (_SUBSCRIPTION.customer_id == _CUSTOMER.id),
            )
            .outerjoin(
                NoticeRow,
                (_NOTICE.tenant_id == _SUBSCRIPTION.tenant_id) & (_NOTICE.subscription_id == _SUBSCRIPTION.id),
            )
            .where(_CUSTOMER.phone_print.in_(phone_prints(self._keyring, phone)))
            .group_by(_CUSTOMER.tenant_id, _CUSTOMER.id, _SUBSCRIPTION.id, _SUBSCRIPTION.status)
        )
        rows = await self._db.figures(query)
        # Never written to comes last; of two alike the one that is not over.
        rows = sorted(rows, key=lambda row: (row[4] is not None, row[4], row[3] != Status.CANCELED.value), reverse=True)
        theirs: dict[tuple[str, str], Correspondent] = {}
        for tenant, customer, subscription, _, at in rows:
            theirs.setdefault((tenant, customer), Correspondent(tenant, customer, subscription, at))
        return list(theirs.values())

    async def add_reply(self, reply: Reply) -> bool:
        """Keep what a customer wrote. False where it was kept already."""
        row = ReplyRow(
            tenant_id=reply.tenant,
            id=reply.id,
            customer_id=reply.customer,
            channel=reply.channel,
            body=REPLY.seal(self._keyring, reply.body, (reply.tenant, reply.id)),
            meaning=reply.meaning,
            received_at=reply.received_at,
            settled_at=reply.settled_at,
            settled_by=reply.settled_by,
        )
        added = self._db.insert(ReplyRow).values(**values(row)).on_conflict_do_nothing()
        async with self._db.transaction() as connection:
            if not (await connection.execute(added)).rowcount:
                return False
            await spoke(connection, self._db, of_reply(reply))
        return True

    async def replies(
        self, tenant: str, *, settled: bool = False, limit: int = 100, customer: str = ""
    ) -> Sequence[Reply]:
        """What customers wrote that nobody has settled, oldest first; with `settled` all of it, newest first. `customer`: theirs alone."""
        query = select(ReplyRow).where(_REPLY.tenant_id == tenant)
        if customer:
            query = query.where(_REPLY.customer_id == customer)
        if not settled:
            query = query.where(_REPLY.settled_at.is_(None))
        order = (_REPLY.received_at.desc(), _REPLY.id) if settled else (_REPLY.received_at, _REPLY.id)
        return [self._reply(row) for row in await self._db.rows(query.order_by(*order).limit(limit))]

    async def settle_reply(self, tenant: str, reply: str, *, by: str, at: datetime) -> Reply:
        """Nobody need read it any more; who said so first counts. Raises Missing."""
        mine = (_REPLY.tenant_id == tenant) & (_REPLY.id == reply)
        open_ = mine & _REPLY.settled_at.is_(None)
        await self._db.write(update(ReplyRow).where(open_).values(settled_at=at, settled_by=by))
        row = await self._db.first(select(ReplyRow).where(mine))
        if row is None:
            raise Missing(f"there is no reply '{reply}'")
        return self._reply(row)

    async def waiting_replies(self, before: datetime, limit: int = 1_000) -> Sequence[Reply]:
        """Of all tenants: replies older than that which a person must read. Who says they paid, and owes nothing, need not be answered."""
        owing = (
            select(_CASE.invoice)
            .join(
                SubscriptionRow,
                (_SUBSCRIPTION.tenant_id == _CASE.tenant_id) & (_SUBSCRIPTION.id == _CASE.subscription_id),
            )
            .where(
                _CASE.tenant_id == _REPLY.tenant_id,
                _SUBSCRIPTION.customer_id == _REPLY.customer_id,
                _CASE.outcome.is_(None),
            )
            .exists()
        )
        query = (
            select(ReplyRow)
            .where(
                _REPLY.settled_at.is_(None),
                _REPLY.received_at < before,
                or_(_REPLY.meaning != Meaning.PAID.value, owing),
            )
            .order_by(_REPLY.received_at)
            .limit(limit)
        )
        return [self._reply(row) for row in await self._db.rows(query)]

    def _reply(self, row: ReplyRow) -> Reply:
        return Reply(
            tenant=row.tenant_id,
            id=row.id,
            customer=row.customer_id,
            channel=Channel(row.channel),
            body=REPLY.open(self._keyring, row.body, (row.tenant_id, row.id)),
            meaning=Meaning(row.meaning),
            received_at=row.received_at,
            settled_at=row.settled_at,
            settled_by=row.settled_by,
        )
