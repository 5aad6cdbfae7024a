"""The double-entry books: what each fact of the business moves from which account to which.

One move takes centavos out of one account (credit) and puts them into another (debit), so that no set of moves can fail to sum to
zero. A fact is booked once, by its key. Amounts are integer centavos; instants are UTC; nothing here knows a database.

VAT is inside the price and is owed to the SAT once the money is there (LIVA art. 1-B): an invoice puts it into `vat_uncollected`
(SAT code 209), a payment moves it on to `vat_payable` (208), amount by amount as the CFDIs state it. What companies keep back of a
persona física's price is no money that anybody owes us: it stands beside the price, to be withheld until the debt is settled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from models.cfdi.taxes import USUAL, Taxes, Terms
from models.money import Money

ENGINE = "perdura"  # the actor of what nobody ordered


class Account(StrEnum):
    """Where centavos stand. The names are those of the trial balance."""

    RECEIVABLE = "receivable"  # what customers owe, by invoice
    REVENUE = "revenue"  # sales without VAT
    VAT_UNCOLLECTED = "vat_uncollected"  # VAT of invoices not paid yet
    VAT_PAYABLE = "vat_payable"  # VAT of money that arrived: the SAT's
    TO_BE_WITHHELD = "to_be_withheld"  # ISR and VAT that customers will keep back once they pay
    ISR_WITHHELD = "isr_withheld"  # ISR that customers paid to the SAT in our name
    VAT_WITHHELD = "vat_withheld"  # VAT, of what is payable, that customers paid to the SAT in our place
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
    RESTATED = "restated"
    CREDIT_RESTATED = "credit-restated"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return _WORDS[self]


class _Part(StrEnum):
    """Which part of a fact's amount a move takes."""

    ALL = "all"
    VAT = "vat"
    ISR = "isr"
    WITHHELD_VAT = "withheld-vat"
    NET_BASE = "net-base"  # of what the customer pays: the base less the ISR kept back
    NET_VAT = "net-vat"  # of what the customer pays: the VAT less what is kept back of it


_A, _K, _P = Account, Kind, _Part
_Rule = tuple[tuple[Account, Account, _Part], ...]


def _reversed(rule: _Rule) -> _Rule:
    return tuple((credit, debit, part) for debit, credit, part in rule)


def _undebted(sales: Account) -> _Rule:
    """A debt that will not be paid, or not in full, with its VAT."""
    return (
        (sales, _A.RECEIVABLE, _P.NET_BASE),
        (_A.VAT_UNCOLLECTED, _A.RECEIVABLE, _P.NET_VAT),
        (sales, _A.TO_BE_WITHHELD, _P.ISR),
        (_A.VAT_UNCOLLECTED, _A.TO_BE_WITHHELD, _P.WITHHELD_VAT),
    )


def _given_back(money: Account) -> _Rule:
    """A sale that was paid, taken back, with its VAT."""
    return (
        (_A.REFUNDS, money, _P.NET_BASE),
        (_A.VAT_PAYABLE, money, _P.NET_VAT),
        (_A.REFUNDS, _A.ISR_WITHHELD, _P.ISR),
        (_A.VAT_PAYABLE, _A.VAT_WITHHELD, _P.WITHHELD_VAT),
    )


def _stated(sales: Account) -> _Rule:
    """More tax in a price that stays what it is, at the expense of what was sold or given back."""
    return (
        (sales, _A.VAT_PAYABLE, _P.VAT),
        (_A.ISR_WITHHELD, sales, _P.ISR),
        (_A.VAT_WITHHELD, sales, _P.WITHHELD_VAT),
    )


# Debit, credit, part. VAT follows the money: each settlement of a debt, by whatever means, makes its VAT payable.
_ISSUED: _Rule = _reversed(_undebted(_A.REVENUE))
_COLLECTED: _Rule = (
    (_A.VAT_UNCOLLECTED, _A.VAT_PAYABLE, _P.VAT),
    (_A.ISR_WITHHELD, _A.TO_BE_WITHHELD, _P.ISR),
    (_A.VAT_WITHHELD, _A.TO_BE_WITHHELD, _P.WITHHELD_VAT),
)
_CREDIT_USED: _Rule = ((_A.CUSTOMER_CREDIT, _A.RECEIVABLE, _P.ALL), *_COLLECTED)
_CREDITED: _Rule = _undebted(_A.REFUNDS)
_REFUNDED: _Rule = _given_back(_A.PROVIDER)
_WITHDRAWN: _Rule = ((_A.DISPUTED, _A.PROVIDER, _P.ALL),)

