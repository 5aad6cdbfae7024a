"""The story of one subscription: what was done, said, paid and invoiced, in the order in which it happened."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from activities.ports.register import Register
from api.access import needs
from api.deps import Caller, Ctx, Owing
from api.problems import answers
from api.views import MoneyView, View
from models.access.permissions import Permission
from models.cfdi.documents import TaxDocument
from models.money import Money
from models.records import AuditEntry, CaseRecord, NoticeRecord, Payment

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"], dependencies=[needs(Permission.READ)])


class Entry(View):
    """One thing that happened. `kind`: audit, case, payment, notice or document."""

    at: datetime
    kind: str = Field(examples=["audit"])
    what: str = Field(examples=["D+3 suspend"])
    actor: str = Field(default="", examples=["perdura"])
    """Who did it; `perdura` is the engine itself."""
    reason: str = ""
    detail: str = ""
    about: str = ""
    """The invoice, charge, notice or document it is about."""
    amount: MoneyView | None = None


class Timeline(View):
    """Every entry, oldest first."""

    subscription: str
    entries: list[Entry]


@router.get("/{subscription}/timeline", summary="Everything that happened", responses=answers(404, 503))
async def timeline(context: Ctx, tenant: Caller, found: Owing) -> Timeline:
    """Audit, dunning cases, payments, messages and tax documents in one line of time."""
    entries = [entry async for entry in _entries(context.store, tenant.id, found.record.id)]
    # Stable: what happened in one instant keeps the order below, and the audit the order of its writing.
    return Timeline(subscription=found.record.id, entries=sorted(entries, key=lambda entry: entry.at))


async def _entries(store: Register, tenant: str, subscription: str) -> AsyncIterator[Entry]:
    for line in await store.audit_trail(tenant, subscription):
        yield _audited(line)
    for payment in await store.payments(tenant, subscription):
        yield _paid(payment)
    for case in await store.cases(tenant, subscription):
        for entry in _case(case):
            yield entry
    for notice in await store.notices(tenant, subscription):
        for entry in _told(notice):
            yield entry
    for document in await store.documents_of_subscription(tenant, subscription):
        for entry in _documented(document):
            yield entry


def _audited(line: AuditEntry) -> Entry:
    return Entry(
        at=line.at,
        kind="audit",
        what=line.action,
        actor=line.actor,
        reason=line.reason,
        detail=line.detail,
        about=line.key.partition("/")[0],
    )


def _paid(payment: Payment) -> Entry:
    return Entry(
        at=payment.paid_at,
        kind="payment",
        what="payment received",
        detail=f"{payment.funding}, invoice {payment.invoice}",
        about=payment.charge,
        amount=MoneyView.of(payment.amount),
    )


def _case(case: CaseRecord) -> Iterator[Entry]:
    def step(at: datetime | None, what: str, detail: str = "", amount: Money | None = None) -> Iterator[Entry]:
        if at is not None:
            shown = MoneyView.of(amount) if amount else None
            yield Entry(at=at, kind="case", what=what, detail=detail, about=case.invoice, amount=shown)

    yield from step(case.opened_at, "dunning began", f"policy {case.policy}; {case.decline}".rstrip("; "), case.amount)
    yield from step(case.closed_at, f"dunning ended: {case.outcome}", f"{case.attempts} automatic attempts")
    yield from step(case.restored_at, "service restored")


def _told(notice: NoticeRecord) -> Iterator[Entry]:
    def step(at: datetime | None, what: str, detail: str = "") -> Iterator[Entry]:
        if at is not None:
            said = f"{notice.kind} {what} by {notice.channel}"
            yield Entry(at=at, kind="notice", what=said, detail=detail, about=notice.key)

    yield from step(notice.sent_at or notice.requested_at, "sent" if notice.sent_at else "to be sent", notice.body)
    if notice.settled_at is not None and notice.delivery not in ("sending", "sent"):
        yield from step(notice.settled_at, notice.delivery, notice.error)


def _documented(document: TaxDocument) -> Iterator[Entry]:
    def step(at: datetime | None, what: str, detail: str = "") -> Iterator[Entry]:
        if at is not None:
            amount = MoneyView.of(document.total)
            yield Entry(at=at, kind="document", what=what, detail=detail, about=document.key, amount=amount)

    yield from step(document.created_at, f"tax document ({document.kind}) begun")
    yield from step(document.stamped_at, "tax document stamped", document.uuid)
    yield from step(document.delivered_at, "tax document delivered")
    if document.code or document.message:
        yield from step(
            document.updated_at, f"tax document {document.state}", f"{document.code} {document.message}".strip()
        )
