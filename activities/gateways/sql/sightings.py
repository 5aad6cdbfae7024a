"""What the provider showed in a run of reconciliation, beside the books, a page at a time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select, true, tuple_

from activities.gateways.sql.cases import _case
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.subscriptions import SUBSCRIBED, _record
from models.bookkeeping.ledger import Account, Kind
from models.money import Money
from models.records import CaseRecord, Payment, SubscriptionRecord
from models.subscribing.invoices import Funding
from models.tables.attention import SightingRow
from models.tables.documents import DocumentRow
from models.tables.ledger import LedgerRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow
from models.watching.reconciliation import Sighting

_SEEN, _SUBSCRIPTION = table_of(SightingRow).c, table_of(SubscriptionRow).c
_CASE, _PAYMENT, _DOCUMENT = table_of(CaseRow).c, table_of(PaymentRow).c, table_of(DocumentRow).c
_LEDGER = table_of(LedgerRow).c
SUBSCRIPTION, INVOICE = "subscription", "invoice"


def _sighting(row: SightingRow) -> Sighting:
    return Sighting(
        id=row.id,
        tenant=row.tenant_id,
        subscription=row.subscription_id,
        customer=row.customer,
        status=row.status,
        period_start=row.period_start,
        period_end=row.period_end,
        cancel_at_period_end=row.cancel_at_period_end,
        overdue=row.overdue,
    )


def payment_of(row: PaymentRow) -> Payment:
    """A payment's row as its value."""
    return Payment(
        tenant=row.tenant_id,
        charge=row.charge,
        invoice=row.invoice,
        subscription=row.subscription_id,
        amount=Money(row.amount_centavos, row.currency),
        funding=Funding(row.funding),
        paid_at=row.paid_at,
    )


