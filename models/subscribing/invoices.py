"""An invoice as the payments provider tells it. Read anew whenever something may have changed, never trusted from an event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.cfdi.taxes import Terms
from models.collecting.declines import Decline
from models.money import Money


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a payment plan: how much in centavos, and when it is charged (UTC)."""

    centavos: int
    on: datetime


class InvoiceStatus(StrEnum):
    """Stripe's invoice statuses."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class Funding(StrEnum):
    """How the money came: Stripe's `card.funding`, or the kind of payment that is not a card."""

    CREDIT = "credit"
    DEBIT = "debit"
    PREPAID = "prepaid"
    UNKNOWN = "unknown"
    SPEI = "spei"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A line of the invoice that was paid, in centavos, tax included; below zero where it gives back (unused time).

    `discount`: what coupons take off it. A line of a bill says how it stands on the tax invoice: SAT c_ClaveProdServ, c_ClaveUnidad and
    how it is taxed; others stand as their plan does.
    """

    description: str
    amount: int
    discount: int = 0
    product: str = ""
    unit: str = ""
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that arrived: the provider's charge, or `out_…` for a payment recorded by support."""

    id: str
    amount: Money
    created: datetime
    funding: Funding = Funding.UNKNOWN
    description: str = ""
    lines: tuple[ChargeLine, ...] = ()  # where there are several, or a discount; they may not come to the amount


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Stripe's credit note (`cn_…`), in centavos by where they went: off what was `due`, to the customer's balance, or paid out `outside`.

    What it gave back on a charge is a refund (`re_…`), which is told by itself.
    """

    id: str
    created: datetime
    due: int = 0
    to_balance: int = 0
    outside: int = 0
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice. `attempted` says that a charge was tried; `decline` why the last one failed; `pay_url` is where a person pays.

    `credit_used`: centavos settled from the customer's balance, negative where a debt there was added. `closed_at`: when it was voided
    or marked uncollectible, which stays when it is paid after all.
    """

    id: str
    status: InvoiceStatus
    total: Money
    due: Money
    created: datetime
    attempted: bool = False
    charge: Charge | None = None
    decline: Decline | None = None
    pay_url: str = ""
    card: str = ""  # the provider's fingerprint of the card last tried
    paid_at: datetime | None = None
    first: bool = False  # the invoice that opens the subscription; unpaid, it means no service yet, not dunning
    credit_used: int = 0
    credit_notes: tuple[CreditNote, ...] = ()
    closed_at: datetime | None = None
    in_flight: bool = (
        False  # a payment that settles later was begun: a voucher, a transfer. Neither chased nor charged meanwhile
    )
    pending_until: datetime | None = None  # when that runs out by itself (UTC); None: it has no end of its own
    loose: bool = False  # paid or void, and yet a voucher or a transfer beside it still waits: whoever pays it pays what nobody owes
    part_of: str = ""  # the invoice whose place this one takes in part, by a payment plan
    finalizes_at: datetime | None = None  # when a draft is opened and charged by itself (UTC)
    due_on: datetime | None = None  # until when a customer may pay what nobody charges (UTC): an invoice that was sent

    @property
    def payable(self) -> int:
        """Centavos that money must settle: the total without credit notes and the customer's balance."""
        return self.total.centavos - self.credit_used - sum(note.due for note in self.credit_notes if not note.voided)

    @property
    def written_off(self) -> bool:
        """Given up at some time, even when it was paid after all."""
        return self.status is InvoiceStatus.UNCOLLECTIBLE or (
            self.status is InvoiceStatus.PAID and self.closed_at is not None
        )

    @property
    def owed(self) -> bool:
        """Something is still to be paid."""
        return self.status is InvoiceStatus.OPEN and self.due.centavos > 0

    @property
    def overdue(self) -> bool:
        """A charge was tried and nothing was paid: the one condition that opens a dunning case."""
        return self.owed and self.attempted


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on a charge. `invoice` is what the charge paid; empty for one that paid none, which is no sale of ours.

    `status` is Stripe's: pending, requires_action, succeeded, failed, canceled. `funding` is the charge's.
    """

    id: str
    charge: str
    invoice: str
    amount: Money
    created: datetime
    status: str
    funding: Funding = Funding.UNKNOWN

    @property
    def pending(self) -> bool:
        """The money is still on its way, and may yet not arrive."""
        return self.status in ("pending", "requires_action")

    @property
    def given_back(self) -> bool:
        """The customer has the money of a sale of ours: there is something to credit."""
        return self.status == "succeeded" and self.invoice != ""


class ChargeOutcome(StrEnum):
    """What one attempt to charge an invoice ended in. A decline is a result, not an error."""

    PAID = "paid"
    DECLINED = "declined"
    PENDING = "pending"
    WITHHELD = "withheld"  # not tried: the networks allow no more on this card, or its bank said never again
    CLOSED = "closed"  # voided or written off meanwhile: there is nothing to charge


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """The outcome of one attempt and the invoice as it stands after it."""

    outcome: ChargeOutcome
    invoice: Invoice
    decline: Decline | None = None
