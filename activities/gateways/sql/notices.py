"""Messages sent to customers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from activities.gateways.sql.crm.following import spoke
from activities.gateways.sql.database import Database, table_of, values
from models.collecting.contact import Contact
from models.crm.following import of_notice
from models.periods import Calendar
from models.records import Delivery, NoticeRecord
from models.safekeeping.keyring import Keyring
from models.speaking.notices import REMINDERS, Channel, NoticeKind
from models.tables.journal import NoticeRow
from models.tables.parties import CustomerRow
from models.tables.sealed import BODY
from models.tables.subscriptions import SubscriptionRow

_NOTICE, _SUBSCRIPTION, _CUSTOMER = (table_of(row).c for row in (NoticeRow, SubscriptionRow, CustomerRow))
_UNDER_WAY = (Delivery.SENDING, Delivery.SENT, Delivery.DELIVERED, Delivery.UNKNOWN)  # may have reached them


def _notice(row: NoticeRow, keyring: Keyring) -> NoticeRecord:
    return NoticeRecord(
        tenant=row.tenant_id,
        key=row.key,
        channel=Channel(row.channel),
        kind=NoticeKind(row.kind),
        subscription=row.subscription_id,
        delivery=Delivery(row.delivery),
        body=BODY.open(keyring, row.body, (row.tenant_id, row.key, row.channel)),
        requested_at=row.requested_at,
        reference=row.reference,
        error=row.error,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
    )


class Notices:
    """The record of what customers were told."""

    _db: Database
    _keyring: Keyring

    async def notice(self, tenant: str, key: str, channel: Channel) -> NoticeRecord | None:
        row = await self._db.first(
            select(NoticeRow).where(_NOTICE.tenant_id == tenant, _NOTICE.key == key, _NOTICE.channel == channel.value)
        )
        return _notice(row, self._keyring) if row else None

    async def save_notice(self, record: NoticeRecord) -> None:
        key, keep = ["tenant_id", "key", "channel"], ["requested_at"]
        if record.sent_at is None:
            await self._db.save(self._row(record), key, keep=keep)
            return
        whose = select(_SUBSCRIPTION.customer_id).where(
            _SUBSCRIPTION.tenant_id == record.tenant, _SUBSCRIPTION.id == record.subscription
        )
        async with self._db.transaction() as connection:
            await connection.execute(self._db.upsert(self._row(record), key, keep=keep))
            activity = of_notice(record, (await connection.execute(whose)).scalar_one())
            if activity is not None:
                await spoke(connection, self._db, activity)

    def _row(self, record: NoticeRecord) -> NoticeRow:
        return NoticeRow(
            tenant_id=record.tenant,
            key=record.key,
            channel=record.channel,
            kind=record.kind,
            subscription_id=record.subscription,
            delivery=record.delivery,
            body=BODY.seal(self._keyring, record.body, (record.tenant, record.key, record.channel.value)),
            requested_at=record.requested_at,
            reference=record.reference,
            error=record.error,
            sent_at=record.sent_at,
            settled_at=record.settled_at,
        )

    async def count_reminder(self, record: NoticeRecord, contact: Contact, calendar: Calendar) -> datetime:
        now = record.requested_at
        since = now - max(calendar.days(7), calendar.elapsed(contact.apart))
        whose = select(_SUBSCRIPTION.customer_id).where(
            _SUBSCRIPTION.tenant_id == record.tenant, _SUBSCRIPTION.id == record.subscription
        )
        theirs = select(_SUBSCRIPTION.id).where(
            _SUBSCRIPTION.tenant_id == record.tenant, _SUBSCRIPTION.customer_id == whose.scalar_subquery()
        )
        left = func.min(_NOTICE.requested_at)
        sent = (
            select(_NOTICE.key, left)
            .where(
                _NOTICE.tenant_id == record.tenant,
                _NOTICE.subscription_id.in_(theirs),
                _NOTICE.kind.in_([kind.value for kind in REMINDERS]),
                _NOTICE.delivery.in_([delivery.value for delivery in _UNDER_WAY]),
                _NOTICE.requested_at > since,
            )
            .group_by(_NOTICE.key)
            .order_by(left)
        )
        async with self._db.transaction() as connection:
            # The cases of one customer take turns: the customer's row is what they queue at.
            mine = (_CUSTOMER.tenant_id == record.tenant) & (_CUSTOMER.id == whose.scalar_subquery())
            await connection.execute(select(_CUSTOMER.id).where(mine).with_for_update())
            known = [(key, at) for key, at in (await connection.execute(sent)).all()]
            if record.key in [key for key, _ in known]:
                return now  # asked again after a lost answer: it is counted already
            free = contact.spaced(tuple(at for _, at in known), now, calendar)
            if free <= now:
                row = values(self._row(record))
                await connection.execute(self._db.insert(NoticeRow).values(**row).on_conflict_do_nothing())
        return free

    async def notice_by_reference(self, reference: str) -> NoticeRecord | None:
        if not reference:
            return None
        row = await self._db.first(select(NoticeRow).where(_NOTICE.reference == reference))
        return _notice(row, self._keyring) if row else None

    async def notices(self, tenant: str, subscription: str) -> Sequence[NoticeRecord]:
        rows = await self._db.rows(
            select(NoticeRow)
            .where(_NOTICE.tenant_id == tenant, _NOTICE.subscription_id == subscription)
            .order_by(_NOTICE.requested_at, _NOTICE.key, _NOTICE.channel)
        )
        return [_notice(row, self._keyring) for row in rows]