RULES: dict[Kind, _Rule] = {
    _K.ISSUED: _ISSUED,
    _K.PAID: ((_A.PROVIDER, _A.RECEIVABLE, _P.ALL), *_COLLECTED),
    _K.PAID_OUTSIDE: ((_A.BANK, _A.RECEIVABLE, _P.ALL), *_COLLECTED),
    _K.CREDIT_USED: _CREDIT_USED,
    _K.CREDIT_RETURNED: _reversed(_CREDIT_USED),
    _K.CREDITED: _CREDITED,
    _K.CREDITED_TO_BALANCE: _given_back(_A.CUSTOMER_CREDIT),
    _K.CREDITED_OUTSIDE: _given_back(_A.BANK),
    _K.CREDIT_VOIDED: _reversed(_CREDITED),
    _K.REFUNDED: _REFUNDED,
    _K.REFUND_RETURNED: _reversed(_REFUNDED),
    _K.WRITTEN_OFF: _undebted(_A.BAD_DEBT),
    _K.RECOVERED: _reversed(_undebted(_A.RECOVERED_DEBT)),
    _K.VOIDED: _reversed(_ISSUED),
    _K.WITHDRAWN: _WITHDRAWN,
    _K.REINSTATED: _reversed(_WITHDRAWN),
    _K.RESTATED: _stated(_A.REVENUE),
    _K.CREDIT_RESTATED: _stated(_A.REFUNDS),
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
    _K.RESTATED: "taxes as the tax invoice states them",
    _K.CREDIT_RESTATED: "taxes as the credit note's CFDI states them",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to money, booked once by (tenant, `key`).

    `subject` is the id of what it happened to, the provider's (`in_`, `ch_`, `re_`, `cn_`, `du_`) or ours (`out_`). `amount` may be
    negative only for an invoice that credits. `source` is the provider's event, or the process or command that recorded it.
    `terms` say how the amount is taxed; whoever books it fills them in, the same for all facts of one invoice. `correction`: of a fact
    of nothing but tax, how much more of each (its amount is nothing).
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
    terms: Terms = USUAL
    correction: Taxes | None = None

    @property
    def key(self) -> str:
        """`in_1/issued`: what makes it the same fact when it is told again."""
        return fact_key(self.subject, self.kind)


def fact_key(subject: str, kind: Kind) -> str:
    """The key of what happened to a subject, wherever it is booked."""
    return f"{subject}/{kind}"


@dataclass(frozen=True, slots=True)
class Move:
    """Centavos (above zero) out of the account `credit` into the account `debit`."""

    debit: Account
    credit: Account
    centavos: int


def moves(fact: Fact) -> tuple[Move, ...]:
    """The entries of a fact; none for an amount of nothing. A negative amount moves the other way."""
    parts = _parts(fact)
    told = ((debit, credit, parts.get(part, 0)) for debit, credit, part in RULES[fact.kind])
    return tuple(Move(d, c, n) if n > 0 else Move(c, d, -n) for d, c, n in told if n)


def _parts(fact: Fact) -> dict[_Part, int]:
    """Signed centavos."""
    if fact.correction is not None:
        taxes = fact.correction
        return {_Part.VAT: taxes.vat, _Part.ISR: taxes.isr, _Part.WITHHELD_VAT: taxes.withheld_vat}
    amount = fact.amount.centavos
    if amount == 0:
        return {}
    taken = fact.terms.split(abs(amount))
    taxes = taken.taxes
    parts = {
        _Part.ALL: taken.total,
        _Part.VAT: taxes.vat,
        _Part.ISR: taxes.isr,
        _Part.WITHHELD_VAT: taxes.withheld_vat,
        _Part.NET_BASE: taken.base - taxes.isr,
        _Part.NET_VAT: taxes.vat - taxes.withheld_vat,
    }
    return parts if amount > 0 else {part: -centavos for part, centavos in parts.items()}


def recoveries(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """What follows when, of the facts of one invoice, one is a write-off and others are payments, whichever was told first.

    The provider takes no payment before an invoice is paid as a whole, so every payment of a debt given up is its recovery.
    """
    told = tuple(facts)
    if not any(fact.kind is Kind.WRITTEN_OFF for fact in told):
        return ()
    return tuple(replace(fact, kind=Kind.RECOVERED) for fact in told if fact.kind in (Kind.PAID, Kind.PAID_OUTSIDE))
