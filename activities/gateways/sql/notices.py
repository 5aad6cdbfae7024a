"""Messages sent to customers."""

from collections.abc import Sequence

from sqlalchemy import select

from activities.gateways.sql.database import Database, table_of
from models.keyring import Keyring
from models.notices import NoticeKind
from models.records import Channel, Delivery, NoticeRecord
from models.tables.journal import NoticeRow
from models.tables.sealed import BODY

_NOTICE = table_of(NoticeRow).c


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
        row = NoticeRow(
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
        await self._db.save(row, ["tenant_id", "key", "channel"], keep=["requested_at"])

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
