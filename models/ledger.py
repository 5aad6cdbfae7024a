"""The double-entry books: what each fact of the business moves from which account to which.

One move takes centavos out of one account (credit) and puts them into another (debit), so that no set of moves can fail to sum to
zero. A fact is booked once, by its key. Amounts are integer centavos; instants are UTC; nothing here knows a database.

VAT is inside the price and is owed to the SAT once the money is there (LIVA art. 1-B): an invoice puts it into `vat_uncollected`
(SAT code 209), a payment moves it on to `vat_payable` (208), amount by amount as the CFDIs state it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from models.invoices import Charge, CreditNote, Invoice, InvoiceStatus, Refund
from models.money import Money
from models.statement import StatedDispute
from models.taxes import split

ENGINE = "perdura"  # the actor of what nobody ordered
EXTERNAL = "out_"  # begins the id of a payment that support recorded and the provider never saw


class Account(StrEnum):
    """Where centavos stand. The names are those of the trial balance."""

    RECEIVABLE = "receivable"  # what customers owe, by invoice
    REVENUE = "revenue"  # sales without VAT
    VAT_UNCOLLECTED = "vat_uncollected"  # VAT of invoices not paid yet
    VAT_PAYABLE = "vat_payable"  # VAT of money that arrived: the SAT's
    PROVIDER = "provider"  # in transit at the payments provider, before its fees and payouts
    BANK = "bank"  # SPEI and cash that came past the provider
    REFUNDS = "refunds"  # sales taken back: refunds and credit notes, without VAT
    CUSTOMER_CREDIT = "customer_credit"  # what we owe to customers: their balance at the provider
    BAD_DEBT = "bad_debt"  # given up, without VAT
    RECOVERED_DEBT = "recovered_debt"  # given up and paid after all, without VAT
    DISPUTED = "disputed"  # taken back by a cardholder's bank until somebody decides


class Kind(StrEnum):
    """What happened."""

    ISSUED = "issued"
    PAID = "paid"
    PAID_OUTSIDE = "paid-outside"
    CREDIT_USED = "credit-used"
    CREDIT_RETURNED = "credit-returned"
    CREDITED = "credited"
    CREDITED_TO_BALANCE = "credited-to-balance"
    CREDITED_OUTSIDE = "credited-outside"
    CREDIT_VOIDED = "credit-voided"
    REFUNDED = "refunded"
    REFUND_RETURNED = "refund-returned"
    WRITTEN_OFF = "written-off"
    RECOVERED = "recovered"
    VOIDED = "voided"
    WITHDRAWN = "dispute-withdrawn"
    REINSTATED = "dispute-reinstated"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return _WORDS[self]


class _Part(StrEnum):
    """Which part of a fact's amount a move takes."""

    ALL = "all"
    BASE = "base"
    VAT = "vat"


_A, _K, _P = Account, Kind, _Part
_Rule = tuple[tuple[Account, Account, _Part], ...]


def _reversed(rule: _Rule) -> _Rule:
    return tuple((credit, debit, part) for debit, credit, part in rule)


# Debit, credit, part. VAT follows the money: each settlement of a debt, by whatever means, makes its VAT payable.
_ISSUED: _Rule = ((_A.RECEIVABLE, _A.REVENUE, _P.BASE), (_A.RECEIVABLE, _A.VAT_UNCOLLECTED, _P.VAT))
_COLLECTED: _Rule = ((_A.VAT_UNCOLLECTED, _A.VAT_PAYABLE, _P.VAT),)
_CREDIT_USED: _Rule = ((_A.CUSTOMER_CREDIT, _A.RECEIVABLE, _P.ALL), *_COLLECTED)
_CREDITED: _Rule = ((_A.REFUNDS, _A.RECEIVABLE, _P.BASE), (_A.VAT_UNCOLLECTED, _A.RECEIVABLE, _P.VAT))
_REFUNDED: _Rule = ((_A.REFUNDS, _A.PROVIDER, _P.BASE), (_A.VAT_PAYABLE, _A.PROVIDER, _P.VAT))
_WITHDRAWN: _Rule = ((_A.DISPUTED, _A.PROVIDER, _P.ALL),)

