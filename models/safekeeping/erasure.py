"""Erasing a customer's personal data: when it may be done, and what the law keeps back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from models.cfdi.documents import DocumentState, TaxDocument
from models.subscribing.subscriptions import Status

KEPT_YEARS = 5
WHY_KEPT = "the XML of a stamped tax invoice is accounting: CFF art. 28 and 30 have it kept for five years after its annual return"

# A tax document that is on its way still needs its receiver.
_UNDER_WAY = frozenset(
    {
        DocumentState.WAITING_DATA,
        DocumentState.SEALED,
        DocumentState.SENDING,
        DocumentState.STAMPED,
        DocumentState.RENDERED,
        DocumentState.REJECTED,
        DocumentState.NEEDS_RECONCILIATION,
        DocumentState.CANCEL_REQUESTED,
        DocumentState.IN_PROCESS,
    }
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """An order to erase a customer: a line of the list that outlives the database. It holds no personal data."""

    tenant: str
    customer: str
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is not erased: the XML of a tax document, until the end of a day, and why."""

    document: str
    uuid: str
    until: date
    why: str = WHY_KEPT


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of an order to erase."""

    erasure: Erasure
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class ErasureRound:
    """What came of a look through the list of erasures.

    `again` were erased: `presumed` are those of them whose line, an older release's, does not say that it was carried out. `left` are in
    the books all the same, as their order was not carried out or nobody knows. `over` counts customers whose tax invoices' time is over.
    """

    again: tuple[Erasure, ...] = ()
    presumed: tuple[Erasure, ...] = ()
    left: tuple[Erasure, ...] = ()
    over: int = 0


def hindrance(
    statuses: Iterable[Status], unpaid: Iterable[str], documents: Iterable[TaxDocument], charges: Iterable[str] = ()
) -> str:
    """Why a customer cannot be erased yet, with the remedy; empty when they can.

    `unpaid` names invoices with an open dunning case; `charges` settled charges, each of which is owed a tax document.
    """
    if any(status is not Status.CANCELED for status in statuses):
        return "a subscription of theirs is alive: cancel it first (or a bill: settle or void it)"
    if invoice := next(iter(unpaid), ""):
        return f"the dunning case of invoice {invoice} is open: let it end, or write it off"
    known = list(documents)
    if under_way := next((d for d in known if d.state in _UNDER_WAY), None):
        return f"tax document {under_way.key} is {under_way.state}: it needs its receiver until it is delivered or cancelled"
    sources = {document.source for document in known}
    if missing := next((charge for charge in charges if charge not in sources), ""):
        return f"charge {missing} has no tax document yet: the law wants one"
    return ""


def kept_until(issued_at: datetime) -> date:
    """The last day on which a tax invoice's XML must be there.

    CFF art. 30: five years from the day on which the returns it belongs to were or should have been filed. The annual return is
    due by 31 March (companies, LISR art. 9) or 30 April (persons, LISR art. 150) of the year after; the later of the two counts.
    """
    return date(issued_at.astimezone(UTC).year + 1 + KEPT_YEARS, 4, 30)


def kept(documents: Iterable[TaxDocument], today: date) -> tuple[Kept, ...]:
    """Of these documents, those whose XML must stay."""
    stamped = ((document, kept_until(document.issued_at)) for document in documents if document.uuid)
    return tuple(Kept(document.key, document.uuid, until) for document, until in stamped if until >= today)
