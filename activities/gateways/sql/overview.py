"""Sums and pages of a tenant's record, for those who look at it. Each is one query that an index answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from activities.gateways.sql.attention import _attention
from activities.gateways.sql.audit import audit_entry
from activities.gateways.sql.customer_rows import customer_in
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.documents import _document, received_by, replaced
from activities.gateways.sql.notices import _notice
from activities.ports.clinic import Cursor
from models.cfdi.documents import TaxDocument
from models.collecting.cases import Stage
from models.money import Money
from models.records import NoticeRecord
from models.safekeeping.keyring import Keyring
from models.subscribing.subscriptions import Status
from models.tables.attention import AttentionRow
from models.tables.documents import DocumentRow
from models.tables.journal import AuditRow, NoticeRow
from models.tables.parties import CustomerRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow
from models.watching.attention import Attention
from models.watching.overview import AtRisk, AuditFilter, AuditLine, ComingAct, DocumentFilter, NoticeFilter, Sum

_PAYMENT, _CASE, _SUBSCRIPTION = (table_of(row).c for row in (PaymentRow, CaseRow, SubscriptionRow))
_CUSTOMER, _FOUND, _NOTICE = (table_of(row).c for row in (CustomerRow, AttentionRow, NoticeRow))
_DOCUMENT, _AUDIT = table_of(DocumentRow).c, table_of(AuditRow).c


class Overview:
    """Read by the console; written by nobody."""

    _db: Database
    _keyring: Keyring

    async def taken_in(self, tenant: str, since: datetime, until: datetime) -> Mapping[str, Sum]:
        query = select(_PAYMENT.currency, func.sum(_PAYMENT.amount_centavos), func.count()).where(
            _PAYMENT.tenant_id == tenant, _PAYMENT.paid_at >= since, _PAYMENT.paid_at < until
        )
        found = await self._db.figures(query.group_by(_PAYMENT.currency))
        return {currency: Sum(int(centavos), int(count)) for currency, centavos, count in found}

    async def at_risk(self, tenant: str) -> Mapping[str, AtRisk]:
        query = select(_CASE.currency, _CASE.stage, func.sum(_CASE.amount_centavos), func.count()).where(
            _CASE.tenant_id == tenant, _CASE.outcome.is_(None)
        )
        risks: dict[str, AtRisk] = {}
        for currency, stage, centavos, count in await self._db.figures(query.group_by(_CASE.currency, _CASE.stage)):
            risks.setdefault(currency, AtRisk({})).stages[Stage(stage)] = Sum(int(centavos), int(count))
        return risks

    async def coming_acts(
        self, tenant: str, since: datetime, until: datetime, *, limit: int = 10
    ) -> Sequence[ComingAct]:
        whose = (_SUBSCRIPTION.tenant_id == _CUSTOMER.tenant_id) & (_SUBSCRIPTION.customer_id == _CUSTOMER.id)
        due = (_SUBSCRIPTION.next_action_at >= since) & (_SUBSCRIPTION.next_action_at < until)
        own = (
            select(SubscriptionRow, CustomerRow)
            .join(CustomerRow, whose)
            .where(_SUBSCRIPTION.tenant_id == tenant, due)
            .order_by(_SUBSCRIPTION.next_action_at, _SUBSCRIPTION.id)
        )
        acts = [self._act(row, customer) for row, customer in await self._db.pairs(own.limit(limit))]
        stepping = (_CASE.next_step_at >= since) & (_CASE.next_step_at < until) & _CASE.outcome.is_(None)
        cases = await self._db.pairs(
            select(CaseRow, SubscriptionRow)
            .join(
                SubscriptionRow,
                (_CASE.tenant_id == _SUBSCRIPTION.tenant_id) & (_CASE.subscription_id == _SUBSCRIPTION.id),
            )
            .where(_CASE.tenant_id == tenant, stepping)
            .order_by(_CASE.next_step_at, _CASE.invoice)
            .limit(limit)
        )
        names = await self.names(tenant, {case.subscription_id for case, _ in cases})
        acts += [
            ComingAct(
                at=case.next_step_at or since,
                what=case.next_step,
                subscription=row.id,
                customer=row.customer_id,
                name=names.get(row.id, ""),
                status=Status(row.status),
                amount=Money(case.amount_centavos, case.currency),
                invoice=case.invoice,
            )
            for case, row in cases
        ]
        return sorted(acts, key=lambda act: act.at)[:limit]

    def _act(self, row: SubscriptionRow, customer: CustomerRow) -> ComingAct:
        price = row.price_centavos if row.price_centavos is not None else row.due_centavos
        return ComingAct(
            at=row.next_action_at or row.updated_at,
            what=row.next_action,
            subscription=row.id,
            customer=row.customer_id,
            name=customer_in(customer, self._keyring).name,
            status=Status(row.status),
            amount=Money(price, row.currency),
        )

    async def finding(self, tenant: str, finding: str) -> Attention | None:
        row = await self._db.first(select(AttentionRow).where(_FOUND.tenant_id == tenant, _FOUND.id == finding))
        return _attention(row) if row else None

    async def notice_page(
        self, tenant: str, wanted: NoticeFilter, *, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[NoticeRecord]:
        ident = _NOTICE.key + "/" + _NOTICE.channel
        query = select(NoticeRow).where(_NOTICE.tenant_id == tenant)
        for column, value in (
            (_NOTICE.channel, wanted.channel),
            (_NOTICE.delivery, wanted.delivery),
            (_NOTICE.kind, wanted.kind),
        ):
            query = query.where(column == value.value) if value else query
        if after:
            query = query.where(_past(_NOTICE.requested_at, ident, after))
        rows = await self._db.rows(query.order_by(_NOTICE.requested_at.desc(), ident.desc()).limit(limit))
        return [_notice(row, self._keyring) for row in rows]

    async def document_page(
        self, tenant: str, wanted: DocumentFilter, *, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[TaxDocument]:
        query = select(DocumentRow).where(_DOCUMENT.tenant_id == tenant, ~replaced())
        told: list[ColumnElement[bool]] = []
        if wanted.uuid:
            told.append(_DOCUMENT.uuid == wanted.uuid.upper())
        if wanted.rfc:
            told.append(received_by(self._keyring, tenant, wanted.rfc))
        if wanted.state:
            told.append(_DOCUMENT.state == wanted.state.value)
        if wanted.kind:
            told.append(_DOCUMENT.kind == wanted.kind.value)
        if wanted.total is not None:
            told.append(_DOCUMENT.total_centavos == wanted.total)
        if wanted.since:
            told.append(_DOCUMENT.issued_at >= wanted.since)
        if wanted.until:
            told.append(_DOCUMENT.issued_at < wanted.until)
        if after:
            told.append(_past(_DOCUMENT.issued_at, _DOCUMENT.key, after))
        query = query.where(*told).order_by(_DOCUMENT.issued_at.desc(), _DOCUMENT.key.desc())
        return [_document(row, self._keyring) for row in await self._db.rows(query.limit(limit))]

    async def audit_page(
        self, tenant: str, wanted: AuditFilter, *, before: int | None = None, limit: int = 50
    ) -> Sequence[AuditLine]:
        query = select(AuditRow).where(_AUDIT.tenant_id == tenant)
        for column, value in (
            (_AUDIT.actor, wanted.actor),
            (_AUDIT.action, wanted.action),
            (_AUDIT.subscription_id, wanted.subscription),
        ):
            query = query.where(column == value) if value else query
        if wanted.since:
            query = query.where(_AUDIT.at >= wanted.since)
        if wanted.until:
            query = query.where(_AUDIT.at < wanted.until)
        if before is not None:
            query = query.where(_AUDIT.seq < before)
        rows = await self._db.rows(query.order_by(_AUDIT.seq.desc()).limit(limit))
        return [AuditLine(row.seq, audit_entry(row)) for row in rows]

    async def names(self, tenant: str, subscriptions: Collection[str]) -> Mapping[str, str]:
        if not subscriptions:
            return {}
        whose = (_SUBSCRIPTION.tenant_id == _CUSTOMER.tenant_id) & (_SUBSCRIPTION.customer_id == _CUSTOMER.id)
        query = select(SubscriptionRow, CustomerRow).join(CustomerRow, whose)
        mine = (_SUBSCRIPTION.tenant_id == tenant) & _SUBSCRIPTION.id.in_(set(subscriptions))
        found = await self._db.pairs(query.where(mine))
        return {row.id: customer_in(customer, self._keyring).name for row, customer in found}


def _past(at: ColumnElement[datetime], ident: ColumnElement[str], place: Cursor) -> ColumnElement[bool]:
    """Behind a place, in a list whose newest line comes first."""
    return or_(at < place.created_at, (at == place.created_at) & (ident < place.id))
