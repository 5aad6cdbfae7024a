"""What a bill's process remembers, and what news does to it: the provider's word on its invoice, and that of its dunning case. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from models.billing.bills import BillStatus
from models.bookkeeping.money_facts import EXTERNAL, past_provider
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome, Stage
from models.periods import Calendar
from models.subscribing.invoices import Funding, Invoice, InvoiceStatus


@dataclass(frozen=True, slots=True)
class BillState:
    """Where a bill stands. `collecting`: a dunning case is open for it; `given_up`: one has ended without money."""

    status: BillStatus = BillStatus.DRAFT
    invoice: str = ""
    pay_url: str = ""
    issued_at: datetime | None = None
    due_at: datetime | None = None
    settled_at: datetime | None = None
    collecting: bool = False
    given_up: bool = False
    next_step: str = ""
    next_step_at: datetime | None = None
    ask_at: datetime | None = None
    outside: Funding | None = None  # what it was paid by, past the provider, as somebody said

    @property
    def done(self) -> bool:
        """Nothing more happens to it, and nobody is left who would report."""
        return self.status.over and not self.collecting

    @property
    def next_action(self) -> tuple[str, datetime | None]:
        """What happens next, and when."""
        if self.status.over or self.status is BillStatus.DRAFT:
            return "", None
        if self.collecting:
            return self.next_step or "dunning", self.next_step_at
        if self.given_up:
            return "a person decides: record a payment, void it or write it off", None
        return "overdue, if it is not paid", self.due_at


def issued(state: BillState, invoice: Invoice, now: datetime, days: float, calendar: Calendar) -> BillState:
    """The bill once the provider has its invoice. `days` are the calendar's, to pay; the provider's own day counts where it has one."""
    due = invoice.due_on or now + calendar.days(days)
    known = replace(
        state,
        status=BillStatus.OPEN,
        invoice=invoice.id,
        pay_url=invoice.pay_url,
        issued_at=now,
        due_at=due,
        ask_at=due,
    )
    return seen(known, invoice, now)


_ENDED = {
    InvoiceStatus.PAID: BillStatus.PAID,
    InvoiceStatus.VOID: BillStatus.VOID,
    InvoiceStatus.UNCOLLECTIBLE: BillStatus.WRITTEN_OFF,
}


def seen(state: BillState, invoice: Invoice, now: datetime) -> BillState:
    """The bill after a look at its invoice. A bill that was given up and is paid after all is paid; else what is over stays so."""
    ended = _ENDED.get(invoice.status)
    if ended is None or ended is state.status or (state.status.over and ended is not BillStatus.PAID):
        return state
    if invoice.charge is not None and invoice.charge.id.startswith(EXTERNAL):
        state = replace(state, outside=invoice.charge.funding)
    return ended_as(state, ended, invoice.paid_at or invoice.closed_at or now)


def paid_past_provider(state: BillState, invoice: Invoice) -> Invoice:
    """The invoice with the payment that the provider does not know: as the bill remembers it, or as a transfer."""
    money = past_provider(invoice, state.outside or Funding.SPEI)
    return replace(invoice, charge=money) if money else invoice


def ended_as(state: BillState, status: BillStatus, at: datetime) -> BillState:
    """The bill at its end."""
    return replace(state, status=status, settled_at=at)


def falls_due(state: BillState, now: datetime) -> bool:
    """Whether its day has come and nobody collects it."""
    return state.status is BillStatus.OPEN and state.due_at is not None and state.due_at <= now


def overdue(state: BillState, now: datetime, calendar: Calendar) -> BillState:
    """The bill with a dunning case begun for it."""
    return replace(state, status=BillStatus.OVERDUE, collecting=True, ask_at=now + calendar.days(1))


def asked(state: BillState, now: datetime, calendar: Calendar) -> BillState:
    """The bill after the provider was asked; once it is overdue that is done every day, for word of it may have been lost."""
    ahead = state.due_at if state.due_at is not None and state.due_at > now else None
    return replace(state, ask_at=ahead or now + calendar.days(1))


def case_reported(state: BillState, news: CaseNews) -> BillState:
    """The bill after its case reported. What the case settled is `news.settled`; the process takes that in by `seen`."""
    if news.stage is not Stage.CLOSED:
        return replace(state, next_step=news.next_step, next_step_at=news.next_step_at)
    given_up = news.outcome in (Outcome.EXHAUSTED, Outcome.CANCELED)
    return replace(state, collecting=False, given_up=given_up, next_step="", next_step_at=None)
