"""Comparing the payments provider, the processes and the books, and what may be done about a difference without asking a person.

Pure: the activity gathers and applies. A repair never charges, and never writes to a customer: it makes a process look, starts one
that is missing, or writes down money that has arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.bookkeeping.statement import StatedDispute
from models.cfdi.documents import DocumentKind
from models.cfdi.invoicing import Invoicing
from models.changing.change_records import ChangeRecord, WaitingChange
from models.collecting.cases import Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, Payment, SubscriptionRecord
from models.subscribing.invoices import Charge, Funding, Invoice, InvoiceStatus, Refund
from models.subscribing.subscriptions import ENDED, OpenCase, Status, Subscription
from models.watching.attention import Finding, Rule


class Repair(StrEnum):
    """What the machine does about a difference. `none`: a person decides."""

    NONE = "none"
    LOOK = "look"  # the process reads the provider again
    REFRESH = "refresh"  # the same, and it writes its row anew
    START = "start"  # the missing process, from what the books know
    START_BILL, START_TICKET = "start bill", "start ticket"
    FORWARD = "forward"  # the invoice as it stands, to its case
    ADMIT = "admit"  # a signup that the books have lost, from what its process and the provider know
    CHASE = "chase"  # the case writes its row anew; where none runs, the subscription looks
    RESTORE = "restore"  # the row of a case by the last word of its process, which is over
    HOLD = "hold"  # an open case stands still while the cardholder disputes its invoice
    BOOK = "book"  # an invoice as it stands, into the books
    RECORD = "record"  # money that arrived, into the books; its process, where one runs, looks
    INVOICE = "invoice"  # the missing process of a settled charge's tax invoice
    CREDIT = "credit"  # the missing process of a refund


@dataclass(frozen=True, slots=True)
class Difference:
    """A broken rule and its repair."""

    finding: Finding
    repair: Repair = Repair.NONE


@dataclass(frozen=True, slots=True)
class Sighting:
    """A subscription, or an open invoice, as the provider showed it in this run. `tenant` is empty where it is nobody's."""

    id: str
    tenant: str = ""
    subscription: str = ""
    customer: str = ""
    status: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    cancel_at_period_end: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A running process as visibility shows it: the status (of a case: the stage) it says of itself, and when it acts next (UTC)."""

    status: str = ""
    next_action_at: datetime | None = None
    customer: str = ""  # the tenant's own reference
    plan: str = ""


@dataclass(frozen=True, slots=True)
class ProviderCharge:
    """Money the provider took. `invoice` and `provider_subscription` are known when it was looked up by itself."""

    id: str
    amount: Money
    created: datetime
    succeeded: bool
    funding: Funding = Funding.UNKNOWN
    customer: str = ""
    invoice: str = ""
    provider_subscription: str = ""
    refunded: bool = False  # all of it


def compare_subscription(
    record: SubscriptionRecord, seen: Sighting | None, standing: Standing | None, *, now: datetime, settling: timedelta
) -> Difference | None:
    """One subscription of ours, not canceled, beside the provider's word and its process. The gravest difference alone is told."""
    if now - record.updated_at < settling:
        return None

    def differs(rule: Rule, text: str, repair: Repair) -> Difference:
        return Difference(Finding(record.tenant, rule, record.id, text, record.id), repair)

    if not record.provider_id and seen is None:
        return None  # a signup that is not finished
    if standing is None:
        return differs(Rule.PROCESS_MISSING, "no process runs for it: nothing would be charged or chased", Repair.START)
    if standing.status and standing.status != record.status:
        # First of all: a process that outlived lost books has nothing left to find out, and only writes when it is asked to.
        said = f"{record.status} in the books, {standing.status} by its process"
        return differs(Rule.PROCESS_DISAGREES, said, Repair.REFRESH)
    if seen is None or seen.status in ENDED:
        said = f"{record.status} here, and {seen.status if seen else 'gone'} at the provider"
        return differs(Rule.GONE_AT_PROVIDER, said, Repair.LOOK)
    if not record.provider_id:
        return differs(Rule.BEHIND_PROVIDER, "opened at the provider, and its process was not told", Repair.LOOK)
    if seen.period_start and record.period_start and seen.period_start > record.period_start:
        said = f"a new period began at the provider on {seen.period_start:%Y-%m-%d %H:%M} UTC, unheard of here"
        return differs(Rule.BEHIND_PROVIDER, said, Repair.REFRESH)
    if seen.cancel_at_period_end != record.cancel_at_period_end:
        said = "it ends with its period" if seen.cancel_at_period_end else "it goes on after its period"
        return differs(Rule.BEHIND_PROVIDER, f"at the provider {said}, here not", Repair.REFRESH)
    return None