RULES: dict[Kind, _Rule] = {
    _K.ISSUED: _ISSUED,
    _K.PAID: ((_A.PROVIDER, _A.RECEIVABLE, _P.ALL), *_COLLECTED),
    _K.PAID_OUTSIDE: ((_A.BANK, _A.RECEIVABLE, _P.ALL), *_COLLECTED),
    _K.CREDIT_USED: _CREDIT_USED,
    _K.CREDIT_RETURNED: _reversed(_CREDIT_USED),
    _K.CREDITED: _CREDITED,
    _K.CREDITED_TO_BALANCE: (
        (_A.REFUNDS, _A.CUSTOMER_CREDIT, _P.BASE),
        (_A.VAT_PAYABLE, _A.CUSTOMER_CREDIT, _P.VAT),
    ),
    _K.CREDITED_OUTSIDE: ((_A.REFUNDS, _A.BANK, _P.BASE), (_A.VAT_PAYABLE, _A.BANK, _P.VAT)),
    _K.CREDIT_VOIDED: _reversed(_CREDITED),
    _K.REFUNDED: _REFUNDED,
    _K.REFUND_RETURNED: _reversed(_REFUNDED),
    _K.WRITTEN_OFF: ((_A.BAD_DEBT, _A.RECEIVABLE, _P.BASE), (_A.VAT_UNCOLLECTED, _A.RECEIVABLE, _P.VAT)),
    _K.RECOVERED: ((_A.RECEIVABLE, _A.RECOVERED_DEBT, _P.BASE), (_A.RECEIVABLE, _A.VAT_UNCOLLECTED, _P.VAT)),
    _K.VOIDED: _reversed(_ISSUED),
    _K.WITHDRAWN: _WITHDRAWN,
    _K.REINSTATED: _reversed(_WITHDRAWN),
}
_WORDS: dict[Kind, str] = {
    _K.ISSUED: "invoice issued",
    _K.PAID: "paid at the provider",
    _K.PAID_OUTSIDE: "paid by transfer or in cash",
    _K.CREDIT_USED: "paid from the customer's credit",
    _K.CREDIT_RETURNED: "the customer's credit given back",
    _K.CREDITED: "credit note on what was due",
    _K.CREDITED_TO_BALANCE: "credit note to the customer's credit",
    _K.CREDITED_OUTSIDE: "credit note paid out past the provider",
    _K.CREDIT_VOIDED: "credit note taken back",
    _K.REFUNDED: "refunded",
    _K.REFUND_RETURNED: "a refund came back",
    _K.WRITTEN_OFF: "written off",
    _K.RECOVERED: "a debt written off was paid after all",
    _K.VOIDED: "invoice voided",
    _K.WITHDRAWN: "taken back by the bank in a dispute",
    _K.REINSTATED: "given back by the bank after a dispute",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to money, booked once by (tenant, `key`).

    `subject` is the id of what it happened to, the provider's (`in_`, `ch_`, `re_`, `cn_`, `du_`) or ours (`out_`). `amount` may be
    negative only for an invoice that credits. `source` is the provider's event, or the process or command that recorded it.
    """

    tenant: str
    subscription: str
    kind: Kind
    subject: str
    amount: Money
    at: datetime
    invoice: str = ""
    charge: str = ""
    actor: str = ENGINE
    reason: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        """`in_1/issued`: what makes it the same fact when it is told again."""
        return f"{self.subject}/{self.kind}"


@dataclass(frozen=True, slots=True)
class Move:
    """Centavos (above zero) out of the account `credit` into the account `debit`."""

    debit: Account
    credit: Account
    centavos: int


def moves(fact: Fact) -> tuple[Move, ...]:
    """The entries of a fact; none for an amount of nothing. A negative amount moves the other way."""
    amount = fact.amount.centavos
    if amount == 0:
        return ()
    taken = split(abs(amount))
    parts = {_Part.ALL: taken.total, _Part.BASE: taken.base, _Part.VAT: taken.vat}
    rule = RULES[fact.kind] if amount > 0 else _reversed(RULES[fact.kind])
    return tuple(Move(debit, credit, parts[part]) for debit, credit, part in rule if parts[part])


def recoveries(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """What follows when, of the facts of one invoice, one is a write-off and others are payments, whichever was told first.

    The provider takes no payment before an invoice is paid as a whole, so every payment of a debt given up is its recovery.
    """
    told = tuple(facts)
    if not any(fact.kind is Kind.WRITTEN_OFF for fact in told):
        return ()
    return tuple(replace(fact, kind=Kind.RECOVERED) for fact in told if fact.kind in (Kind.PAID, Kind.PAID_OUTSIDE))


def payment_fact(
    tenant: str, subscription: str, invoice: str, charge: Charge, *, at: datetime, actor: str = ENGINE, reason: str = ""
) -> Fact:
    """Money that arrived for an invoice: at the provider, or past it when support recorded it."""
    kind = Kind.PAID_OUTSIDE if charge.id.startswith(EXTERNAL) else Kind.PAID
    return Fact(tenant, subscription, kind, charge.id, charge.amount, at, invoice, charge.id, actor, reason)


def invoice_facts(tenant: str, subscription: str, invoice: Invoice) -> tuple[Fact, ...]:
    """All that the provider's present word on one invoice says has happened to money; nothing while it is a draft.

    The one function for whoever looks at an invoice: its process, the reconciliation, or money that comes when the process is over.
    """
    if invoice.status is InvoiceStatus.DRAFT:
        return ()
    currency = invoice.total.currency

    def fact(kind: Kind, centavos: int, at: datetime, subject: str = "") -> Fact:
        return Fact(tenant, subscription, kind, subject or invoice.id, Money(centavos, currency), at, invoice.id)

    facts = [fact(Kind.ISSUED, invoice.total.centavos, invoice.created)]
    if invoice.credit_used:
        facts.append(fact(Kind.CREDIT_USED, invoice.credit_used, invoice.created))
    for note in invoice.credit_notes:
        facts += _note_facts(note, fact)
    ended = invoice.closed_at or invoice.created
    if invoice.written_off:
        facts.append(fact(Kind.WRITTEN_OFF, invoice.payable, ended))
    if invoice.status is InvoiceStatus.VOID:
        facts.append(fact(Kind.VOIDED, invoice.payable + invoice.credit_used, ended))
        if invoice.credit_used:
            facts.append(fact(Kind.CREDIT_RETURNED, invoice.credit_used, ended))
    if invoice.status is InvoiceStatus.PAID and invoice.payable > 0:
        # Paid at the provider; else marked as paid there, which is the same fact as what support records with its reference.
        outside = Charge(f"{EXTERNAL}{invoice.id}", Money(invoice.payable, currency), invoice.created)
        charge = invoice.charge or outside
        at = invoice.paid_at or charge.created
        facts.append(payment_fact(tenant, subscription, invoice.id, charge, at=at))
    return tuple(facts)


class _Maker(Protocol):
    def __call__(self, kind: Kind, centavos: int, at: datetime, subject: str = "") -> Fact: ...


def _note_facts(note: CreditNote, fact: _Maker) -> list[Fact]:
    told = [
        fact(kind, centavos, note.created, note.id)
        for kind, centavos in (
            (Kind.CREDITED, note.due),
            (Kind.CREDITED_TO_BALANCE, note.to_balance),
            (Kind.CREDITED_OUTSIDE, note.outside),
        )
        if centavos
    ]
    if note.voided and note.due:
        told.append(fact(Kind.CREDIT_VOIDED, note.due, note.created, note.id))
    return told


def refund_facts(tenant: str, subscription: str, refund: Refund) -> tuple[Fact, ...]:
    """Money given back on a sale of ours, once it is; and taken back into the books when the bank returned it.

    A refund that failed is told with its return, so that it counts for nothing whether or not it was booked before.
    """
    if not refund.invoice or refund.status not in ("succeeded", "failed", "canceled"):
        return ()
    told = Fact(
        tenant, subscription, Kind.REFUNDED, refund.id, refund.amount, refund.created, refund.invoice, refund.charge
    )
    if refund.status == "succeeded":
        return (told,)
    return (told, replace(told, kind=Kind.REFUND_RETURNED))


def dispute_facts(tenant: str, subscription: str, invoice: str, dispute: StatedDispute) -> tuple[Fact, ...]:
    """Money that a cardholder's bank took back, and gave back when the dispute was won. An inquiry moves nothing."""
    if not dispute.withdrawn:
        return ()
    told = Fact(
        tenant, subscription, Kind.WITHDRAWN, dispute.id, dispute.amount, dispute.created, invoice, dispute.charge
    )
    return (told, replace(told, kind=Kind.REINSTATED)) if dispute.reinstated else (told,)
