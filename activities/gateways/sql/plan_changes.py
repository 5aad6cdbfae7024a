"""Customers' changes of mind."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select

from activities.gateways.sql.crm.following import spoke
from activities.gateways.sql.crm.standings import owners
from activities.gateways.sql.database import Database, table_of
from models.changing.change_records import Arrival, ChangeKind, ChangeRecord, ChangeState, Followed
from models.changing.stay_offers import Cause, OfferKind, StayOffer
from models.crm.following import of_change
from models.money import Money
from models.records import Delivery
from models.speaking.notices import Channel
from models.subscribing.subscriptions import Status
from models.tables.journal import AuditRow, NoticeRow
from models.tables.plan_changes import PlanChangeRow, StayOfferRow

_CHANGE, _OFFER = table_of(PlanChangeRow).c, table_of(StayOfferRow).c
_NOTICE, _AUDIT = table_of(NoticeRow).c, table_of(AuditRow).c


def _record(row: PlanChangeRow) -> ChangeRecord:
    return ChangeRecord(
        tenant=row.tenant_id,
        id=row.id,
        subscription=row.subscription_id,
        kind=ChangeKind(row.kind),
        state=ChangeState(row.state),
        plan_before=row.plan_before,
        plan_after=row.plan_after,
        price_before=Money(row.price_before, row.currency),
        price_after=Money(row.price_after, row.currency),
        charged=Money(row.charged, row.currency),
        confirmed_at=row.confirmed_at,
        effective_at=row.effective_at,
        actor=row.actor,
        reason=row.reason,
        offer=row.offer,
        shown=row.shown,
        notice=row.notice,
        channel=row.channel,
        reference=row.reference,
        delivered_at=row.delivered_at,
        settled_at=row.settled_at,
    )


class PlanChanges:
    """The record of confirmed changes, and the offers to stay."""

    _db: Database

    async def save_plan_change(self, record: ChangeRecord) -> None:
        row = PlanChangeRow(
            tenant_id=record.tenant,
            id=record.id,
            subscription_id=record.subscription,
            kind=record.kind,
            state=record.state,
            plan_before=record.plan_before,
            plan_after=record.plan_after,
            price_before=record.price_before.centavos,
            price_after=record.price_after.centavos,
            charged=record.charged.centavos,
            currency=record.price_after.currency,
            confirmed_at=record.confirmed_at,
            effective_at=record.effective_at,
            actor=record.actor,
            reason=record.reason,
            offer=record.offer,
            shown=record.shown,
            notice=record.notice,
            channel=record.channel,
            reference=record.reference,
            delivered_at=record.delivered_at,
            settled_at=record.settled_at,
        )
        async with self._db.transaction() as connection:
            await connection.execute(self._db.upsert(row, ["tenant_id", "id"], keep=["shown"]))
            whose = await owners(connection, record.tenant, [record.subscription])
            await spoke(connection, self._db, of_change(record, whose[record.subscription]))

    async def plan_change(self, tenant: str, change: str) -> ChangeRecord | None:
        mine = (_CHANGE.tenant_id == tenant) & (_CHANGE.id == change)
        row = await self._db.first(select(PlanChangeRow).where(mine))
        return _record(row) if row else None

    async def plan_changes(self, tenant: str, subscription: str) -> Sequence[ChangeRecord]:
        mine = (_CHANGE.tenant_id == tenant) & (_CHANGE.subscription_id == subscription)
        query = select(PlanChangeRow).where(mine).order_by(_CHANGE.confirmed_at.desc(), _CHANGE.id)
        return [_record(row) for row in await self._db.rows(query)]

    async def arrived(self, tenant: str, notices: str) -> Arrival | None:
        # A mailbox says that it took a message, and nothing after that.
        there = or_(
            _NOTICE.delivery == Delivery.DELIVERED.value,
            and_(_NOTICE.channel == Channel.EMAIL.value, _NOTICE.delivery == Delivery.SENT.value),
        )
        query = select(NoticeRow).where(
            _NOTICE.tenant_id == tenant, _NOTICE.key.startswith(notices, autoescape=True), there
        )
        row = await self._db.first(query.order_by(_NOTICE.settled_at).limit(1))
        return Arrival(row.key, row.channel, row.reference, row.settled_at or row.requested_at) if row else None

    async def untold_changes(self, before: datetime) -> Sequence[ChangeRecord]:
        waits = (_CHANGE.state == ChangeState.WAITING.value) & (_CHANGE.kind == ChangeKind.DOWNGRADE.value)
        untold = waits & _CHANGE.delivered_at.is_(None) & (_CHANGE.confirmed_at < before)
        rows = await self._db.rows(select(PlanChangeRow).where(untold).order_by(_CHANGE.confirmed_at).limit(1_000))
        return [_record(row) for row in rows]

    async def stay_offers(self, tenant: str) -> Mapping[Cause, StayOffer]:
        rows = await self._db.rows(select(StayOfferRow).where(_OFFER.tenant_id == tenant))
        return {
            Cause(row.cause): StayOffer(OfferKind(row.kind), percent=row.percent, months=row.months, days=row.days)
            for row in rows
        }

    async def save_stay_offer(self, tenant: str, cause: Cause, offer: StayOffer | None) -> None:
        if offer is None:
            await self._db.write(delete(StayOfferRow).where(_OFFER.tenant_id == tenant, _OFFER.cause == cause.value))
            return
        row = StayOfferRow(
            tenant_id=tenant,
            cause=cause,
            kind=offer.kind,
            percent=offer.percent,
            months=offer.months,
            days=offer.days,
        )
        await self._db.save(row, ["tenant_id", "cause"])

    async def followed(self, tenant: str, since: datetime, until: datetime) -> Sequence[Followed]:
        within = (_CHANGE.tenant_id == tenant) & (_CHANGE.effective_at >= since) & (_CHANGE.effective_at < until)
        took = (_CHANGE.kind == ChangeKind.DOWNGRADE.value) & (_CHANGE.state == ChangeState.DONE.value)
        stayed = _CHANGE.state == ChangeState.RETAINED.value
        rows = await self._db.rows(select(PlanChangeRow).where(within, took | stayed).order_by(_CHANGE.effective_at))
        ended = await self._ends(tenant, {row.subscription_id for row in rows})
        return [Followed(_record(row), ended.get(row.subscription_id)) for row in rows]

    async def _ends(self, tenant: str, subscriptions: set[str]) -> Mapping[str, datetime]:
        """When these subscriptions ended, by the story: the row's own instant moves with whatever is written later."""
        said = (_AUDIT.tenant_id == tenant) & (_AUDIT.action == f"status {Status.CANCELED}")
        mine = _AUDIT.subscription_id.in_(subscriptions)
        query = select(_AUDIT.subscription_id, func.min(_AUDIT.at)).where(said, mine).group_by(_AUDIT.subscription_id)
        return {found[0]: found[1] for found in await self._db.figures(query)}