def compare_sighting(
    seen: Sighting,
    record: SubscriptionRecord | None,
    *,
    now: datetime,
    settling: timedelta,
    standing: Standing | None = None,
) -> Difference | None:
    """One live subscription at the provider beside ours: unknown, or ended here.

    `standing` is the process that runs under the name in its metadata. Anybody may write metadata, and nobody but we start
    processes: with one the subscription is ours, and the books have lost it.
    """
    if record is None and standing is not None:
        said = f"{seen.id} is {seen.status} at the provider, its process runs, and the books have lost it"
        return Difference(Finding(seen.tenant, Rule.SUBSCRIPTION_LOST, seen.id, said, seen.subscription), Repair.ADMIT)
    if record is None:
        named = f", though its metadata name {seen.subscription}" if seen.subscription else ""
        said = f"{seen.id} is {seen.status} at the provider and is none of ours{named}"
        return Difference(Finding("", Rule.UNKNOWN_SUBSCRIPTION, seen.id, said))
    if record.status is Status.CANCELED and now - record.updated_at >= settling:
        said = f"{seen.id} is {seen.status} at the provider, and the subscription ended here"
        return Difference(Finding(record.tenant, Rule.LIVE_AFTER_END, seen.id, said, record.id))
    return None


def two_live(
    customer: str, seen: Sequence[Sighting], pets: Mapping[tuple[str, str], str] | None = None
) -> Difference | None:
    """Two subscriptions that the provider charges one customer for, and that are not for two pets (`pets`: by subscription of ours)."""
    whom = [(pets or {}).get((each.tenant, each.subscription), "") for each in seen]
    if len(set(whom)) == len(seen):
        return None
    ours = next((each for each in seen if each.tenant), seen[0])
    said = f"customer {customer} has {len(seen)} live subscriptions at the provider: {', '.join(sorted(s.id for s in seen))}"
    return Difference(Finding(ours.tenant, Rule.TWO_LIVE_SUBSCRIPTIONS, customer, said, ours.subscription))


def compare_invoice(
    seen: Sighting,
    record: SubscriptionRecord | None,
    case: CaseRecord | None,
    *,
    now: datetime,
    settling: timedelta,
    booked: bool,
) -> Difference | None:
    """An invoice that is open at the provider: charged in vain, it must be chased here, and be `booked` like all that is owed.

    Where its subscription ended before that was heard of, nobody chases it.
    """
    if record is None or record.status is Status.INCOMPLETE or not seen.overdue or now - record.updated_at < settling:
        return None
    if case is not None or record.status is Status.CANCELED:
        return None if booked else _unbooked(record.tenant, record.id, seen.id, "unpaid")
    said = f"invoice {seen.id} is unpaid at the provider, and the books know no case of it"
    return Difference(Finding(record.tenant, Rule.INVOICE_NOT_CHASED, seen.id, said, record.id), Repair.CHASE)


def _unbooked(tenant: str, subscription: str, invoice: str, status: str) -> Difference:
    said = f"invoice {invoice} is {status} at the provider, and the books do not know that it was issued"
    return Difference(Finding(tenant, Rule.INVOICE_NOT_BOOKED, invoice, said, subscription), Repair.BOOK)


def compare_case(
    case: CaseRecord, invoice: Invoice | None, standing: Standing | None, *, now: datetime, settling: timedelta
) -> Difference | None:
    """An open case beside its invoice; None for an invoice that is still open at the provider."""
    if now - case.opened_at < settling:
        return None
    if invoice is not None and invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.DRAFT):
        said = f"invoice {case.invoice} is {invoice.status} at the provider, and its case is still open"
        finding = Finding(case.tenant, Rule.CASE_OF_CLOSED_INVOICE, case.invoice, said, case.subscription)
        return Difference(finding, Repair.FORWARD)
    if standing is None:
        said = f"the case of invoice {case.invoice} is open, and no process runs for it"
        # It ended, and the books lost how: its last word tells. One that somebody ended by hand is for a person to decide:
        # started anew it would charge and write to the customer.
        finding = Finding(case.tenant, Rule.CASE_WITHOUT_PROCESS, case.invoice, said, case.subscription)
        return Difference(finding, Repair.RESTORE)
    overtaken = case.next_step_at is not None and now - case.next_step_at >= settling
    if standing.status != case.stage or (overtaken and standing.next_action_at != case.next_step_at):
        said = f"the case of invoice {case.invoice} is at {case.stage} in the books, {standing.status} by its process"
        finding = Finding(case.tenant, Rule.PROCESS_DISAGREES, case.invoice, said, case.subscription)
        return Difference(finding, Repair.CHASE)
    return None


