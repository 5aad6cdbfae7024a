"""What a customer bought, as the ledger has it: facts with one signed amount each, put together by invoice. Centavos; UTC."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from models.bookkeeping.ledger import ENGINE, Account, Fact, Kind, moves

# The account in which a fact's amount stands whole: what was added to it less what was taken out is what the fact was worth.
STANDS_IN: Mapping[Kind, Account] = MappingProxyType(
    {
        **dict.fromkeys(
            (Kind.ISSUED, Kind.VOIDED, Kind.CREDITED, Kind.CREDIT_VOIDED, Kind.WRITTEN_OFF, Kind.RECOVERED),
            Account.RECEIVABLE,
        ),
        **dict.fromkeys(
            (Kind.PAID, Kind.REFUNDED, Kind.REFUND_RETURNED, Kind.WITHDRAWN, Kind.REINSTATED), Account.PROVIDER
        ),
        **dict.fromkeys((Kind.CREDIT_USED, Kind.CREDIT_RETURNED, Kind.CREDITED_TO_BALANCE), Account.CUSTOMER_CREDIT),
        **dict.fromkeys((Kind.PAID_OUTSIDE, Kind.CREDITED_OUTSIDE), Account.BANK),
    }
)
PAYING = frozenset({Kind.PAID, Kind.PAID_OUTSIDE, Kind.CREDIT_USED, Kind.CREDIT_RETURNED})
BILLING = frozenset({Kind.ISSUED, Kind.VOIDED, Kind.CREDITED, Kind.CREDIT_VOIDED})
ON_ITS_WAY = timedelta(
    days=3
)  # a charge is due when it is issued; a voucher's or transfer's money is three days on its way


@dataclass(frozen=True, slots=True)
class Booked:
    """A fact of the ledger, of one customer. `centavos` is signed: what went to the customer, or was given up, is below zero."""

    tenant: str
    customer: str
    account: str
    fact: str
    kind: Kind
    invoice: str
    centavos: int
    currency: str
    at: datetime
    actor: str = ENGINE

    @property
    def worth(self) -> int:
        """What it adds to the value of a customer: what was sold less what was taken back; paying it adds nothing."""
        return 0 if self.kind in PAYING else self.centavos


def booked(fact: Fact, customer: str) -> Booked | None:
    """A fact with its one amount, as the ledger's rows give it; None for one of nothing but taxes."""
    stands_in = STANDS_IN.get(fact.kind)
    if stands_in is None:
        return None
    amount = sum(each.centavos * ((each.debit is stands_in) - (each.credit is stands_in)) for each in moves(fact))
    return Booked(
        tenant=fact.tenant,
        customer=customer,
        account=fact.subscription,
        fact=fact.key,
        kind=fact.kind,
        invoice=fact.invoice,
        centavos=amount,
        currency=fact.amount.currency,
        at=fact.at,
        actor=fact.actor,
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """One invoice. `billed` is its amount less credit notes, 0 once it is void. `due_at` None: when it was issued."""

    invoice: str
    issued_at: datetime
    billed: int
    due_at: datetime | None = None
    paid_at: datetime | None = None
    given_up: bool = False
    refunded_at: datetime | None = None

    @property
    def days_to_pay(self) -> float | None:
        """Days from issue to money; None while it is unpaid."""
        return None if self.paid_at is None else max(0.0, (self.paid_at - self.issued_at) / timedelta(days=1))

    def paid_late(self) -> bool:
        """Whether it was paid, and after its day."""
        if self.paid_at is None:
            return False
        return self.paid_at > (self.due_at or self.issued_at + ON_ITS_WAY)


def sales(facts: Iterable[Booked], due: Mapping[str, datetime] | None = None) -> tuple[Sale, ...]:
    """The invoices that these facts tell of, oldest first, without those that were void or of nothing. `due` by invoice (UTC)."""
    told: dict[str, list[Booked]] = defaultdict(list)
    for fact in facts:
        if fact.invoice:
            told[fact.invoice].append(fact)
    made = (_sale(invoice, of_it, (due or {}).get(invoice)) for invoice, of_it in told.items())
    return tuple(sorted((sale for sale in made if sale), key=lambda sale: (sale.issued_at, sale.invoice)))


def _sale(invoice: str, facts: list[Booked], due_at: datetime | None) -> Sale | None:
    issued = [fact.at for fact in facts if fact.kind is Kind.ISSUED]
    billed = sum(fact.centavos for fact in facts if fact.kind in BILLING)
    if not issued or billed <= 0:
        return None
    paid = [fact for fact in facts if fact.kind in PAYING]
    lost = sum(fact.centavos for fact in facts if fact.kind in (Kind.WRITTEN_OFF, Kind.RECOVERED))
    backs = [fact.at for fact in facts if fact.kind in (Kind.REFUNDED, Kind.WITHDRAWN)]
    return Sale(
        invoice=invoice,
        issued_at=min(issued),
        billed=billed,
        due_at=due_at,
        paid_at=max(fact.at for fact in paid) if sum(fact.centavos for fact in paid) > 0 else None,
        given_up=lost < 0,
        refunded_at=max(backs, default=None),
    )


def worth(facts: Iterable[Booked]) -> int:
    """Lifetime value: all that was billed, less what was voided, credited, refunded, written off or taken back by a bank."""
    return sum(fact.worth for fact in facts)
