"""What a customer's deletion leaves behind and shows: its story, and the text an operator reads."""

from datetime import datetime

from temporalio import workflow

from models.messages import Answer, Command, DeletionStart
from models.periods import Calendar
from models.records import AuditEntry
from models.safekeeping import deletions
from models.safekeeping.deletions import Deletion, Do
from workflows import visibility


def entry(state: Deletion, action: str, order: Command, *, now: datetime, move: int, detail: str = "") -> AuditEntry:
    """A line of the story. `move` tells apart the same act done twice."""
    return AuditEntry(
        tenant=state.tenant,
        subscription=state.subscription,
        key=f"{state.id}/{move}/{action}",
        at=now,
        actor=order.actor,
        action=action,
        reason=order.reason,
        detail=detail,
        source=workflow.info().workflow_id,
    )


def answer(state: Deletion, start: DeletionStart, now: datetime) -> Answer:
    """Where it stands, for whoever gave an order."""
    if state.state.over:
        return Answer(state.state)
    decision = deletions.decide(state, start.terms, start.calendar, now)
    next_action = "wait for somebody's word" if decision.do is Do.WAIT and decision.at is None else "next act"
    return Answer(state.state, next_action, decision.at.isoformat() if decision.at else "")


def details(state: Deletion, calendar: Calendar) -> str:
    """The deletion in Markdown, times on the customer's clock."""
    show = calendar.show
    return visibility.table(
        [
            ("deletion", state.id),
            ("customer", state.customer),
            ("cause", state.cause),
            ("state", f"**{state.state}**"),
            ("not before", show(state.day)),
            ("warnings begun", str(len(state.warnings))),
            ("first arrived", show(state.warned_at) if state.warned_at else ""),
            ("hindered by", state.hindrance),
            ("product asked", show(state.asked_at) if state.asked_at else ""),
            ("product confirmed", show(state.confirmed_at) if state.confirmed_at else ""),
            ("ended for", state.closed_for),
            ("certificate", state.certificate),
        ]
    )
