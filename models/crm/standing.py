"""How a customer stands by the books: what they have, bought, owe and were offered. The one thing that scores are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.changing.change_records import ChangeKind, ChangeState
from models.collecting.cases import Outcome
from models.crm.opportunities import Opportunity
from models.crm.sales import Sale
from models.money import Money
from models.records import AccountKind
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status


class State(StrEnum):
    """prospect: has bought nothing yet. former: had a subscription and has none any more."""

    PROSPECT = "prospect"
    TRIAL = "trial"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription or a bill of theirs. `ending`: it will not be renewed. Instants are UTC."""

    id: str
    kind: AccountKind
    status: Status
    since: datetime
    plan: str = ""
    price: Money | None = None
    interval: Interval = Interval.MONTH
    period_end: datetime | None = None
    trial_end: datetime | None = None
    ending: bool = False
    card: bool = True

    @property
    def living(self) -> bool:
        """A subscription that is neither over nor still being entered."""
        return self.kind is AccountKind.SUBSCRIPTION and self.status not in (Status.CANCELED, Status.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice whose charge failed. `outcome` None: it is still owed."""

    invoice: str
    amount: Money
    since: datetime
    attempts: int = 0
    outcome: Outcome | None = None
    broken_promises: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A change of plan, or of mind."""

    kind: ChangeKind
    state: ChangeState
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One customer. `worth` is their lifetime value in centavos of `currency`; `spoken_at` when a person last spoke with them (UTC).

    Sums are of `currency` alone: what is in another one is never added to them.
    """

    tenant: str
    customer: str
    since: datetime
    held: tuple[Held, ...] = ()
    sales: tuple[Sale, ...] = ()
    debts: tuple[Debt, ...] = ()
    changes: tuple[Change, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    worth: int = 0
    currency: str = "MXN"
    spoken_at: datetime | None = None

    @property
    def living(self) -> tuple[Held, ...]:
        """Subscriptions that are not over."""
        return tuple(held for held in self.held if held.living)

    @property
    def owed(self) -> tuple[Debt, ...]:
        """What is overdue, oldest first."""
        return tuple(sorted((debt for debt in self.debts if debt.outcome is None), key=lambda debt: debt.since))

    @property
    def owed_centavos(self) -> int:
        """How much of what is overdue is in their currency."""
        return sum(debt.amount.centavos for debt in self.owed if debt.amount.currency == self.currency)

    @property
    def last_purchase_at(self) -> datetime | None:
        """When the newest invoice was issued."""
        return self.sales[-1].issued_at if self.sales else None

    @property
    def paid(self) -> tuple[Sale, ...]:
        """Invoices that were paid, oldest first."""
        return tuple(sale for sale in self.sales if sale.paid_at is not None)

    @property
    def state(self) -> State:
        """Where they stand: the worst of what they have now."""
        now = {held.status for held in self.living}
        for status, state in _WORST_FIRST:
            if status in now or (status is Status.PAST_DUE and self.owed):
                return state
        if any(held.kind is AccountKind.BILL for held in self.held) and self.sales:
            return State.ACTIVE
        over = any(held.kind is AccountKind.SUBSCRIPTION and held.status is Status.CANCELED for held in self.held)
        return State.FORMER if over or self.sales else State.PROSPECT


_WORST_FIRST: Sequence[tuple[Status, State]] = (
    (Status.SUSPENDED, State.SUSPENDED),
    (Status.PAST_DUE, State.PAST_DUE),
    (Status.PAUSED, State.PAUSED),
    (Status.ACTIVE, State.ACTIVE),
    (Status.TRIALING, State.TRIAL),
)
