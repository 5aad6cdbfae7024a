"""Reading the books: the trial balance, and where they differ from what the payments provider says. Pure; centavos; UTC."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from models.bookkeeping.ledger import Account, Kind
from models.bookkeeping.statement import StatedCharge, Statement
from models.money import Money
from models.subscribing.invoices import InvoiceStatus

# What moves money at the provider, by what the provider calls it.
AT_PROVIDER = {
    "charge": (Kind.PAID,),
    "refund": (Kind.REFUNDED, Kind.REFUND_RETURNED),
    "dispute": (Kind.WITHDRAWN, Kind.REINSTATED),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger as it stands: `amount` went out of the account `credit` into the account `debit`."""

    tenant: str
    seq: int
    fact: str
    line: int
    kind: Kind
    subject: str
    subscription: str
    invoice: str
    charge: str
    debit: Account
    credit: Account
    amount: Money
    at: datetime
    recorded_at: datetime
    actor: str
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """What all `entries` between two accounts moved in one currency, together."""

    debit: Account
    credit: Account
    amount: Money
    entries: int


@dataclass(frozen=True, slots=True)
class Balance:
    """An account in one currency. `net` is debits less credits, in centavos."""

    currency: str
    account: Account
    debits: int
    credits: int

    @property
    def net(self) -> int:
        """Above zero: we have or spent it; below: we owe or earned it."""
        return self.debits - self.credits


@dataclass(frozen=True, slots=True)
class Difference:
    """An object of which the books and the provider say different things; None: one of them does not know it."""

    subject: str
    what: str
    books: Money | None
    provider: Money | None
    charge: str = ""
    by: str = "the provider"  # who says what `provider` holds

    @property
    def words(self) -> str:
        """As a person reads it."""
        books = str(self.books) if self.books is not None else "nothing"
        provider = str(self.provider) if self.provider is not None else "nothing"
        return f"{self.subject}: {self.what}: the books say {books}, {self.by} {provider}"


def trial_balance(entries: Iterable[Entry | Moved]) -> tuple[Balance, ...]:
    """Every account that was ever moved, by currency. The nets of one currency sum to zero."""
    debits: dict[tuple[str, Account], int] = defaultdict(int)
    credits: dict[tuple[str, Account], int] = defaultdict(int)
    for entry in entries:
        debits[entry.amount.currency, entry.debit] += entry.amount.centavos
        credits[entry.amount.currency, entry.credit] += entry.amount.centavos
    order = list(Account)
    keys = sorted({*debits, *credits}, key=lambda key: (key[0], order.index(key[1])))
    return tuple(Balance(*key, debits[key], credits[key]) for key in keys)


def net(entries: Iterable[Entry], account: Account, by: str) -> Mapping[str, Money]:
    """Debits less credits of one account, by `invoice`, `charge` or `subject` of the entries."""
    sums: dict[str, Money] = {}
    for entry in entries:
        sign = (entry.debit is account) - (entry.credit is account)
        if sign:
            key = getattr(entry, by)
            known = sums.get(key, Money(0, entry.amount.currency))
            sums[key] = Money(known.centavos + sign * entry.amount.centavos, entry.amount.currency)
    return sums


def differences(entries: Iterable[Entry], statement: Statement) -> tuple[Difference, ...]:
    """Where one tenant's books and the provider's statement of that tenant's customers disagree, to the centavo.

    Compared are what each invoice leaves receivable, and what each charge, refund and dispute moved at the provider. Of a statement
    that does not begin at the beginning, what the books know from before is left alone: then the entries of what happened since, and
    all of what either of them names, suffice. A charge that paid no invoice and was given back in full has left nothing to book.
    """
    told = tuple(entries)
    found = [*_receivable(told, statement)]
    by_kind = {
        "charge": {c.id: c.amount for c in statement.charges if not _undone(c, statement)},
        "refund": {s.refund.id: _out(s.refund.amount) for s in statement.refunds if s.refund.given_back},
        "dispute": {d.id: _out(d.amount) for d in statement.disputes if d.withdrawn and not d.reinstated},
    }
    for what, stated in by_kind.items():
        mine = tuple(entry for entry in told if entry.kind in AT_PROVIDER[what])
        since = {e.subject for e in mine if statement.since is None or e.at >= statement.since}
        booked = net(mine, Account.PROVIDER, "subject")
        for subject in sorted({*stated, *since}):
            ours, theirs = booked.get(subject), stated.get(subject)
            if (ours.centavos if ours else 0) != (theirs.centavos if theirs else 0) or _currencies(ours, theirs):
                charge = next((d.charge for d in statement.disputes if d.id == subject), "")
                found.append(Difference(subject, what, ours, theirs, charge))
    return tuple(found)


def _undone(charge: StatedCharge, statement: Statement) -> bool:
    """Whether somebody charged without an invoice and gave all of it back: what a person does about a charge made by mistake."""
    if charge.invoice:
        return False
    back = [s.refund for s in statement.refunds if s.refund.charge == charge.id and s.refund.status == "succeeded"]
    return sum(refund.amount.centavos for refund in back) == charge.amount.centavos


def _receivable(entries: tuple[Entry, ...], statement: Statement) -> Iterable[Difference]:
    booked = net(entries, Account.RECEIVABLE, "invoice")
    stated = {
        each.invoice.id: each.invoice.due if each.invoice.status is InvoiceStatus.OPEN else _nothing(each.invoice.due)
        for each in statement.invoices
    }
    since = {e.invoice for e in entries if e.invoice and (statement.since is None or e.at >= statement.since)}
    whole = statement.since is None
    for invoice in sorted({*stated, *(since if whole else ())}):
        ours, theirs = booked.get(invoice), stated.get(invoice)
        if (ours.centavos if ours else 0) != (theirs.centavos if theirs else 0) or _currencies(ours, theirs):
            yield Difference(invoice, "receivable", ours, theirs)


def _out(amount: Money) -> Money:
    return Money(-amount.centavos, amount.currency)


def _nothing(amount: Money) -> Money:
    return Money(0, amount.currency)


def _currencies(ours: Money | None, theirs: Money | None) -> bool:
    return ours is not None and theirs is not None and ours.currency != theirs.currency
