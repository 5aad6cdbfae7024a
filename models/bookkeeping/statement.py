"""What the payments provider says of all money at once, to hold the books against. Amounts in centavos; instants in UTC."""

from dataclasses import dataclass, field
from datetime import datetime

from models.money import Money
from models.subscribing.invoices import Invoice, Refund


@dataclass(frozen=True, slots=True)
class StatedInvoice:
    """An invoice that is no draft, with its charge when one paid it. `customer` and `subscription` are the provider's ids."""

    invoice: Invoice
    customer: str
    subscription: str = ""


@dataclass(frozen=True, slots=True)
class StatedCharge:
    """A charge that took money. `invoice` is what it paid; empty for one made without an invoice."""

    id: str
    amount: Money
    created: datetime
    customer: str = ""
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class StatedRefund:
    """Money given back, or on its way."""

    refund: Refund
    customer: str = ""


@dataclass(frozen=True, slots=True)
class StatedDispute:
    """A charge taken back by the cardholder's bank. `status` is Stripe's; `warning_…` is an inquiry, which moves no money."""

    id: str
    charge: str
    amount: Money
    created: datetime
    status: str
    due_by: datetime | None = None  # until when evidence is taken (UTC)

    @property
    def open(self) -> bool:
        """Nobody has decided yet (Stripe: needs_response, under_review, and their warnings)."""
        return self.status.endswith(("needs_response", "under_review"))

    @property
    def withdrawn(self) -> bool:
        """The bank has had the money at some time."""
        return not self.status.startswith("warning_") and self.status != "prevented"

    @property
    def reinstated(self) -> bool:
        """The bank gave it back."""
        return self.status == "won"


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything made since an instant; None: since ever. Each kind is in the order of the provider's listing, newest first."""

    since: datetime | None = None
    invoices: tuple[StatedInvoice, ...] = field(default=())
    charges: tuple[StatedCharge, ...] = field(default=())
    refunds: tuple[StatedRefund, ...] = field(default=())
    disputes: tuple[StatedDispute, ...] = field(default=())

    @property
    def subjects(self) -> frozenset[str]:
        """The ids of all that moved money."""
        refunds = (stated.refund.id for stated in self.refunds)
        return frozenset((*(each.id for each in self.charges), *refunds, *(each.id for each in self.disputes)))