def compare_charge(
    charge: ProviderCharge,
    record: SubscriptionRecord | None,
    payment: Payment | None,
    *,
    documented: bool,
    booked: bool,
    now: datetime,
    settling: timedelta,
    uninvoiced: timedelta,
) -> Difference | None:
    """Money at the provider beside the books. `record` is whose it is; `documented`: it has a tax invoice; `booked`: so is what it paid."""
    if not charge.succeeded or now - charge.created < settling:
        return None
    if payment is not None:
        owner = (payment.tenant, payment.subscription)
        if payment.amount != charge.amount:
            said = f"charge {charge.id} is {charge.amount} at the provider and {payment.amount} in the books"
            return Difference(Finding(owner[0], Rule.AMOUNT_DIFFERS, charge.id, said, owner[1]))
        if not booked and payment.invoice:
            return _unbooked(*owner, payment.invoice, "paid")
        if documented or not charge.amount.centavos or now - charge.created < uninvoiced:
            return None
        return without_tax_invoice(payment)
    if record is None or not charge.invoice:
        if charge.refunded:
            return None
        said = f"charge {charge.id} over {charge.amount} belongs to no subscription of ours"
        tenant = record.tenant if record else ""
        return Difference(
            Finding(tenant, Rule.CHARGE_WITHOUT_SUBSCRIPTION, charge.id, said, record.id if record else "")
        )
    said = f"charge {charge.id} over {charge.amount} for invoice {charge.invoice} is not in the books"
    finding = Finding(record.tenant, Rule.CHARGE_NOT_RECORDED, charge.id, said, record.id)
    return Difference(finding, Repair.RECORD)


def without_tax_invoice(payment: Payment) -> Difference:
    """Money in the books that no tax document tells of."""
    said = f"charge {payment.charge} over {payment.amount} has no tax invoice"
    finding = Finding(payment.tenant, Rule.CHARGE_NOT_INVOICED, payment.charge, said, payment.subscription)
    return Difference(finding, Repair.INVOICE)


def compare_refund(
    refund: Refund, payment: Payment | None, *, documented: bool, now: datetime, uninvoiced: timedelta
) -> Difference | None:
    """Money given back on a charge of ours, which needs a credit note."""
    if payment is None or documented or refund.status != "succeeded" or now - refund.created < uninvoiced:
        return None
    said = f"refund {refund.id} of {refund.amount} has no credit note"
    finding = Finding(payment.tenant, Rule.REFUND_NOT_CREDITED, refund.id, said, payment.subscription)
    return Difference(finding, Repair.CREDIT)


def compare_dispute(dispute: StatedDispute, payment: Payment | None, case: CaseRecord | None) -> tuple[Difference, ...]:
    """A charge of ours that its holder disputes and nobody has decided: a person must answer, and its open case stands still."""
    if payment is None or not dispute.open:
        return ()
    due = f"; evidence is due by {dispute.due_by:%Y-%m-%d %H:%M} UTC" if dispute.due_by else ""
    said = f"charge {dispute.charge} over {dispute.amount} is disputed ({dispute.status}){due}"
    told = Difference(Finding(payment.tenant, Rule.CHARGE_DISPUTED, dispute.id, said, payment.subscription))
    if case is None or case.outcome is not None or case.hold:
        return (told,)
    said = f"invoice {case.invoice} is disputed, and its case goes on collecting"
    held = Finding(case.tenant, Rule.DISPUTED_AND_CHASED, case.invoice, said, case.subscription)
    return (told, Difference(held, Repair.HOLD))


def late_payment(charge: ProviderCharge, record: SubscriptionRecord) -> Payment:
    """Money that its subscription's process has not written down, or will not any more, as the books keep it."""
    return Payment(record.tenant, charge.id, charge.invoice, record.id, charge.amount, charge.funding, charge.created)


def remembered(
    record: SubscriptionRecord,
    cases: Sequence[CaseRecord],
    payments: Sequence[Payment],
    now: datetime,
    *,
    cut_off: bool = False,
    change: WaitingChange | None = None,
    leaving: ChangeRecord | None = None,
) -> Subscription:
    """What a process must know to go on where a lost one stood. It asks the provider at once: what that tells need not be here.

    `cut_off`: by support. `change`, `leaving`: what the customer confirmed and waits for the period's end.
    """
    unpaid = [case for case in cases if case.outcome is None]
    return Subscription(
        status=record.status,
        provider_id=record.provider_id,
        provider_status="trialing" if record.status is Status.TRIALING else "active",
        period_start=record.period_start,
        period_end=record.period_end or now,  # without one a process waits for a signup to be finished
        trial_end=record.trial_end,
        cancel_at_period_end=record.cancel_at_period_end,
        suspended_by_support=cut_off,
        change=change,
        leaving=replace(leaving, shown="") if leaving else None,
        cases=tuple(
            OpenCase(case.invoice, Stage(case.stage), case.amount, case.suspends_at, case.next_step, case.next_step_at)
            for case in unpaid
        ),
        settled=tuple(payment.invoice for payment in payments),
        closed=tuple(case.invoice for case in cases if case.outcome is not None),
        noticed="reconciliation",  # whether this period's notice went out is not known: better none than a second one
        ask_at=now,
    )


@dataclass(frozen=True, slots=True)
class InvoiceOrder:
    """The start of a settled charge's tax invoice, for whoever knows its process by name alone."""

    tenant: str
    subscription: str
    source: str
    charge: Charge
    invoice: str
    calendar: Calendar
    state: Invoicing | None = None  # where it stood when it was lost
    kind: DocumentKind = DocumentKind.INCOME
    original: str = ""
    substitutes: str = ""
    quiet: bool = False  # it brings back what the customer was sent before: nobody is written to
