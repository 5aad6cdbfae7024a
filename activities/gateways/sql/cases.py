"""Dunning cases and payments: what happened around money."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from activities.failures import Missing
from activities.gateways.sql.crm.following import case_changed
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import CaseRecord, Payment
from models.subscribing.invoices import Funding
from models.tables.subscriptions import CaseRow, PaymentRow
from models.telling.happenings import of_case

_CASE, _PAYMENT = table_of(CaseRow).c, table_of(PaymentRow).c
_KEY = ["tenant_id", "invoice"]


def _case(row: CaseRow) -> CaseRecord:
    return CaseRecord(
        tenant=row.tenant_id,
        invoice=row.invoice,
        subscription=row.subscription_id,
        amount=Money(row.amount_centavos, row.currency),
        stage=Stage(row.stage),
        policy=row.policy,
        opened_at=row.opened_at,
        attempts=row.attempts,
        decline=row.decline,
        next_step=row.next_step,
        next_step_at=row.next_step_at,
        suspends_at=row.suspends_at,
        paused=row.paused,
        pay_url=row.pay_url,
        outcome=Outcome(row.outcome) if row.outcome else None,
        paid_at=row.paid_at,
        closed_at=row.closed_at,
        restored_at=row.restored_at,
        hold=row.hold,
        hold_until=row.hold_until,
        first_decline=row.first_decline,
        last_step=row.last_step,
        escalated_at=row.escalated_at,
        deletion_asked_at=row.deletion_asked_at,
        experiment=row.experiment,
        promises=row.promises,
        broken_promises=row.broken_promises,
    )


def _row(record: CaseRecord) -> CaseRow:
    return CaseRow(
        tenant_id=record.tenant,
        invoice=record.invoice,
        subscription_id=record.subscription,
        amount_centavos=record.amount.centavos,
        currency=record.amount.currency,
        stage=record.stage,
        policy=record.policy,
        opened_at=record.opened_at,
        attempts=record.attempts,
        decline=record.decline,
        next_step=record.next_step,
        next_step_at=record.next_step_at,
        suspends_at=record.suspends_at,
        paused=record.paused,
        pay_url=record.pay_url,
        outcome=record.outcome,
        paid_at=record.paid_at,
        closed_at=record.closed_at,
        restored_at=record.restored_at,
        hold=record.hold,
        hold_until=record.hold_until,
        first_decline=record.first_decline,
        last_step=record.last_step,
        escalated_at=record.escalated_at,
        deletion_asked_at=record.deletion_asked_at,
        experiment=record.experiment,
        promises=record.promises,
        broken_promises=record.broken_promises,
    )


async def _locked(connection: AsyncConnection, record: CaseRecord) -> CaseRecord:
    """The row as it stands, nobody else's to change until this transaction is over."""
    mine = (_CASE.tenant_id == record.tenant) & (_CASE.invoice == record.invoice)
    async with AsyncSession(connection) as session:
        return _case((await session.scalars(select(CaseRow).where(mine).with_for_update())).one())


def _shown(record: CaseRecord | None) -> tuple[object, ...]:
    """What the customer's history and profile show of a case."""
    if record is None:
        return ()
    return record.attempts, record.outcome, record.amount, record.decline, record.broken_promises


class Cases:
    """The record of collecting."""

    _db: Database
    _recorded: Recorded

    async def cases(self, tenant: str, subscription: str) -> Sequence[CaseRecord]:
        rows = await self._db.rows(
            select(CaseRow)
            .where(_CASE.tenant_id == tenant, _CASE.subscription_id == subscription)
            .order_by(_CASE.opened_at, _CASE.invoice)
        )
        return [_case(row) for row in rows]

    async def save_case(self, record: CaseRecord) -> None:
        """The row, and the events that follow from what changed, in one transaction."""
        await self._db.apart(record, self._save_cases, f"{record.tenant}/cases")
        self._recorded.note(record.tenant)

    async def _save_cases(self, connection: AsyncConnection, records: Sequence[CaseRecord]) -> list[int]:
        """Write rows of one tenant; how many events follow from each."""
        now, happened, changed = datetime.now(UTC), [], []
        for record in records:
            added = self._db.insert(CaseRow).values(**values(_row(record))).on_conflict_do_nothing(index_elements=_KEY)
            # Whoever else writes this row is waited for, so that no two find it missing, or as it was before the other.
            before = None if (await connection.execute(added)).rowcount else await _locked(connection, record)
            if before is not None:
                saved = self._db.upsert(
                    _row(record),
                    _KEY,
                    keep=["subscription_id", "opened_at", "restored_at"],
                    where=or_(_CASE.outcome.is_(None), _CASE.outcome == record.outcome),
                )
                await connection.execute(saved)
            if _shown(before) != _shown(record) and (before is None or before.outcome in (None, record.outcome)):
                changed.append(record if before is None else replace(record, opened_at=before.opened_at))
            happened.append(of_case(before, record, now))
        await tell(connection, self._db, [each for told in happened for each in told])
        for case in changed:
            await case_changed(connection, self._db, case)
        return [len(told) for told in happened]

    async def record_restored(self, tenant: str, invoice: str, at: datetime) -> None:
        mine = (_CASE.tenant_id == tenant) & (_CASE.invoice == invoice)
        touched = await self._db.write(update(CaseRow).where(mine, _CASE.restored_at.is_(None)).values(restored_at=at))
        if not touched and await self._db.first(select(CaseRow).where(mine)) is None:
            raise Missing(f"there is no dunning case for invoice '{invoice}'")

    async def payments(self, tenant: str, subscription: str) -> Sequence[Payment]:
        rows = await self._db.rows(
            select(PaymentRow)
            .where(_PAYMENT.tenant_id == tenant, _PAYMENT.subscription_id == subscription)
            .order_by(_PAYMENT.paid_at, _PAYMENT.charge)
        )
        return [
            Payment(
                tenant=row.tenant_id,
                charge=row.charge,
                invoice=row.invoice,
                subscription=row.subscription_id,
                amount=Money(row.amount_centavos, row.currency),
                funding=Funding(row.funding),
                paid_at=row.paid_at,
            )
            for row in rows
        ]
