"""Bills: entered with what packages gave on them, and written by their processes together with the account that owes."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import literal, or_, select, true, tuple_, update

from activities.failures import Missing, Refused
from activities.gateways.sql.crm.following import account_changed
from activities.gateways.sql.database import Duplicate, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell
from activities.gateways.sql.usages import Usages
from activities.ports.clinic import Cursor
from models.billing.bills import Applied, Bill, BillLine, BillStanding, BillStatus, InvoiceWish
from models.records import AccountKind
from models.safekeeping.keyring import Keyring
from models.subscribing.usage import Use
from models.tables.clinic import BillRow
from models.tables.sealed import LINES
from models.tables.subscriptions import SubscriptionRow
from models.telling.happenings import of_bill

_BILL, _ACCOUNT = table_of(BillRow).c, table_of(SubscriptionRow).c


class Bills(Usages):
    """The record of what was sold once."""

    _keyring: Keyring
    _recorded: Recorded

    async def enter_bill(self, bill: Bill) -> Bill:
        account = SubscriptionRow(
            tenant_id=bill.tenant,
            id=bill.id,
            customer_id=bill.customer,
            plan_code=None,
            status=bill.status.account.value,
            created_at=bill.created_at,
            updated_at=bill.created_at,
            due_centavos=bill.total.centavos,
            currency=bill.currency,
            kind=AccountKind.BILL.value,
            pet_id=bill.pet,
        )
        try:
            async with self._db.transaction() as connection:
                await connection.execute(table_of(SubscriptionRow).insert().values(**values(account)))
                await connection.execute(table_of(BillRow).insert().values(**values(self._bill_row(bill))))
                await account_changed(connection, bill.tenant, [bill.id])
                for use, most in _uses(bill):
                    if not (await self._counted(connection, use, most)).taken:
                        raise Refused("a unit that a package includes was used meanwhile", "spent")
        except Duplicate:
            known = await self.bill(bill.tenant, bill.id)
            if known is None:
                raise
            return known
        return bill

    async def give_units_back(self, bill: Bill, at: datetime) -> None:
        for use, _ in _uses(bill):
            await self.count_use(
                Use(
                    tenant=use.tenant,
                    subscription=use.subscription,
                    key=f"{use.key}/back",
                    meter=use.meter,
                    window=use.window,
                    quantity=-use.quantity,
                    at=at,
                ),
                None,
            )

    async def bill(self, tenant: str, bill: str) -> Bill | None:
        row = await self._db.first(select(BillRow).where(_BILL.tenant_id == tenant, _BILL.id == bill))
        return self._bill(row) if row else None

    async def bills(
        self,
        tenant: str,
        *,
        customer: str = "",
        status: BillStatus | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Bill]:
        query = select(BillRow).where(_BILL.tenant_id == tenant).limit(limit)
        if customer:
            query = query.where(_BILL.customer_id == customer)
        if status is not None:
            query = query.where(_BILL.status == status.value)
        if after is not None:
            older = (_BILL.created_at == after.created_at) & (_BILL.id < after.id)
            query = query.where(or_(_BILL.created_at < after.created_at, older))
        rows = await self._db.rows(query.order_by(_BILL.created_at.desc(), _BILL.id.desc()))
        return [self._bill(row) for row in rows]

    async def living_bills(self, tenant: str, *, after: tuple[str, str], limit: int) -> Sequence[Bill]:
        """Those that are not over, of this tenant or (empty) of all, by (tenant, id), after one of them."""
        whose = (_BILL.tenant_id == tenant) if tenant else true()
        later = tuple_(_BILL.tenant_id, _BILL.id) > tuple_(literal(after[0]), literal(after[1]))
        living = _BILL.status.in_([status.value for status in BillStatus if not status.over])
        query = select(BillRow).where(whose, later, living).order_by(_BILL.tenant_id, _BILL.id).limit(limit)
        return [self._bill(row) for row in await self._db.rows(query)]

    async def ask_for_invoice(self, tenant: str, bill: str) -> None:
        mine = (_BILL.tenant_id == tenant) & (_BILL.id == bill)
        if not await self._db.write(update(BillRow).where(mine).values(invoicing=InvoiceWish.ALWAYS.value)):
            raise Missing(f"there is no bill '{bill}'")

    async def save_bill(self, bill: BillStanding) -> None:
        """Bill, account, and the events that follow from what changed, in one transaction."""
        mine = (_BILL.tenant_id == bill.tenant) & (_BILL.id == bill.id)
        owes = (_ACCOUNT.tenant_id == bill.tenant) & (_ACCOUNT.id == bill.id)
        async with self._db.transaction() as connection:
            row = (await connection.execute(select(table_of(BillRow)).where(mine).with_for_update())).mappings().first()
            if row is None:
                raise Missing(f"there is no bill '{bill.id}'")
            told = {
                "status": bill.status.value,
                "invoice": bill.invoice,
                "pay_url": bill.pay_url,
                "issued_at": bill.issued_at,
                "due_at": bill.due_at,
                "settled_at": bill.settled_at,
            }
            account = {
                "status": bill.status.account.value,
                "updated_at": bill.at,
                "provider_id": bill.invoice,
                "due_centavos": bill.due.centavos,
                "next_action": bill.next_action,
                "next_action_at": bill.next_action_at,
            }
            await connection.execute(update(BillRow).where(mine).values(**told))
            await connection.execute(update(SubscriptionRow).where(owes).values(**account))
            before = BillStatus(row["status"])
            await tell(connection, self._db, of_bill(before, bill, row["total_centavos"]))
            if (before, row["due_at"]) != (bill.status, bill.due_at):
                await account_changed(connection, bill.tenant, [bill.id])
        self._recorded.note(bill.tenant)

    def _bill_row(self, bill: Bill) -> BillRow:
        lines = json.dumps([asdict(line) for line in bill.lines], ensure_ascii=False)
        return BillRow(
            tenant_id=bill.tenant,
            id=bill.id,
            customer_id=bill.customer,
            pet_id=bill.pet,
            status=bill.status,
            lines=LINES.seal(self._keyring, lines, (bill.tenant, bill.id)),
            total_centavos=bill.total.centavos,
            currency=bill.currency,
            days=bill.days,
            invoicing=bill.invoicing,
            invoice=bill.invoice,
            created_at=bill.created_at,
            issued_at=bill.issued_at,
            due_at=bill.due_at,
            settled_at=bill.settled_at,
            pay_url=bill.pay_url,
            actor=bill.actor,
        )

    def _bill(self, row: BillRow) -> Bill:
        told = LINES.open(self._keyring, row.lines, (row.tenant_id, row.id)) if row.lines else ""
        # Of an erased customer the sum stays, and not what it was for.
        lines = tuple(_line(each) for each in json.loads(told)) if told else (BillLine("", 1, row.total_centavos),)
        return Bill(
            tenant=row.tenant_id,
            id=row.id,
            customer=row.customer_id,
            lines=lines,
            created_at=row.created_at,
            currency=row.currency,
            pet=row.pet_id,
            days=row.days,
            invoicing=InvoiceWish(row.invoicing),
            status=BillStatus(row.status),
            invoice=row.invoice,
            issued_at=row.issued_at,
            due_at=row.due_at,
            settled_at=row.settled_at,
            pay_url=row.pay_url,
            actor=row.actor,
        )


def _line(told: dict[str, Any]) -> BillLine:
    return BillLine(**(told | {"applied": tuple(Applied(**each) for each in told["applied"])}))


def _uses(bill: Bill) -> list[tuple[Use, int | None]]:
    """What packages gave on a bill, as uses of theirs with a key each, and how many there may be in all."""
    return [
        (
            Use(
                bill.tenant,
                each.subscription,
                f"{bill.id}/{number}.{place}",
                each.service,
                each.window,
                each.units,
                bill.created_at,
            ),
            each.most,
        )
        for number, line in enumerate(bill.lines, 1)
        for place, each in enumerate(line.applied, 1)
    ]
