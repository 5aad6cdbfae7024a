"""Who hears of a tenant's events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell_one
from models.safekeeping.keyring import Keyring
from models.tables.outgoing import DeliveryRow, EndpointRow
from models.tables.sealed import SIGNING, SIGNING_BEFORE
from models.telling.deliveries import DeliveryState
from models.telling.endpoints import Disabled, Endpoint
from models.telling.outgoing import EventType, Happening, TestData

_ENDPOINT, _DELIVERY = table_of(EndpointRow).c, table_of(DeliveryRow).c


def _endpoint(row: EndpointRow, keyring: Keyring) -> Endpoint:
    key = (row.tenant_id, row.id)
    return Endpoint(
        tenant=row.tenant_id,
        id=row.id,
        url=row.url,
        created_at=row.created_at,
        secret=SIGNING.open(keyring, row.secret, key),
        types=frozenset(EventType(each) for each in row.types.split()),
        description=row.description,
        previous=SIGNING_BEFORE.open(keyring, row.previous_secret, key),
        previous_until=row.previous_until,
        last_success_at=row.last_success_at,
        disabled_at=row.disabled_at,
        disabled_for=Disabled(row.disabled_for) if row.disabled_for else None,
    )


def _row(endpoint: Endpoint, keyring: Keyring) -> EndpointRow:
    key = (endpoint.tenant, endpoint.id)
    return EndpointRow(
        tenant_id=endpoint.tenant,
        id=endpoint.id,
        url=endpoint.url,
        created_at=endpoint.created_at,
        secret=SIGNING.seal(keyring, endpoint.secret, key),
        types=" ".join(sorted(endpoint.types)),
        description=endpoint.description,
        previous_secret=SIGNING_BEFORE.seal(keyring, endpoint.previous, key),
        previous_until=endpoint.previous_until,
        last_success_at=endpoint.last_success_at,
        disabled_at=endpoint.disabled_at,
        disabled_for=endpoint.disabled_for or "",
    )


class Endpoints:
    """The addresses of a tenant's own systems."""

    _db: Database
    _keyring: Keyring
    _recorded: Recorded

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        await self._db.add_once(_row(endpoint, self._keyring), ["tenant_id", "id"])

    async def endpoints(self, tenant: str) -> Sequence[Endpoint]:
        query = select(EndpointRow).where(_ENDPOINT.tenant_id == tenant)
        rows = await self._db.rows(query.order_by(_ENDPOINT.created_at, _ENDPOINT.id))
        return [_endpoint(row, self._keyring) for row in rows]

    async def disabled_endpoints(self) -> Sequence[Endpoint]:
        rows = await self._db.rows(select(EndpointRow).where(_ENDPOINT.disabled_at.is_not(None)))
        return [_endpoint(row, self._keyring) for row in rows]

    async def endpoint(self, tenant: str, endpoint: str) -> Endpoint | None:
        row = await self._db.first(select(EndpointRow).where(*_mine(tenant, endpoint)))
        return _endpoint(row, self._keyring) if row else None

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        kept = ("tenant_id", "id", "created_at", "last_success_at")
        changes = {name: value for name, value in values(_row(endpoint, self._keyring)).items() if name not in kept}
        saved = update(EndpointRow).where(*_mine(endpoint.tenant, endpoint.id)).values(**changes)
        if not await self._db.write(saved):
            raise Missing(f"there is no endpoint '{endpoint.id}'")

    async def disable_endpoint(self, tenant: str, endpoint: str, why: Disabled, at: datetime) -> bool:
        pending = _DELIVERY.state == DeliveryState.PENDING.value
        waiting = (_DELIVERY.tenant_id == tenant) & (_DELIVERY.endpoint == endpoint) & pending
        async with self._db.transaction() as connection:
            active = update(EndpointRow).where(*_mine(tenant, endpoint), _ENDPOINT.disabled_at.is_(None))
            disabled = await connection.execute(active.values(disabled_at=at, disabled_for=why.value))
            given_up: dict[str, Any] = {"state": DeliveryState.FAILED.value, "error": f"endpoint disabled ({why})"}
            await connection.execute(update(DeliveryRow).where(waiting).values(**given_up))
            return disabled.rowcount == 1

    async def remove_endpoint(self, tenant: str, endpoint: str) -> None:
        async with self._db.transaction() as connection:
            its = (_DELIVERY.tenant_id == tenant) & (_DELIVERY.endpoint == endpoint)
            await connection.execute(delete(DeliveryRow).where(its))
            if not (await connection.execute(delete(EndpointRow).where(*_mine(tenant, endpoint)))).rowcount:
                raise Missing(f"there is no endpoint '{endpoint}'")

    async def test_endpoint(self, tenant: str, endpoint: str, at: datetime) -> str:
        if await self.endpoint(tenant, endpoint) is None:
            raise Missing(f"there is no endpoint '{endpoint}'")
        async with self._db.transaction() as connection:
            happening = Happening(tenant, "", EventType.TEST, at, TestData())
            told = await tell_one(connection, self._db, endpoint, happening)
        self._recorded.note(tenant)
        return told


def _mine(tenant: str, endpoint: str) -> tuple[Any, Any]:
    return _ENDPOINT.tenant_id == tenant, _ENDPOINT.id == endpoint
