"""Events on their way to endpoints: what waits, what came of it, and sending again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    update,
)

from activities.gateways.sql.database import table_of
from activities.gateways.sql.endpoints import Endpoints
from activities.gateways.sql.outgoing import EVENT_COLUMNS, event_of, with_owner
from activities.ports.outgoing import Replay
from models.tables.columns import UtcDateTime
from models.tables.outgoing import DeliveryRow, EndpointRow, EventRow
from models.tables.parties import TenantRow
from models.telling.deliveries import DeliveryState, EventDelivery

_DELIVERY, _EVENT, _ENDPOINT = table_of(DeliveryRow).c, table_of(EventRow).c, table_of(EndpointRow).c
_PENDING = _DELIVERY.state == literal_column(
    "'pending'"
)  # written out: only then do both databases use the partial index
_OWN = (
    _DELIVERY.endpoint,
    _DELIVERY.recorded_at,
    _DELIVERY.due_at,
    _DELIVERY.state,
    _DELIVERY.attempts,
    _DELIVERY.first_tried_at,
    _DELIVERY.last_tried_at,
    _DELIVERY.delivered_at,
    _DELIVERY.status,
    _DELIVERY.error,
)


def _delivery(row: Sequence[Any]) -> EventDelivery:
    endpoint, recorded_at, due_at, state, *rest = row[: len(_OWN)]
    event, owner = event_of(row[len(_OWN) :])
    return EventDelivery(event.tenant, endpoint, event, owner, recorded_at, due_at, DeliveryState(state), *rest)


def _deliveries(tenant: str) -> Select[Any]:
    its = (_EVENT.tenant_id == _DELIVERY.tenant_id) & (_EVENT.id == _DELIVERY.event)
    joined = select(*_OWN, *EVENT_COLUMNS).select_from(table_of(DeliveryRow)).join(table_of(EventRow), its)
    found: Select[Any] = with_owner(joined).where(_DELIVERY.tenant_id == tenant)
    return found


class Deliveries(Endpoints):
    """A line of events, which is mostly a subscription's, is sent in its order: what waits behind another is not due."""

    async def due_deliveries(self, tenant: str, endpoint: str, now: datetime, limit: int) -> Sequence[EventDelivery]:
        query = _deliveries(tenant).where(
            *_waiting(tenant, endpoint), _first(tenant, endpoint), _DELIVERY.due_at <= now
        )
        rows = await self._db.figures(query.order_by(_DELIVERY.due_at, _DELIVERY.line).limit(limit))
        return [_delivery(row) for row in rows]

    async def next_delivery(self, tenant: str, endpoint: str, line: str) -> EventDelivery | None:
        query = _deliveries(tenant).where(*_waiting(tenant, endpoint), _DELIVERY.line == line)
        rows = await self._db.figures(query.order_by(_DELIVERY.sequence).limit(1))
        return _delivery(rows[0]) if rows else None

    async def settle_delivery(self, delivery: EventDelivery) -> None:
        mine = (
            (_DELIVERY.tenant_id == delivery.tenant)
            & (_DELIVERY.endpoint == delivery.endpoint)
            & (_DELIVERY.event == delivery.event.id)
        )
        tried = {
            "state": delivery.state.value,
            "due_at": delivery.due_at,
            "attempts": delivery.attempts,
            "first_tried_at": delivery.first_tried_at,
            "last_tried_at": delivery.last_tried_at,
            "delivered_at": delivery.delivered_at,
            "status": delivery.status,
            "error": delivery.error,
        }
        async with self._db.transaction() as connection:
            await connection.execute(update(DeliveryRow).where(mine).values(**tried))
            if delivery.state is DeliveryState.DELIVERED:
                its = (_ENDPOINT.tenant_id == delivery.tenant) & (_ENDPOINT.id == delivery.endpoint)
                reached = update(EndpointRow).where(its).values(last_success_at=delivery.delivered_at)
                await connection.execute(reached)

    async def waiting(self, tenant: str, endpoint: str) -> tuple[int, datetime | None]:
        mine = _waiting(tenant, endpoint)
        ((count,),) = await self._db.figures(select(func.count()).select_from(table_of(DeliveryRow)).where(*mine))
        firsts = select(func.min(_DELIVERY.due_at)).where(*mine, _first(tenant, endpoint))
        ((due,),) = await self._db.figures(firsts)
        return count, due

    async def endpoints_waited_for(self, now: datetime, tenants: Collection[str] = ()) -> Sequence[tuple[str, str]]:
        whose = _DELIVERY.tenant_id.in_(tenants) if tenants else true()
        query = select(_DELIVERY.tenant_id, _DELIVERY.endpoint).where(_PENDING, _DELIVERY.due_at <= now, whose)
        return [(tenant, endpoint) for tenant, endpoint in await self._db.figures(query.distinct())]

    async def event_deliveries(
        self,
        tenant: str,
        *,
        endpoint: str = "",
        subscription: str = "",
        state: DeliveryState | None = None,
        limit: int = 100,
    ) -> Sequence[EventDelivery]:
        query = _deliveries(tenant)
        if endpoint:
            query = query.where(_DELIVERY.endpoint == endpoint)
        if subscription:
            query = query.where(_DELIVERY.line == subscription)
        if state is not None:
            query = query.where(_DELIVERY.state == state.value)
        query = query.order_by(_DELIVERY.recorded_at.desc(), _DELIVERY.sequence.desc(), _DELIVERY.event)
        return [_delivery(row) for row in await self._db.figures(query.limit(limit))]

    async def prune_events(self, before: datetime, limit: int) -> int:
        pruned = 0
        # By tenant, so that both tables are gone through by their index.
        for (tenant,) in await self._db.figures(select(table_of(TenantRow).c.tenant_id)):
            arrived = and_(_DELIVERY.tenant_id == tenant, _DELIVERY.recorded_at < before)
            arrived = and_(arrived, _DELIVERY.state == DeliveryState.DELIVERED.value)
            key = (_DELIVERY.endpoint, _DELIVERY.event)
            old = select(*key).where(arrived).order_by(_DELIVERY.recorded_at).limit(limit)
            pruned += await self._db.write(delete(DeliveryRow).where(arrived, tuple_(*key).in_(old)))
            told = exists().where(_DELIVERY.tenant_id == _EVENT.tenant_id, _DELIVERY.event == _EVENT.id)
            gone = and_(_EVENT.tenant_id == tenant, _EVENT.recorded_at < before, ~told)
            ids = select(_EVENT.id).where(gone).order_by(_EVENT.recorded_at).limit(limit)
            pruned += await self._db.write(delete(EventRow).where(_EVENT.tenant_id == tenant, _EVENT.id.in_(ids)))
        return pruned

    async def replay_events(self, replay: Replay, at: datetime) -> int:
        endpoint = await self.endpoint(replay.tenant, replay.endpoint)
        if endpoint is None:
            return 0
        wanted = [_EVENT.tenant_id == replay.tenant]
        if replay.events:
            wanted.append(_EVENT.id.in_(replay.events))
        if replay.since is not None:
            wanted.append(_EVENT.recorded_at >= replay.since)
        if replay.until is not None:
            wanted.append(_EVENT.recorded_at < replay.until)
        if replay.subscription:
            wanted.append(_EVENT.line == replay.subscription)
        its = (_DELIVERY.tenant_id == replay.tenant) & (_DELIVERY.endpoint == replay.endpoint)
        known = its & _DELIVERY.event.in_(select(_EVENT.id).where(*wanted))
        if not replay.delivered:
            known &= _DELIVERY.state != DeliveryState.DELIVERED.value
        anew = {
            "state": DeliveryState.PENDING.value,
            "due_at": at,
            "attempts": 0,
            "first_tried_at": None,
            "delivered_at": None,
            "status": 0,
            "error": "",
        }
        # Tests of other endpoints are lines of their own, and nobody else's.
        mine = or_(_EVENT.line == _EVENT.subscription_id, _EVENT.line == replay.endpoint)
        heard = _EVENT.type.in_([*endpoint.types, "webhook.test"]) if endpoint.types else true()
        new = select(
            _EVENT.tenant_id,
            literal(replay.endpoint),
            _EVENT.id,
            _EVENT.line,
            _EVENT.sequence,
            literal(DeliveryState.PENDING.value),
            _EVENT.recorded_at,
            literal(at, UtcDateTime()),
            literal(0),
            literal(0),
            literal(""),
        ).where(*wanted, mine, heard, ~exists().where(its, _DELIVERY.event == _EVENT.id))
        names = ("tenant_id", "endpoint", "event", "line", "sequence", "state", "recorded_at", "due_at")
        added = insert(DeliveryRow).from_select([*names, "attempts", "status", "error"], new, include_defaults=False)
        async with self._db.transaction() as connection:
            again = await connection.execute(update(DeliveryRow).where(known).values(**anew))
            return again.rowcount + (await connection.execute(added)).rowcount


def _waiting(tenant: str, endpoint: str) -> tuple[Any, ...]:
    return _DELIVERY.tenant_id == tenant, _DELIVERY.endpoint == endpoint, _PENDING


def _first(tenant: str, endpoint: str) -> Any:
    """Nothing of its line waits before it."""
    before = table_of(DeliveryRow).alias("before")
    mine = (before.c.tenant_id == tenant) & (before.c.endpoint == endpoint) & (before.c.line == _DELIVERY.line)
    pending = before.c.state == literal_column("'pending'")
    return ~exists().where(mine, pending, before.c.sequence < _DELIVERY.sequence).correlate(table_of(DeliveryRow))
