"""What an order does to a dunning case: whether it may be carried out, and the case as it stands after it. Pure.

The case's process, the simulator and the preview of an order all ask here, so that what was shown is what happens.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.collecting import dunning, orders
from models.collecting.cases import Case, Hold, HoldKind, Outcome
from models.commands import CaseCommand
from models.messages import (
    AdoptPolicy,
    AgreeInstalments,
    Command,
    Days,
    ExternalPayment,
    Pause,
    Promise,
    SkipToStep,
)
from models.refusals import NONE, Refusal
from models.subscribing.invoices import Invoice
from models.tickets.messages import EscalateCase


@dataclass(frozen=True, slots=True)
class Carried:
    """A case after an order, and how its story tells of it."""

    case: Case
    action: str
    detail: str = ""


def refusal(case: Case, command: CaseCommand, order: Command, now: datetime) -> Refusal:
    """Why an order is refused; NONE where it may be carried out. Whether it is signed is not asked here."""
    return orders.case_over(case) or _REFUSALS[command](case, order, now)


def carried_out(case: Case, command: CaseCommand, order: Command, now: datetime) -> Carried:
    """The case after an order that asks nothing of the payments provider, or whose answer there needs no look."""
    return _ACTS[command](case, order, now)


def settled(case: Case, order: Command, outcome: Outcome, invoice: Invoice, now: datetime) -> Carried:
    """The case after the provider did as ordered: the debt was given up, or counts as paid. `invoice`: as it stands there."""
    if isinstance(order, ExternalPayment):
        invoice = dunning.paid_outside(invoice, cash=order.method == "cash", now=now)
        what, detail = f"paid outside by {order.method}", order.reference
    else:
        what, detail = "written off", ""
    return Carried(dunning.closed(case, outcome, now=now, invoice=invoice), what, detail)


SETTLING: Mapping[CaseCommand, Outcome] = {
    CaseCommand.RECORD_PAYMENT: Outcome.PAID_OUTSIDE,
    CaseCommand.WRITE_OFF: Outcome.WRITTEN_OFF,
}


def restored(case: Case, order: Days, now: datetime) -> Carried:
    """The case after service was given back for some days: its subscription obeys that order, and tells its cases."""
    return Carried(dunning.reprieved(case, order.days, now), f"service restored for {order.days:g} days")


def _extended(case: Case, order: Days, _: datetime) -> Carried:
    return Carried(dunning.extended(case, order.days), f"grace extended by {order.days:g} days")


def _skipped(case: Case, order: SkipToStep, now: datetime) -> Carried:
    return Carried(dunning.moved(case, order.step - 1, now), f"moved to step {order.step}")


def _paused(case: Case, order: Pause, now: datetime) -> Carried:
    kind = HoldKind.DISPUTE if order.disputed else HoldKind.PAUSE
    until = now + case.calendar.days(order.days) if order.days else None
    what = "dunning held: disputed" if order.disputed else "dunning paused"
    held = dunning.held(case, Hold(kind, now, until))
    return Carried(held, what, f"for {order.days:g} days" if order.days else "")


def _promised(case: Case, order: Promise, now: datetime) -> Carried:
    amount = replace(case.amount, centavos=order.centavos or case.amount.centavos)
    told = case.calendar.show(order.until) if order.until else ""
    held = dunning.held(case, Hold(HoldKind.PROMISE, now, order.until, amount))
    return Carried(held, "promise to pay", f"{amount} by {told}")


def _agreed(case: Case, order: AgreeInstalments, now: datetime) -> Carried:
    parts = [f"{replace(case.amount, centavos=part.centavos)} on {case.calendar.show(part.on)}" for part in order.parts]
    return Carried(dunning.closed(case, Outcome.REPLACED, now=now), "instalments agreed", ", ".join(parts))


def _adopted(case: Case, order: AdoptPolicy, now: datetime) -> Carried:
    policy, was = order.policy or case.policy, case.policy
    return Carried(
        dunning.adopted(case, policy, now),
        f"policy {policy.name} v{policy.version}",
        f"was {was.name} v{was.version}",
    )


def _escalated(case: Case, order: EscalateCase, now: datetime) -> Carried:
    return Carried(dunning.escalated(case, now), "escalated", f"priority {order.priority}")


def _resumed(case: Case, _: Command, now: datetime) -> Carried:
    return Carried(dunning.resumed(case, now), "dunning resumed")


_ACTS: Mapping[CaseCommand, Callable[[Case, Any, datetime], Carried]] = {
    CaseCommand.EXTEND_GRACE: _extended,
    CaseCommand.SKIP_TO_STEP: _skipped,
    CaseCommand.PAUSE: _paused,
    CaseCommand.PROMISE: _promised,
    CaseCommand.INSTALMENTS: _agreed,
    CaseCommand.ADOPT_POLICY: _adopted,
    CaseCommand.RESUME: _resumed,
    CaseCommand.ESCALATE: _escalated,
}

_REFUSALS: Mapping[CaseCommand, Callable[[Case, Any, datetime], Refusal]] = {
    CaseCommand.EXTEND_GRACE: lambda case, order, _: orders.cannot_extend(case, order),
    CaseCommand.RETRY_NOW: lambda case, order, _: orders.cannot_retry(case, order),
    CaseCommand.SKIP_TO_STEP: lambda case, order, _: orders.cannot_skip(case, order),
    CaseCommand.PAUSE: lambda case, order, _: orders.cannot_pause_dunning(case, order),
    CaseCommand.PROMISE: orders.cannot_promise,
    CaseCommand.INSTALMENTS: orders.cannot_agree,
    CaseCommand.ADOPT_POLICY: lambda case, order, _: orders.cannot_adopt(case, order),
    CaseCommand.RESUME: lambda case, order, _: orders.cannot_resume_dunning(case, order),
    CaseCommand.RECORD_PAYMENT: lambda case, order, _: orders.cannot_record_payment(case, order),
    CaseCommand.WRITE_OFF: lambda *_: NONE,
    CaseCommand.ESCALATE: lambda *_: NONE,
}
