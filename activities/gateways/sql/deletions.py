"""Customers' deletions: how far each has come, what was certified of it, and the events that follow."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from activities.failures import Missing, Refused
from activities.gateways.sql.database import table_of
from activities.gateways.sql.erasures import Erasures
from activities.gateways.sql.outgoing import tell
from models.safekeeping.deletions import ALIVE, STUCK, Cause, Certificate, Deletion, Standing, State, Warned
from models.tables.deletions import DeletionRow
from models.tables.sealed import FORWARDING
from models.telling.happenings import export_asked, of_deletion

_ROW = table_of(DeletionRow).c
_KEY = ["tenant_id", "id"]
_APART = ("export_asked_at", "export_url", "export_at", "certificate", "paper", "address")  # others write these


def _told(each: Warned) -> dict[str, Any]:
    ended = {"arrived": each.arrived, "failed": each.failed}
    return {
        "key": each.key,
        "at": each.at.isoformat(),
        "lead": each.lead.total_seconds(),
        **{name: at.isoformat() if at else None for name, at in ended.items()},
    }


def _warned(told: dict[str, Any]) -> Warned:
    arrived, failed = (datetime.fromisoformat(told[name]) if told[name] else None for name in ("arrived", "failed"))
    return Warned(
        told["key"], datetime.fromisoformat(told["at"]), timedelta(seconds=told["lead"]), arrived=arrived, failed=failed
    )


def _deletion(row: DeletionRow) -> Deletion:
    return Deletion(
        tenant=row.tenant_id,
        id=row.id,
        customer=row.customer_id,
        subscription=row.subscription_id,
        cause=Cause(row.cause),
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        reason=row.reason,
        day=row.day,
        state=State(row.state),
        warnings=tuple(_warned(each) for each in json.loads(row.warnings)),
        hindrance=row.hindrance,
        look_at=row.look_at,
        asked_at=row.asked_at,
        reminders=row.reminders,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        deleted=tuple(json.loads(row.deleted)),
        erased_at=row.erased_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_for=row.closed_for,
        certificate=row.digest,
        export_asked_at=row.export_asked_at,
        export_url=row.export_url,
        export_at=row.export_at,
    )


def _row(deletion: Deletion) -> DeletionRow:
    return DeletionRow(
        tenant_id=deletion.tenant,
        id=deletion.id,
        customer_id=deletion.customer,
        subscription_id=deletion.subscription,
        cause=deletion.cause,
        state=deletion.state,
        requested_at=deletion.requested_at,
        requested_by=deletion.requested_by,
        reason=deletion.reason,
        day=deletion.day,
        warnings=json.dumps([_told(each) for each in deletion.warnings]),
        hindrance=deletion.hindrance,
        look_at=deletion.look_at,
        asked_at=deletion.asked_at,
        reminders=deletion.reminders,
        confirmed_at=deletion.confirmed_at,
        confirmed_by=deletion.confirmed_by,
        deleted=json.dumps(deletion.deleted, ensure_ascii=False),
        erased_at=deletion.erased_at,
        closed_at=deletion.closed_at,
        closed_by=deletion.closed_by,
        closed_for=deletion.closed_for,
        digest=deletion.certificate,
    )


class Deletions(Erasures):
    """The record of deletions."""

    async def save_deletion(self, deletion: Deletion) -> None:
        async with self._db.transaction() as connection:
            before = await self._held(connection, deletion.tenant, deletion.id)
            await connection.execute(self._db.upsert(_row(deletion), _KEY, keep=_APART))
            await tell(connection, self._db, of_deletion(before, deletion))
        self._recorded.note(deletion.tenant)

    async def deletion(self, tenant: str, deletion: str) -> Deletion | None:
        return await self._one_deletion(_ROW.id == deletion, tenant)

    async def deletion_of(self, tenant: str, customer: str) -> Deletion | None:
        return await self._one_deletion(_ROW.customer_id == customer, tenant)

    async def deletions(self, tenant: str, *, state: State | None = None, limit: int = 100) -> Sequence[Deletion]:
        query = select(DeletionRow).where(_ROW.tenant_id == tenant).order_by(_ROW.requested_at.desc(), _ROW.id)
        if state is not None:
            query = query.where(_ROW.state == state.value)
        return [_deletion(row) for row in await self._db.rows(query.limit(limit))]

    async def stuck_deletions(self) -> Sequence[Deletion]:
        """Those of all tenants that wait for a person."""
        stuck = _ROW.state.in_([state.value for state in STUCK]) | ((_ROW.hindrance != "") & _ROW.closed_at.is_(None))
        return [_deletion(row) for row in await self._db.rows(select(DeletionRow).where(stuck).limit(1_000))]

    async def customer_standing(self, tenant: str, customer: str) -> Standing:
        records = await self._records(tenant, customer)
        paid = [payment.paid_at for record in records for payment in await self.payments(tenant, record.id)]
        hindrance = ""
        try:
            await self.check_erasure(tenant, customer)
        except Refused as refusal:
            hindrance = str(refusal)
        return Standing(any(record.status in ALIVE for record in records), max(paid, default=None), hindrance)

    async def ask_export(self, tenant: str, deletion: str, at: datetime) -> bool:
        async with self._db.transaction() as connection:
            held = await self._held(connection, tenant, deletion)
            if held is None:
                raise Missing(f"there is no deletion '{deletion}'")
            if held.export_asked_at is not None:
                return False
            await connection.execute(update(DeletionRow).where(*_mine(tenant, deletion)).values(export_asked_at=at))
            await tell(connection, self._db, [export_asked(held, at)])
        self._recorded.note(tenant)
        return True

    async def offer_export(self, tenant: str, deletion: str, url: str, at: datetime) -> None:
        await self._change(tenant, deletion, {"export_url": url, "export_at": at})

    async def keep_certificate(self, tenant: str, deletion: str, certificate: Certificate) -> Certificate:
        known = await self.certificate(tenant, deletion)
        if known is not None:
            return known
        held = {"certificate": certificate.json, "paper": certificate.paper, "digest": certificate.digest}
        await self._change(tenant, deletion, held)
        return certificate

    async def certificate(self, tenant: str, deletion: str) -> Certificate | None:
        row = await self._db.first(select(DeletionRow).where(*_mine(tenant, deletion)))
        return Certificate(row.certificate, row.digest, row.paper or b"") if row and row.certificate else None

    async def keep_address(self, tenant: str, deletion: str, address: str) -> None:
        sealed = FORWARDING.seal(self._keyring, address, (tenant, deletion))
        await self._change(tenant, deletion, {"address": sealed})

    async def address(self, tenant: str, deletion: str) -> str:
        row = await self._db.first(select(DeletionRow).where(*_mine(tenant, deletion)))
        return str(FORWARDING.open(self._keyring, row.address, (tenant, deletion))) if row else ""

    async def _change(self, tenant: str, deletion: str, changes: dict[str, Any]) -> None:
        if not await self._db.write(update(DeletionRow).where(*_mine(tenant, deletion)).values(**changes)):
            raise Missing(f"there is no deletion '{deletion}'")

    async def _one_deletion(self, which: Any, tenant: str) -> Deletion | None:
        query = select(DeletionRow).where(_ROW.tenant_id == tenant, which).order_by(_ROW.requested_at.desc())
        row = await self._db.first(query)
        return _deletion(row) if row else None

    async def _held(self, connection: AsyncConnection, tenant: str, deletion: str) -> Deletion | None:
        """The row as it stands, nobody else's to change until this transaction is over."""
        query = select(DeletionRow).where(*_mine(tenant, deletion)).with_for_update()
        async with AsyncSession(connection) as session:
            row = (await session.scalars(query)).first()
        return _deletion(row) if row else None


def _mine(tenant: str, deletion: str) -> tuple[Any, Any]:
    return _ROW.tenant_id == tenant, _ROW.id == deletion
