"""Events: written with the record that they tell of, numbered without a gap, and given to whoever hears of them."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.database import Database, table_of
from models.tables.outgoing import DeliveryRow, EndpointRow, EventLineRow, EventRow
from models.tables.parties import CustomerRow
from models.tables.subscriptions import SubscriptionRow
from models.telling.deliveries import DeliveryState
from models.telling.outgoing import VERSION, Event, EventType, Happening, Owner

_EVENT, _ENDPOINT, _LINE = table_of(EventRow).c, table_of(EndpointRow).c, table_of(EventLineRow).c
_CUSTOMER, _SUBSCRIPTION = table_of(CustomerRow).c, table_of(SubscriptionRow).c


class Recorded:
    """Of which tenants this process has written something that may have become an event."""

    def __init__(self) -> None:
        self._tenants: set[str] = set()
        self._bell = asyncio.Event()

    def note(self, tenant: str) -> None:
        """Called once it is committed."""
        self._tenants.add(tenant)
        self._bell.set()

    async def wait(self, seconds: float) -> frozenset[str]:
        """Those noted since the last call, as soon as there are any; none after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return frozenset()
        self._bell.clear()
        found, self._tenants = frozenset(self._tenants), set()
        return found


async def tell(
    connection: AsyncConnection, database: Database, happenings: Sequence[Happening], *, id: str = ""
) -> list[str]:
    """Keep what has happened as events, in the caller's transaction, with a delivery to each endpoint that hears of it; their ids.

    `id` is that of a single one that must not be told twice. Otherwise an id is given here, once:
    whoever repeats the writing finds the record as it has become, and nothing to tell.
    """
    ids: list[str] = []
    # Two transactions take their lines in the same order, so that neither waits for the other in a circle.
    for tenant, line in sorted({(each.tenant, each.subscription) for each in happenings}):
        mine = [each for each in happenings if (each.tenant, each.subscription) == (tenant, line)]
        told = [(each.type, each.at, each.told) for each in mine]
        events = await _numbered(connection, database, tenant, line, line, told, id)
        heard = await connection.execute(
            select(_ENDPOINT.id, _ENDPOINT.types).where(_ENDPOINT.tenant_id == tenant, _ENDPOINT.disabled_at.is_(None))
        )
        hearers = [(row.id, row.types.split()) for row in heard]
        await send_to(
            connection,
            [(id, event) for event in events for id, types in hearers if not types or event["type"] in types],
        )
        ids += [event["id"] for event in events]
    return ids


async def tell_once(connection: AsyncConnection, database: Database, happening: Happening, name: str) -> None:
    """As `tell`, for something that may happen again and is told the first time only: `name` is what makes it the same."""
    id = f"evt_{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    known = select(_EVENT.id).where(_EVENT.tenant_id == happening.tenant, _EVENT.id == id)
    if (await connection.execute(known)).first() is None:
        await tell(connection, database, [happening], id=id)


async def tell_one(connection: AsyncConnection, database: Database, endpoint: str, happening: Happening) -> str:
    """Keep an event that is for one endpoint alone, numbered among its own; its id."""
    told = [(happening.type, happening.at, happening.told)]
    (event,) = await _numbered(connection, database, happening.tenant, endpoint, happening.subscription, told)
    await send_to(connection, [(endpoint, event)])
    return str(event["id"])


async def send_to(connection: AsyncConnection, pairs: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Put events (by column) on their way to endpoints."""
    deliveries = [
        {
            "tenant_id": event["tenant_id"],
            "endpoint": endpoint,
            "event": event["id"],
            "line": event["line"],
            "sequence": event["sequence"],
            "state": DeliveryState.PENDING.value,
            "recorded_at": event["recorded_at"],
            "due_at": event["recorded_at"],
            "attempts": 0,
            "status": 0,
            "error": "",
        }
        for endpoint, event in pairs
    ]
    if deliveries:
        await connection.execute(insert(DeliveryRow), deliveries)


async def _numbered(
    connection: AsyncConnection,
    database: Database,
    tenant: str,
    line: str,
    subscription: str,
    told: Sequence[tuple[EventType, datetime, str]],
    id: str = "",
) -> list[dict[str, Any]]:
    """The next numbers of a line, ours until this transaction is over: given back with it if it fails, so that none is left out."""
    count = len(told)
    counted = database.insert(EventLineRow).values(tenant_id=tenant, line=line, last=count)
    counted = counted.on_conflict_do_update(index_elements=["tenant_id", "line"], set_={"last": _LINE.last + count})
    last = int((await connection.execute(counted.returning(_LINE.last))).scalar_one())
    now = datetime.now(UTC)
    events = [
        {
            "tenant_id": tenant,
            # By chance, not from its number: a database restored from a backup gives the numbers after it once more.
            "id": id or f"evt_{uuid4().hex}",
            "type": type.value,
            "version": VERSION,
            "line": line,
            "sequence": last - count + place,
            "subscription_id": subscription,
            "at": at,
            "recorded_at": now,
            "data": data,
        }
        for place, (type, at, data) in enumerate(told, 1)
    ]
    await connection.execute(insert(EventRow), events)
    return events


class Outgoing:
    """The events of a tenant, read again."""

    _db: Database
    _recorded: Recorded

    async def events_recorded(self, seconds: float) -> frozenset[str]:
        """The tenants of which this process has recorded something; none when that lasts longer."""
        return await self._recorded.wait(seconds)

    async def events(
        self, tenant: str, *, subscription: str = "", after: int = 0, limit: int = 100
    ) -> Sequence[tuple[Event, Owner]]:
        """A subscription's in their order, after a number; of the whole tenant, newest first, where none is named."""
        query = with_owner(select(*EVENT_COLUMNS)).where(_EVENT.tenant_id == tenant)
        if subscription:
            query = query.where(_EVENT.line == subscription, _EVENT.sequence > after).order_by(_EVENT.sequence)
        else:
            query = query.order_by(_EVENT.recorded_at.desc(), _EVENT.id)
        return [event_of(row) for row in await self._db.figures(query.limit(limit))]


EVENT_COLUMNS = (
    _EVENT.tenant_id,
    _EVENT.id,
    _EVENT.type,
    _EVENT.version,
    _EVENT.line,
    _EVENT.sequence,
    _EVENT.subscription_id,
    _EVENT.at,
    _EVENT.data,
    _CUSTOMER.id.label("customer"),
    _CUSTOMER.reference,
)


def with_owner(query: Any) -> Any:
    """A query over events, with the customer of each where it has one."""
    theirs = (_SUBSCRIPTION.tenant_id == _EVENT.tenant_id) & (_SUBSCRIPTION.id == _EVENT.subscription_id)
    whose = (_CUSTOMER.tenant_id == _SUBSCRIPTION.tenant_id) & (_CUSTOMER.id == _SUBSCRIPTION.customer_id)
    return query.outerjoin(table_of(SubscriptionRow), theirs).outerjoin(table_of(CustomerRow), whose)


def event_of(row: Sequence[Any]) -> tuple[Event, Owner]:
    """What the columns of `EVENT_COLUMNS` hold."""
    tenant, id, type, *rest, customer, reference = row
    return Event(tenant, id, EventType(type), *rest), Owner(customer or "", reference or "")
