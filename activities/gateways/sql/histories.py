"""The history of a customer, a page at a time: one query for each kind of thing, each no longer than the page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from activities.gateways.sql.database import Database, table_of
from models.billing.history import EntryKind, HistoryEntry, Place, merged
from models.bookkeeping.ledger import Account, Kind
from models.money import Money
from models.records import AccountKind
from models.tables.catalog import UsageRow
from models.tables.clinic import BillRow
from models.tables.documents import DocumentRow
from models.tables.ledger import LedgerRow
from models.tables.subscriptions import PaymentRow, SubscriptionRow

_ACCOUNT, _BILL, _PAYMENT = table_of(SubscriptionRow).c, table_of(BillRow).c, table_of(PaymentRow).c
_DOCUMENT, _USE, _ENTRY = table_of(DocumentRow).c, table_of(UsageRow).c, table_of(LedgerRow).c


class Histories:
    """Reads; writes nothing."""

    _db: Database

    async def history(
        self, tenant: str, customer: str, *, pet: str = "", after: Place | None = None, limit: int = 50
    ) -> Sequence[HistoryEntry]:
        """Newest first, after a place; of one pet where one is named."""
        mine = (_ACCOUNT.tenant_id == tenant) & (_ACCOUNT.customer_id == customer)
        if pet:
            mine &= _ACCOUNT.pet_id == pet
        rows = await self._db.figures(select(_ACCOUNT.id, _ACCOUNT.pet_id, _ACCOUNT.kind).where(mine))
        pets = {str(account): str(whom) for account, whom, _ in rows}
        subscribed = [account for account, _, kind in rows if kind == AccountKind.SUBSCRIPTION.value]
        told = _Told(self._db, tenant, pets, after, limit)
        return merged(
            [
                await told.bills(),
                await told.invoices(subscribed),
                await told.payments(),
                await told.documents(),
                await told.uses(),
            ],
            limit,
        )


class _Told:
    """One page of each kind."""

    def __init__(
        self, database: Database, tenant: str, pets: Mapping[str, str], after: Place | None, limit: int
    ) -> None:
        self._db, self._tenant, self._pets = database, tenant, pets
        self._after, self._limit = after, limit

    async def bills(self) -> list[HistoryEntry]:
        columns = (_BILL.created_at, _BILL.id, _BILL.id, _BILL.status, _BILL.total_centavos, _BILL.currency)
        return await self._page(
            EntryKind.BILL, columns, _BILL.tenant_id, _BILL.id, lambda row: (row[3], Money(row[4], row[5]), 0)
        )

    async def payments(self) -> list[HistoryEntry]:
        columns = (
            *(_PAYMENT.paid_at, _PAYMENT.charge, _PAYMENT.subscription_id, _PAYMENT.funding),
            *(_PAYMENT.amount_centavos, _PAYMENT.currency),
        )
        return await self._page(
            EntryKind.PAYMENT,
            columns,
            _PAYMENT.tenant_id,
            _PAYMENT.subscription_id,
            lambda row: (row[3], Money(row[4], row[5]), 0),
        )

    async def documents(self) -> list[HistoryEntry]:
        columns = (
            *(_DOCUMENT.created_at, _DOCUMENT.key, _DOCUMENT.subscription_id, _DOCUMENT.kind, _DOCUMENT.state),
            *(_DOCUMENT.total_centavos, _DOCUMENT.currency),
        )
        return await self._page(
            EntryKind.DOCUMENT,
            columns,
            _DOCUMENT.tenant_id,
            _DOCUMENT.subscription_id,
            lambda row: (f"{row[3]} {row[4]}", Money(row[5], row[6]), 0),
        )

    async def uses(self) -> list[HistoryEntry]:
        columns = (_USE.at, _USE.key, _USE.subscription_id, _USE.meter, _USE.quantity)
        return await self._page(
            EntryKind.USE, columns, _USE.tenant_id, _USE.subscription_id, lambda row: (row[3], None, row[4])
        )

    async def invoices(self, subscriptions: Sequence[str]) -> list[HistoryEntry]:
        """As the books have them: what each asked for when it was issued. A bill's own is the bill."""
        issued = (
            select(
                _ENTRY.at.label("at"),
                _ENTRY.invoice.label("invoice"),
                _ENTRY.subscription_id.label("account"),
                func.sum(_ENTRY.centavos).label("centavos"),
                _ENTRY.currency.label("currency"),
            )
            .where(
                _ENTRY.tenant_id == self._tenant,
                _ENTRY.subscription_id.in_(subscriptions),
                _ENTRY.kind == Kind.ISSUED.value,
                _ENTRY.debit == Account.RECEIVABLE.value,
            )
            .group_by(_ENTRY.at, _ENTRY.invoice, _ENTRY.subscription_id, _ENTRY.currency)
            .subquery()
        )
        query = select(issued.c.at, issued.c.invoice, issued.c.account, issued.c.centavos, issued.c.currency)
        query = query.where(self._beyond(EntryKind.INVOICE, issued.c.at, issued.c.invoice))
        rows = await self._db.figures(query.order_by(issued.c.at.desc(), issued.c.invoice.desc()).limit(self._limit))
        return [self._entry(EntryKind.INVOICE, row, ("issued", Money(int(row[3]), row[4]), 0)) for row in rows]

    async def _page(
        self,
        kind: EntryKind,
        columns: Sequence[Any],
        tenant: Any,
        account: Any,
        told: Callable[[Sequence[Any]], tuple[str, Money | None, int]],
    ) -> list[HistoryEntry]:
        """`columns` begin with the instant, the id and the account."""
        at, name = columns[0], columns[1]
        mine = and_(tenant == self._tenant, account.in_(list(self._pets)), self._beyond(kind, at, name))
        query = select(*(column.label(f"c{n}") for n, column in enumerate(columns))).where(mine)
        rows = await self._db.figures(query.order_by(at.desc(), name.desc()).limit(self._limit))
        return [self._entry(kind, row, told(row)) for row in rows]

    def _beyond(self, kind: EntryKind, at: Any, name: Any) -> ColumnElement[bool]:
        after = self._after
        if after is None:
            return at.is_not(None)  # type: ignore[no-any-return]
        same = false() if kind > after.kind else (name < after.id if kind is after.kind else name.is_not(None))
        return or_(at < after.at, and_(at == after.at, same))

    def _entry(self, kind: EntryKind, row: Sequence[Any], told: tuple[str, Money | None, int]) -> HistoryEntry:
        what, amount, quantity = told
        return HistoryEntry(row[0], kind, row[1], row[2], self._pets.get(row[2], ""), what, amount, quantity)
