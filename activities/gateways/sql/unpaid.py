"""Living PPD invoices without a payment, found by SQL. `models.cfdi.unpaid` decides."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Exists, case, func, or_, select

from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.suspects import MOST
from models.bookkeeping.ledger import Kind
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.unpaid import Unpaid
from models.collecting.cases import Outcome
from models.money import Money
from models.subscribing.subscriptions import Status
from models.tables.documents import DocumentRow
from models.tables.ledger import LedgerRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow

_DOCUMENT, _OTHER = table_of(DocumentRow).c, table_of(DocumentRow).alias("other").c
_CASE, _PAYMENT = table_of(CaseRow).c, table_of(PaymentRow).c
_ENTRY, _SUBSCRIPTION = table_of(LedgerRow).c, table_of(SubscriptionRow).c

_LIVING = (DocumentState.STAMPED, DocumentState.RENDERED, DocumentState.DELIVERED, DocumentState.REFUSED)
_GONE = (DocumentState.REJECTED, DocumentState.CANCELLED)


class UnpaidDocuments:
    """One query."""

    _db: Database

    async def unpaid_documents(self) -> Sequence[Unpaid]:
        """PPD invoices whose debt was voided, written off or given up, or whose subscription is over, and no money came."""

        def told(kind: Kind) -> Exists:
            mine = (_ENTRY.tenant_id == _DOCUMENT.tenant_id) & (_ENTRY.invoice == _DOCUMENT.source)
            return select(_ENTRY.seq).where(mine, _ENTRY.kind == kind.value).correlate(table_of(DocumentRow)).exists()

        outcome = (
            select(func.max(_CASE.outcome))
            .where(_CASE.tenant_id == _DOCUMENT.tenant_id, _CASE.invoice == _DOCUMENT.source)
            .correlate(table_of(DocumentRow))
            .scalar_subquery()
        )
        collected = (
            select(_CASE.invoice)
            .where(
                _CASE.tenant_id == _DOCUMENT.tenant_id,
                _CASE.invoice == _DOCUMENT.source,
                _CASE.outcome.is_(None),
            )
            .correlate(table_of(DocumentRow))
            .exists()
        )
        over = (
            select(_SUBSCRIPTION.id)
            .where(
                _SUBSCRIPTION.tenant_id == _DOCUMENT.tenant_id,
                _SUBSCRIPTION.id == _DOCUMENT.subscription_id,
                _SUBSCRIPTION.status == Status.CANCELED.value,
            )
            .correlate(table_of(DocumentRow))
            .exists()
        )
        stands_on = (
            select(_OTHER.key)
            .where(
                _OTHER.tenant_id == _DOCUMENT.tenant_id,
                _OTHER.kind.in_((DocumentKind.PAYMENT.value, DocumentKind.CREDIT.value)),
                _OTHER.replaces == _DOCUMENT.uuid,
                _OTHER.state.not_in([state.value for state in _GONE]),
            )
            .correlate(table_of(DocumentRow))
            .exists()
        )
        paid = (
            select(_PAYMENT.charge)
            .where(_PAYMENT.tenant_id == _DOCUMENT.tenant_id, _PAYMENT.invoice == _DOCUMENT.source)
            .correlate(table_of(DocumentRow))
            .exists()
        )
        voided, written_off = told(Kind.VOIDED), told(Kind.WRITTEN_OFF)
        ended = outcome.in_([each.value for each in Outcome if not each.settled])
        query = select(
            _DOCUMENT.tenant_id,
            _DOCUMENT.source,
            _DOCUMENT.version,
            _DOCUMENT.subscription_id,
            _DOCUMENT.state,
            _DOCUMENT.total_centavos,
            _DOCUMENT.currency,
            _DOCUMENT.issued_at,
            _DOCUMENT.uuid,
            outcome,
            case((voided, 1), else_=0),
            case((written_off, 1), else_=0),
        ).where(
            _DOCUMENT.kind == DocumentKind.DEFERRED.value,
            _DOCUMENT.uuid != "",
            _DOCUMENT.state.in_([state.value for state in _LIVING]),
            or_(voided, written_off, ended, over),
            ~collected,
            ~stands_on,
            ~paid,
        )
        return [_unpaid(row) for row in await self._db.figures(query.limit(MOST))]


def _unpaid(row: Sequence[Any]) -> Unpaid:
    tenant, source, version, subscription, state, centavos, currency, issued_at, uuid, outcome, voided, written = row
    document = TaxDocument(
        tenant=tenant,
        source=source,
        kind=DocumentKind.DEFERRED,
        version=version,
        subscription=subscription,
        state=DocumentState(state),
        total=Money(centavos, currency),
        issued_at=issued_at,
        created_at=issued_at,
        updated_at=issued_at,
        uuid=uuid,
    )
    return Unpaid(document, Outcome(outcome) if outcome else None, bool(voided), bool(written))
