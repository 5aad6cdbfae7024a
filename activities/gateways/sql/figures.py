"""Counts and sums over all tenants, for the metrics."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.subscriptions import SUBSCRIBED
from activities.gateways.sql.tickets import LIVING, asked
from activities.ports.tickets import TicketFilter
from models.tables.documents import DocumentRow
from models.tables.journal import InboxRow, NoticeRow
from models.tables.kpis import SnapshotRow
from models.tables.parties import TenantRow
from models.tables.subscriptions import CaseRow, SubscriptionRow
from models.tables.tickets import TicketRow

_SUBSCRIPTION, _CASE = table_of(SubscriptionRow).c, table_of(CaseRow).c
_TICKET, _DAY, _TENANT = (table_of(row).c for row in (TicketRow, SnapshotRow, TenantRow))
_NOTICE, _DOCUMENT, _EVENT = table_of(NoticeRow).c, table_of(DocumentRow).c, table_of(InboxRow).c


class Figures:
    """Each is one grouped query."""

    _db: Database

    async def subscriptions_by_status(self) -> Mapping[tuple[str, ...], int]:
        query = select(_SUBSCRIPTION.status, func.count()).where(SUBSCRIBED).group_by(_SUBSCRIPTION.status)
        return {(status,): count for status, count in await self._db.figures(query)}

    async def cases_by_stage(self) -> Mapping[tuple[str, ...], int]:
        """Open ones."""
        query = select(_CASE.stage, func.count()).where(_CASE.outcome.is_(None)).group_by(_CASE.stage)
        return {(stage,): count for stage, count in await self._db.figures(query)}

    async def money_at_risk(self) -> Mapping[tuple[str, ...], int]:
        """Centavos in open cases, by currency."""
        query = select(_CASE.currency, func.sum(_CASE.amount_centavos))
        found = await self._db.figures(query.where(_CASE.outcome.is_(None)).group_by(_CASE.currency))
        return {(currency,): int(centavos) for currency, centavos in found}

    async def open_tickets(self) -> Mapping[tuple[str, ...], int]:
        query = select(_TICKET.priority, func.count()).where(_TICKET.state.in_(LIVING)).group_by(_TICKET.priority)
        return {(priority,): count for priority, count in await self._db.figures(query)}

    async def overdue_tickets(self, now: datetime) -> int:
        query = select(func.count()).where(*asked(TicketFilter(overdue=True), now))
        ((count,),) = await self._db.figures(query)
        return int(count)

    async def oldest_newest_snapshot(self) -> datetime | None:
        query = (
            select(_TENANT.created_at, func.max(_DAY.taken_at))
            .select_from(table_of(TenantRow))
            .outerjoin(table_of(SnapshotRow), _DAY.tenant_id == _TENANT.tenant_id)
            .group_by(_TENANT.tenant_id, _TENANT.created_at)
        )
        return min((newest or began for began, newest in await self._db.figures(query)), default=None)

    async def notices_by_delivery(self) -> Mapping[tuple[str, ...], int]:
        query = select(_NOTICE.channel, _NOTICE.delivery, func.count()).group_by(_NOTICE.channel, _NOTICE.delivery)
        return {(channel, delivery): count for channel, delivery, count in await self._db.figures(query)}

    async def documents_by_state(self) -> Mapping[tuple[str, ...], int]:
        query = select(_DOCUMENT.kind, _DOCUMENT.state, func.count()).group_by(_DOCUMENT.kind, _DOCUMENT.state)
        return {(kind, state): count for kind, state, count in await self._db.figures(query)}

    async def events_by_status(self) -> Mapping[tuple[str, ...], int]:
        query = select(_EVENT.provider, _EVENT.status, func.count()).group_by(_EVENT.provider, _EVENT.status)
        return {(provider, status): count for provider, status, count in await self._db.figures(query)}
