"""Rows that may break a rule, found by SQL so that a healthy book costs little to check. `models.watching.invariants` decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select

from activities.gateways.sql.cases import _case
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.documents import replaced
from activities.gateways.sql.sightings import payment_of
from activities.gateways.sql.subscriptions import SUBSCRIBED, _record
from models.bookkeeping.ledger import Kind
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.money import Money
from models.records import CaseRecord, Delivery, NoticeRecord, Payment, SubscriptionRecord
from models.speaking.notices import WARNINGS, Channel, NoticeKind
from models.tables.documents import DocumentRow
from models.tables.journal import AuditRow, InboxRow, NoticeRow
from models.tables.ledger import LedgerRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow
from models.watching.invariants import BLOCKED, HELD, UNSTAMPED, Debtor

_SUBSCRIPTION, _CASE, _PAYMENT = table_of(SubscriptionRow).c, table_of(CaseRow).c, table_of(PaymentRow).c
_DOCUMENT, _NOTICE, _AUDIT = table_of(DocumentRow).c, table_of(NoticeRow).c, table_of(AuditRow).c
_EVENT, _LEDGER = table_of(InboxRow).c, table_of(LedgerRow).c

MOST = 1_000  # suspects of one rule looked at in one round: with more, something greater is wrong
BY_SUPPORT = ("suspended by support", "service restored")  # the audit's words (workflows/subscription_orders.py)
WINDOW = timedelta(days=35)  # older money without a CFDI was told for a month; the month's books are closed


def _document_told(row: DocumentRow) -> TaxDocument:
    """A document without what names its receiver: a finding tells none of that."""
    return TaxDocument(
        tenant=row.tenant_id,
        source=row.source,
        kind=DocumentKind(row.kind),
        version=row.version,
        subscription=row.subscription_id,
        state=DocumentState(row.state),
        total=Money(row.total_centavos, row.currency),
        issued_at=row.issued_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        field=row.field,
        code=row.code,
    )


def _notice_told(row: NoticeRow) -> NoticeRecord:
    """A message without its words."""
    return NoticeRecord(
        tenant=row.tenant_id,
        key=row.key,
        channel=Channel(row.channel),
        kind=NoticeKind(row.kind),
        subscription=row.subscription_id,
        delivery=Delivery(row.delivery),
        body="",
        requested_at=row.requested_at,
        sent_at=row.sent_at,
    )


class Suspects:
    """One query a rule."""

    _db: Database

    async def debtors(self, settled_before: datetime) -> Sequence[Debtor]:
        """Subscriptions without full service that no unpaid case explains."""
        unpaid = (
            select(_CASE.invoice)
            .where(
                _CASE.tenant_id == _SUBSCRIPTION.tenant_id,
                _CASE.subscription_id == _SUBSCRIPTION.id,
                _CASE.outcome.is_(None),
                ~select(_PAYMENT.charge)
                .where(
                    _PAYMENT.tenant_id == _CASE.tenant_id,
                    _PAYMENT.subscription_id == _CASE.subscription_id,
                    _PAYMENT.invoice == _CASE.invoice,
                )
                .exists(),
            )
            .exists()
        )
        query = select(SubscriptionRow).where(
            _SUBSCRIPTION.status.in_([status.value for status in BLOCKED]),
            _SUBSCRIPTION.updated_at < settled_before,
            SUBSCRIBED,
            ~unpaid,
        )
        found = []
        for row in await self._db.rows(query.limit(MOST)):
            record = _record(row)
            mine = (_CASE.tenant_id == record.tenant) & (_CASE.subscription_id == record.id)
            cases = [_case(case) for case in await self._db.rows(select(CaseRow).where(mine))]
            paid = (_PAYMENT.tenant_id == record.tenant) & (_PAYMENT.subscription_id == record.id)
            invoices = await self._db.figures(select(_PAYMENT.invoice).where(paid))
            found.append(
                Debtor(record, cases, frozenset(i for (i,) in invoices), await self.cut_off(record.tenant, record.id))
            )
        return found

    async def cut_off(self, tenant: str, subscription: str) -> bool:
        said = (_AUDIT.tenant_id == tenant) & (_AUDIT.subscription_id == subscription)
        last = await self._db.first(
            select(AuditRow).where(said, _AUDIT.action.in_(BY_SUPPORT)).order_by(_AUDIT.seq.desc())
        )
        return last is not None and last.action == BY_SUPPORT[0]

    async def doubled_cases(self) -> Sequence[CaseRecord]:
        several = select(_CASE.invoice).where(_CASE.outcome.is_(None)).group_by(_CASE.invoice).having(func.count() > 1)
        rows = await self._db.rows(
            select(CaseRow).where(_CASE.outcome.is_(None), _CASE.invoice.in_(several)).limit(MOST)
        )
        return [_case(row) for row in rows]

    async def doubled_payments(self) -> Sequence[Payment]:
        several = (
            select(_PAYMENT.invoice)
            .where(_PAYMENT.invoice != "")
            .group_by(_PAYMENT.tenant_id, _PAYMENT.invoice)
            .having(func.count() > 1)
        )
        rows = await self._db.rows(select(PaymentRow).where(_PAYMENT.invoice.in_(several)).limit(MOST))
        return [payment_of(row) for row in rows]

    async def late_payments(self, now: datetime) -> Sequence[tuple[Payment, SubscriptionRecord]]:
        """Payments of the last weeks that came after their subscription had ended, of which nothing was given back."""
        owner = and_(_SUBSCRIPTION.tenant_id == _PAYMENT.tenant_id, _SUBSCRIPTION.id == _PAYMENT.subscription_id)
        after = and_(_SUBSCRIPTION.status == "canceled", _PAYMENT.paid_at > _SUBSCRIPTION.updated_at)
        back = (
            select(_LEDGER.fact)
            .where(
                _LEDGER.tenant_id == _PAYMENT.tenant_id,
                _LEDGER.invoice == _PAYMENT.invoice,
                _LEDGER.charge == _PAYMENT.charge,
                _LEDGER.kind == Kind.REFUNDED.value,
            )
            .exists()
        )
        late = select(PaymentRow).join(SubscriptionRow, owner).where(after, _PAYMENT.paid_at > now - WINDOW, ~back)
        found = []
        for row in await self._db.rows(late.limit(MOST)):
            mine = and_(_SUBSCRIPTION.tenant_id == row.tenant_id, _SUBSCRIPTION.id == row.subscription_id)
            found += [
                (payment_of(row), _record(each)) for each in await self._db.rows(select(SubscriptionRow).where(mine))
            ]
        return found

    async def periods_over(self, before: datetime) -> Sequence[SubscriptionRecord]:
        query = select(SubscriptionRow).where(
            _SUBSCRIPTION.status.in_(("active", "trialing")), _SUBSCRIPTION.period_end < before
        )
        return [_record(row) for row in await self._db.rows(query.limit(MOST))]

    async def late_subscriptions(self, before: datetime) -> Sequence[SubscriptionRecord]:
        query = select(SubscriptionRow).where(_SUBSCRIPTION.status != "canceled", _SUBSCRIPTION.next_action_at < before)
        return [_record(row) for row in await self._db.rows(query.limit(MOST))]

    async def late_cases(self, before: datetime) -> Sequence[CaseRecord]:
        late = and_(_CASE.outcome.is_(None), _CASE.paused.is_(False), _CASE.next_step_at < before)
        return [_case(row) for row in await self._db.rows(select(CaseRow).where(late).limit(MOST))]

    async def uninvoiced(self, before: datetime) -> Sequence[tuple[Payment, Sequence[TaxDocument]]]:
        """Payments with no tax document, or with one that was sealed and never stamped."""
        unstamped = [state.value for state in UNSTAMPED]
        stamped = (
            select(_DOCUMENT.key)
            .where(
                _DOCUMENT.tenant_id == _PAYMENT.tenant_id,
                _DOCUMENT.source == _PAYMENT.charge,
                _DOCUMENT.state.not_in(unstamped),
            )
            .exists()
        )
        recent = and_(_PAYMENT.paid_at < before, _PAYMENT.paid_at > before - WINDOW, _PAYMENT.amount_centavos > 0)
        found = []
        for row in await self._db.rows(select(PaymentRow).where(recent, ~stamped).limit(MOST)):
            mine = (_DOCUMENT.tenant_id == row.tenant_id) & (_DOCUMENT.source == row.charge)
            documents = await self._db.rows(select(DocumentRow).where(mine))
            found.append((payment_of(row), [_document_told(document) for document in documents]))
        return found

    async def held_documents(self) -> Sequence[TaxDocument]:
        """The newest version of each: one that another has taken the place of waits for nobody."""
        held = _DOCUMENT.state.in_([DocumentState(state).value for state in HELD])
        rows = await self._db.rows(select(DocumentRow).where(held, ~replaced()).limit(MOST))
        return [_document_told(row) for row in rows]

    async def messages_since(self, since: datetime) -> Sequence[NoticeRecord]:
        """Those of customers who got more than one of a kind on one channel since then."""
        out = and_(
            _NOTICE.sent_at >= since,
            or_(_NOTICE.delivery == Delivery.SENT.value, _NOTICE.delivery == Delivery.DELIVERED.value),
        )
        kinds = (_NOTICE.tenant_id, _NOTICE.subscription_id, _NOTICE.kind, _NOTICE.channel)
        several = await self._db.figures(
            select(*kinds).where(out).group_by(*kinds).having(func.count() > 1).limit(MOST)
        )
        found: list[NoticeRecord] = []
        for tenant, subscription, kind, channel in several:
            same = and_(
                _NOTICE.tenant_id == tenant,
                _NOTICE.subscription_id == subscription,
                _NOTICE.kind == kind,
                _NOTICE.channel == channel,
            )
            found += [_notice_told(row) for row in await self._db.rows(select(NoticeRow).where(same, out))]
        return found

    async def unanswered_warnings(self) -> Sequence[NoticeRecord]:
        owes = exists().where(
            _CASE.tenant_id == _NOTICE.tenant_id,
            _CASE.subscription_id == _NOTICE.subscription_id,
            _CASE.outcome.is_(None),
        )
        unsure = (_NOTICE.delivery == Delivery.UNKNOWN.value) & _NOTICE.kind.in_([kind.value for kind in WARNINGS])
        return [_notice_told(row) for row in await self._db.rows(select(NoticeRow).where(unsure, owes).limit(MOST))]

    async def waiting_events(self) -> tuple[int, datetime | None]:
        """How many events wait, and since when the oldest does."""
        pending = _EVENT.status == "pending"
        oldest = await self._db.first(select(InboxRow).where(pending).order_by(_EVENT.received_at))
        ((count,),) = await self._db.figures(select(func.count()).select_from(InboxRow).where(pending))
        return int(count), oldest.received_at if oldest else None
