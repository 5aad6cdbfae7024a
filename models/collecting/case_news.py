"""What a dunning case reports to its subscription."""

from dataclasses import dataclass
from datetime import datetime

from models.collecting.cases import Case, HoldKind, Outcome, Stage
from models.policies.policy import Action, Ending
from models.subscribing.invoices import Invoice, InvoiceStatus


@dataclass(frozen=True, slots=True)
class CaseNews:
    """A dunning case's report to its subscription. `settled` is the paid invoice, once money arrived."""

    invoice: str
    stage: Stage
    outcome: Outcome | None = None
    settled: Invoice | None = None
    suspends_at: datetime | None = None
    ending: Ending | None = None  # what the policy wants done with the subscription, once its ladder has ended unpaid
    plan: str = ""  # what a downgrade leads to
    next_step: str = ""
    next_step_at: datetime | None = None
    behind: bool = False  # it stands behind an older one
    disputed: bool = False  # nobody behind it waits for a dispute to end
    tolerated: bool = False  # too small to block anybody


def news(case: Case) -> CaseNews:
    """What a subscription needs to know of its case."""
    step = case.step
    return CaseNews(
        invoice=case.invoice,
        stage=case.stage,
        outcome=case.outcome,
        settled=case.settled,
        suspends_at=None if case.hold and case.hold.kind is HoldKind.BEHIND else case.due(Action.SUSPEND),
        ending=case.ending if case.given_up else None,
        plan=case.policy.steps[-1].plan if case.given_up else "",
        next_step=step.name if step else "",
        next_step_at=case.at(step) if step and case.hold is None else None,
        behind=case.hold is not None and case.hold.kind is HoldKind.BEHIND,
        disputed=case.hold is not None and case.hold.kind is HoldKind.DISPUTE,
        tolerated=case.tolerated,
    )


def settled_news(invoice: Invoice) -> CaseNews:
    """The last report of a case whose process is gone, from its invoice: paid, voided or written off."""
    outcome = {InvoiceStatus.PAID: Outcome.PAID, InvoiceStatus.VOID: Outcome.VOIDED}.get(
        invoice.status, Outcome.WRITTEN_OFF
    )
    return CaseNews(invoice.id, Stage.CLOSED, outcome, invoice if outcome.settled else None)


def canceled_news(invoice: str) -> CaseNews:
    """The last report of a case whose process is gone, when its subscription was canceled."""
    return CaseNews(invoice, Stage.CLOSED, Outcome.CANCELED)
