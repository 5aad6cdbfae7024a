"""What is sent to a process: its start and the commands people give it. Later fields have defaults, so old histories still read."""

from dataclasses import dataclass
from datetime import datetime

from models.billing.bill_news import BillState
from models.billing.bills import Bill, InvoiceWish
from models.cfdi.cancellation import Motive
from models.cfdi.global_invoice import Month
from models.changing.change_records import ChangeKind, When
from models.changing.stay_offers import StayOffer
from models.collecting.cases import Case, Stage
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Policy, Retention
from models.safekeeping.deletions import Deletion
from models.subscribing.invoices import Instalment
from models.subscribing.subscriptions import NOTHING, Status, Subscription
from models.watching.reconciliation_run import Progress


@dataclass(frozen=True, slots=True)
class Command:
    """A person's order: who gives it and why. Both are kept in the audit."""

    actor: str
    reason: str


BY_ITSELF = Command(actor="perdura", reason="")  # what the engine does without being told


@dataclass(frozen=True, slots=True)
class SubscriptionStart:
    """The start of a subscription's process, or of its next period when `state` is given."""

    tenant: str
    subscription: str
    reference: str  # the tenant's own id of the customer
    plan: str
    price: Money
    calendar: Calendar
    payment_method: str = ""
    checkout: str = ""
    state: Subscription | None = None


@dataclass(frozen=True, slots=True)
class BillStart:
    """The start of a bill's process, or of its next history when `state` is given. The account that owes is the bill itself."""

    tenant: str
    subscription: str  # the bill: whatever keys on a subscription keys on the account that owes
    reference: str
    amount: Money
    days: int
    calendar: Calendar
    named: bool = False  # invoiced by name by itself; else everybody's sale, until its customer asks
    plan: str = ""  # a bill has none
    state: BillState | None = None
    quiet: bool = False  # its customer is not told of it: how a start said so before it carried the order itself
    void: Command | None = None  # the order to take back what was never issued: its customer is not told of it

    @classmethod
    def of(
        cls,
        bill: Bill,
        reference: str,
        calendar: Calendar,
        state: BillState | None = None,
        *,
        void: Command | None = None,
    ) -> "BillStart":
        """That of a bill in the record. `reference`: the tenant's own of its customer; `state`: where it is to go on from."""
        return cls(
            tenant=bill.tenant,
            subscription=bill.id,
            reference=reference,
            amount=bill.total,
            days=bill.days,
            calendar=calendar,
            named=bill.invoicing is InvoiceWish.ALWAYS,
            state=state,
            void=void,
        )


@dataclass(frozen=True, slots=True)
class DunningStart:
    """The start of a dunning case."""

    tenant: str
    subscription: str
    reference: str
    plan: str
    case: Case


@dataclass(frozen=True, slots=True)
class Days(Command):
    """An order with a number of calendar days."""

    days: float = 3


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Stop the ladder for so many calendar days, 0: until somebody lets it go on. `disputed`: the customer says they do not owe it."""

    days: float = 0
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Promise(Command):
    """The customer says when they will pay (`until`, UTC), and how much: 0 centavos is all of it."""

    until: datetime | None = None
    centavos: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Where a case stands among those of its customer: behind an older one, or first, with what the one before it had taken away."""

    behind: bool
    stage: Stage = Stage.GRACE


@dataclass(frozen=True, slots=True)
class AgreeInstalments(Command):
    """The customer pays in parts, the earliest first; together they are what is owed."""

    parts: tuple[Instalment, ...] = ()


@dataclass(frozen=True, slots=True)
class AdoptPolicy(Command):
    """Let a running case go on by another policy."""

    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class SkipToStep(Command):
    """Go to a step of the ladder, counted from 1."""

    step: int = 0


@dataclass(frozen=True, slots=True)
class ExternalPayment(Command):
    """A payment made outside the provider: `method` is `spei` or `cash`, `reference` the bank's tracking key or receipt."""

    method: str = "spei"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """End the subscription, now or when the paid period ends. `change`: its id where it was confirmed after it was shown (`shown`)."""

    at_period_end: bool = True
    change: str = ""
    offer: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class ChangePlan(Command):
    """Another plan, as it was shown and confirmed. `change` is its id; `before` the plan it was shown for; `due` is charged at once.

    `asked_at` (UTC): the instant for which the provider reckoned. `provider_price`: the provider's id of `price`.
    """

    change: str = ""
    before: str = ""
    plan: str = ""
    price: Money = NOTHING
    provider_price: str = ""
    kind: ChangeKind = ChangeKind.UPGRADE
    when: When = When.NOW
    asked_at: datetime | None = None
    due: Money = NOTHING
    offer: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class TakeOffer(Command):
    """The offer to stay is taken in the place of a change or a cancellation (`kind`), which was shown."""

    change: str = ""
    plan: str = ""
    price: Money = NOTHING
    kind: ChangeKind = ChangeKind.DOWNGRADE
    offer: StayOffer | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a signup ended: the status reached, or the decline code that refused it."""

    status: Status
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process says after an order: where it stands now, in words, and when it acts next (UTC, ISO 8601)."""

    status: str
    next_action: str = ""
    next_action_at: str = ""


@dataclass(frozen=True, slots=True)
class RefundStart:
    """Money that was given back. `refund` is the provider's id (`re_…`); how much and of which charge, the process reads there."""

    tenant: str
    subscription: str
    refund: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class GlobalStart:
    """Whose global invoice. Without a month: the one that has just ended on the issuer's clock."""

    tenant: str
    calendar: Calendar
    month: Month | None = None


@dataclass(frozen=True, slots=True)
class SubstitutionStart:
    """The key of the stamped document (`ch_…/income/v1`) that another one is to replace, and who orders it and why."""

    tenant: str
    subscription: str
    document: str
    order: Command
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class ClaimStart:
    """The key of a sale without RFC whose customer has given one since, and who orders it and why."""

    tenant: str
    subscription: str
    document: str
    order: Command
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class CancellationStart:
    """The document's key (`ch_…/income/v1`), the motive, with motive 01 the UUID of its substitute, and who orders it and why."""

    tenant: str
    subscription: str
    document: str
    motive: Motive
    order: Command
    calendar: Calendar
    substitute: str = ""


@dataclass(frozen=True, slots=True)
class DeletionStart:
    """A customer's deletion as it begins, by the terms of the policy that holds for them."""

    deletion: Deletion
    terms: Retention
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class ConfirmDeletion(Command):
    """The product has deleted: what, in its own words."""

    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReconciliationStart:
    """What is compared: one tenant's, or all; a dry run changes nothing. `progress` when a run goes on in a new history."""

    tenant: str = ""
    dry_run: bool = False
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class WebhookStart:
    """An endpoint for which events wait. `failures`: how many rounds before this history failed whole, one after the other."""

    tenant: str
    endpoint: str
    failures: int = 0
