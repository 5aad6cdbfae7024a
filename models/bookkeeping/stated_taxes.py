"""Taxes as a stamped CFDI states them, held against the books: the CFDI is what the SAT knows, so the books follow it.

They differ by centavos where a CFDI has several lines, each rounded by itself, and by more where the issuer's settings or the customer's
tax data were put right between the payment and its CFDI. The price stays what it is: what moves is tax against sales.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from models.bookkeeping.books import Difference, Entry
from models.bookkeeping.ledger import Account, Fact, Kind
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.taxes import UNTAXED, Taxes
from models.money import Money

_MONEY = (Account.PROVIDER, Account.BANK)
_DISPUTES = (Kind.WITHDRAWN, Kind.REINSTATED)
_TOLD = (DocumentKind.INCOME, DocumentKind.PAYMENT, DocumentKind.CREDIT)


@dataclass(frozen=True, slots=True)
class StatedTaxes:
    """What one CFDI, or one line of a global invoice, says of one source. `total` and `taxes` are below zero for a credit note."""

    tenant: str
    subscription: str
    document: str
    source: str
    total: Money
    taxes: Taxes
    at: datetime


def stated_taxes(document: TaxDocument) -> StatedTaxes | None:
    """What a stamped document says of its charge or refund; None for one that tells no money by itself, or whose taxes nobody knows."""
    if document.kind not in _TOLD or document.terms is None or document.state is DocumentState.CANCELLED:
        return None
    back = document.kind is DocumentKind.CREDIT
    return StatedTaxes(
        tenant=document.tenant,
        subscription=document.subscription,
        document=document.key,
        source=document.source,
        total=Money(-document.total.centavos, document.total.currency) if back else document.total,
        taxes=-document.taxes if back else document.taxes,
        at=document.stamped_at or document.issued_at,
    )


def restated(stated: StatedTaxes, entries: Iterable[Entry]) -> Fact | None:
    """What must be booked so that the books say what the CFDI says; None where they do. `entries`: the subscription's.

    A CFDI that tells what was left of a charge after refunds is held against both. Money that the books do not have in this amount is
    not judged here: that is another difference.
    """
    told = tuple(entries)
    own = [entry for entry in told if _source(entry) == stated.source]
    mine = next((e for e in (own, [e for e in told if e.charge == stated.source]) if _money(e) == stated.total), None)
    if not mine:
        return None
    correction = stated.taxes + -_taxes(mine)
    if correction == UNTAXED:
        return None
    return Fact(
        tenant=stated.tenant,
        subscription=stated.subscription,
        kind=Kind.CREDIT_RESTATED if stated.total.centavos < 0 else Kind.RESTATED,
        subject=stated.document,
        amount=Money(0, stated.total.currency),
        at=stated.at,
        invoice=mine[0].invoice,
        charge=mine[0].charge,
        correction=correction,
    )


def tax_differences(entries: Iterable[Entry], told: Iterable[StatedTaxes]) -> tuple[Difference, ...]:
    """Where a tenant's books and its CFDIs disagree about a tax, to the centavo."""
    known: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        known[entry.subscription].append(entry)
    found = []
    for stated in told:
        fact = restated(stated, known[stated.subscription])
        for tax, wrong in asdict(fact.correction).items() if fact and fact.correction else ():
            if wrong:
                said = asdict(stated.taxes)[tax]
                ours, theirs = (Money(n, stated.total.currency) for n in (said - wrong, said))
                found.append(Difference(stated.document, tax, ours, theirs, by="the CFDI"))
    return tuple(found)


def _source(entry: Entry) -> str:
    """`ch_1` of `ch_1` and of `ch_1/income/v2`."""
    return entry.subject.partition("/")[0]


def _money(entries: Sequence[Entry]) -> Money | None:
    moved = [e for e in entries if e.kind not in _DISPUTES]
    if not moved:
        return None
    return Money(sum(_net(moved, account) for account in _MONEY), moved[0].amount.currency)


def _taxes(entries: Sequence[Entry]) -> Taxes:
    return Taxes(
        -_net(entries, Account.VAT_PAYABLE), _net(entries, Account.ISR_WITHHELD), _net(entries, Account.VAT_WITHHELD)
    )


def _net(entries: Iterable[Entry], account: Account) -> int:
    return sum(e.amount.centavos * ((e.debit is account) - (e.credit is account)) for e in entries)