class Sightings:
    """The provider's side of the comparison, kept for as long as a run needs it."""

    _db: Database

    async def sight(self, kind: str, seen: Sequence[Sighting], *, at: datetime) -> None:
        if not seen:
            return
        rows = [
            {
                "id": each.id,
                "kind": kind,
                "tenant_id": each.tenant,
                "subscription_id": each.subscription,
                "customer": each.customer,
                "status": each.status,
                "period_start": each.period_start,
                "period_end": each.period_end,
                "cancel_at_period_end": each.cancel_at_period_end,
                "overdue": each.overdue,
                "seen_at": at,
            }
            for each in seen
        ]
        statement = self._db.insert(SightingRow).values(rows)
        changed = {name: statement.excluded[name] for name in rows[0] if name != "id"}
        await self._db.write(statement.on_conflict_do_update(index_elements=["id"], set_=changed))

    async def forget_sightings(self, before: datetime) -> None:
        await self._db.write(table_of(SightingRow).delete().where(_SEEN.seen_at < before))

    async def sighted(self, kind: str, owners: Collection[tuple[str, str]], *, since: datetime) -> Sequence[Sighting]:
        """By (tenant, subscription)."""
        mine = tuple_(_SEEN.tenant_id, _SEEN.subscription_id).in_(list(owners))
        query = select(SightingRow).where(mine, _SEEN.kind == kind, _SEEN.seen_at >= since).order_by(_SEEN.id)
        return [_sighting(row) for row in await self._db.rows(query)] if owners else []

    async def twins(self, *, since: datetime, limit: int) -> Mapping[str, Sequence[Sighting]]:
        """Live subscriptions of customers who have more than one, by customer."""
        live = (_SEEN.kind == SUBSCRIPTION) & (_SEEN.seen_at >= since) & (_SEEN.customer != "")
        several = select(_SEEN.customer).where(live).group_by(_SEEN.customer).having(func.count() > 1).limit(limit)
        rows = await self._db.rows(select(SightingRow).where(live, _SEEN.customer.in_(several)).order_by(_SEEN.id))
        found: dict[str, list[Sighting]] = {}
        for row in rows:
            found.setdefault(row.customer, []).append(_sighting(row))
        return found

    async def records(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], SubscriptionRecord]:
        """By (tenant, subscription)."""
        mine = tuple_(_SUBSCRIPTION.tenant_id, _SUBSCRIPTION.id).in_(list(ids))
        rows = await self._db.rows(select(SubscriptionRow).where(mine)) if ids else []
        return {(row.tenant_id, row.id): _record(row) for row in rows}

    async def records_at_provider(self, provider_ids: Collection[str]) -> Mapping[str, SubscriptionRecord]:
        """By the provider's id."""
        rows = await self._db.rows(select(SubscriptionRow).where(_SUBSCRIPTION.provider_id.in_(list(provider_ids))))
        return {row.provider_id: _record(row) for row in rows if row.provider_id}

    async def living(self, tenant: str, *, after: tuple[str, str], limit: int) -> Sequence[SubscriptionRecord]:
        """Subscriptions that are not canceled, by (tenant, id), after one of them."""
        whose = (_SUBSCRIPTION.tenant_id == tenant) if tenant else true()
        later = or_(
            _SUBSCRIPTION.tenant_id > after[0],
            and_(_SUBSCRIPTION.tenant_id == after[0], _SUBSCRIPTION.id > after[1]),
        )
        query = select(SubscriptionRow).where(whose, later, SUBSCRIBED, _SUBSCRIPTION.status != "canceled")
        rows = await self._db.rows(query.order_by(_SUBSCRIPTION.tenant_id, _SUBSCRIPTION.id).limit(limit))
        return [_record(row) for row in rows]

    async def open_cases(self, tenant: str, *, after: tuple[str, str], limit: int) -> Sequence[CaseRecord]:
        """Cases without an outcome, by (tenant, invoice), after one of them."""
        whose = (_CASE.tenant_id == tenant) if tenant else true()
        later = or_(_CASE.tenant_id > after[0], and_(_CASE.tenant_id == after[0], _CASE.invoice > after[1]))
        query = select(CaseRow).where(whose, later, _CASE.outcome.is_(None))
        rows = await self._db.rows(query.order_by(_CASE.tenant_id, _CASE.invoice).limit(limit))
        return [_case(row) for row in rows]

    async def cases_of_invoices(self, invoices: Collection[str]) -> Mapping[str, CaseRecord]:
        """By invoice."""
        rows = await self._db.rows(select(CaseRow).where(_CASE.invoice.in_(list(invoices))))
        return {row.invoice: _case(row) for row in rows}

    async def sighted_invoices(self, invoices: Collection[str], *, since: datetime) -> frozenset[str]:
        """Those of them that were open at the provider in this run."""
        seen = (_SEEN.kind == INVOICE) & (_SEEN.seen_at >= since) & _SEEN.id.in_(list(invoices))
        return frozenset(row.id for row in await self._db.rows(select(SightingRow).where(seen)))

    async def settled_unheard(self, tenant: str, *, issued_before: datetime, since: datetime) -> Sequence[str]:
        whose = (_LEDGER.tenant_id == tenant) if tenant else true()
        account = Account.RECEIVABLE.value
        owed = case((_LEDGER.debit == account, _LEDGER.centavos), else_=-_LEDGER.centavos)
        seen = (_SEEN.kind == INVOICE) & (_SEEN.seen_at >= since) & (_SEEN.id == _LEDGER.invoice)
        query = (
            select(_LEDGER.invoice)
            .where(whose, or_(_LEDGER.debit == account, _LEDGER.credit == account))
            .where(~select(_SEEN.id).where(seen).exists())
            .group_by(_LEDGER.tenant_id, _LEDGER.invoice)
            .having(func.sum(owed) != 0, func.min(_LEDGER.at) < issued_before)
        )
        return sorted({str(invoice) for (invoice,) in await self._db.figures(query) if invoice})

    async def payments_by_charge(self, charges: Collection[str]) -> Mapping[str, Payment]:
        rows = await self._db.rows(select(PaymentRow).where(_PAYMENT.charge.in_(list(charges))))
        return {row.charge: payment_of(row) for row in rows}

    async def documented(self, sources: Collection[str]) -> frozenset[str]:
        """Those charges and refunds for which a tax document exists, held or not."""
        found = await self._db.figures(select(_DOCUMENT.source).where(_DOCUMENT.source.in_(list(sources))).distinct())
        return frozenset(source for (source,) in found)

    async def issued(self, invoices: Collection[str]) -> frozenset[str]:
        """Those of which the ledger knows that they were issued."""
        known = (_LEDGER.kind == Kind.ISSUED.value) & _LEDGER.invoice.in_(list(invoices))
        return frozenset(
            invoice for (invoice,) in await self._db.figures(select(_LEDGER.invoice).where(known).distinct())
        )
