"""What a dunning case leaves behind and shows: its row, its story, its notices, and the text an operator reads."""

from datetime import datetime

from activities.records import CaseReport
from models.collecting import case_news
from models.collecting.cases import Case
from models.collecting.declines import DeclineClass
from models.messages import Answer, Command, DunningStart
from models.policies.policy import Action
from models.records import AuditEntry, CaseRecord
from models.speaking.notices import WARNINGS, Channel, NoticeKind, NoticeRequest
from models.tickets.messages import Escalation
from models.tickets.ticket import Priority
from workflows import visibility


def report(
    start: DunningStart,
    case: Case,
    *,
    now: datetime,
    entry: AuditEntry,
    notice: NoticeKind | None = None,
    channel: Channel | None = None,
    asked: int = 0,
    escalation: Escalation | None = None,
) -> CaseReport:
    """One step of a case, to be written in one go. `asked` numbers a notice that is no step of the ladder."""
    step = case.step
    record = CaseRecord(
        tenant=start.tenant,
        invoice=case.invoice,
        subscription=start.subscription,
        amount=case.amount,
        stage=case.stage,
        policy=f"{case.policy.name} v{case.policy.version}",
        opened_at=case.opened,
        attempts=case.attempts,
        decline=case.decline.code if case.decline else "",
        next_step=step.name if step else "",
        next_step_at=case.at(step) if step and not case.hold else None,
        suspends_at=case.due(Action.SUSPEND),
        paused=case.hold is not None,
        pay_url=case.pay_url,
        outcome=case.outcome,
        paid_at=case.paid_at,
        closed_at=now if case.outcome else None,
        hold=case.hold.kind if case.hold else "",
        hold_until=case.hold.until if case.hold else None,
        first_decline=case.first_decline,
        last_step=case.last_step,
        escalated_at=case.escalated_at,
        deletion_asked_at=case.deletion_asked_at,
        experiment=case.experiment,
        promises=case.promises,
        broken_promises=case.broken,
    )
    message = _notice(start, case, notice, channel, asked) if notice else None
    return CaseReport(
        record, (entry,), case_news.news(case), message, escalation, case.calendar if escalation else None
    )


def entry(
    start: DunningStart, case: Case, action: str, order: Command, *, now: datetime, move: int, detail: str = ""
) -> AuditEntry:
    """A line of the story. `move` tells apart the same act done twice."""
    key = f"{case.invoice}/{move}/{action}"
    return AuditEntry(start.tenant, start.subscription, key, now, order.actor, action, order.reason, detail)


def escalation(case: Case, order: Command, priority: Priority | None, *, now: datetime, move: int) -> Escalation:
    """What asks a person to look at the case. `move` tells apart the same step taken twice."""
    return Escalation(f"{case.invoice}/{move}", now, priority or Priority.NORMAL, order.actor, order.reason)


# Where the bank wants the holder's approval, another card or patience would not help.
_ASKS = frozenset({NoticeKind.PAYMENT_FAILED, NoticeKind.UPDATE_CARD})


def _notice(start: DunningStart, case: Case, kind: NoticeKind, channel: Channel | None, asked: int) -> NoticeRequest:
    mentioned = {
        NoticeKind.UPDATE_CARD: case.due(Action.SUSPEND),
        NoticeKind.DELETION_WARNING: case.due(Action.CLOSE),
    }
    # The second notice of one kind, in a ladder or in a second walk of it, is a new message.
    count = case.round * 100 + sum(step.notice is kind for step in case.policy.steps[: case.position])
    again = "" if count <= 101 else f"-{case.round}.{count % 100}"
    if asked:
        again = f"-asked-{asked}"
    approve = kind in _ASKS and case.decline is not None and case.decline.kind is DeclineClass.AUTHENTICATION
    return NoticeRequest(
        tenant=start.tenant,
        key=f"{case.invoice}/{kind}{again}",
        kind=NoticeKind.AUTHENTICATE if approve else kind,
        subscription=start.subscription,
        calendar=case.calendar,
        invoice=case.invoice,
        amount=case.amount,
        on=mentioned.get(kind),
        decline=case.decline.kind if case.decline else None,
        contact=case.policy.contact,
        channel=channel,
        warning=kind in WARNINGS,
    )


def awaited(case: Case) -> str:
    """Until when money is waited for, on the customer's clock."""
    return f"waited for until {case.calendar.show(case.hold.until)}" if case.hold and case.hold.until else "under way"


def answer(case: Case) -> Answer:
    """Where the case stands, for whoever gave an order."""
    step = case.step
    if step is None or case.hold:
        return Answer(status=str(case.outcome or (case.hold and f"on hold: {case.hold.kind}")))
    return Answer(status=case.stage, next_action=step.name, next_action_at=case.at(step).isoformat())


def attributes(case: Case) -> visibility.Updates:
    """The search attributes of a case."""
    step = case.step
    waiting = step is not None and case.hold is None
    return [
        visibility.STAGE.value_set(case.stage),
        visibility.AMOUNT_DUE.value_set(0 if case.outcome else case.amount.centavos),
        visibility.NEXT_ACTION_AT.value_set(case.at(step))
        if step and waiting
        else visibility.NEXT_ACTION_AT.value_unset(),
    ]


def details(start: DunningStart, case: Case) -> str:
    """The case in Markdown, times on the customer's clock."""
    step, show, suspends = case.step, case.calendar.show, case.due(Action.SUSPEND)
    return visibility.table(
        [
            ("customer", start.reference),
            ("invoice", f"{case.invoice}, {case.amount}"),
            ("stage", f"**{case.stage}**{f' (on hold: {case.hold.kind})' if case.hold else ''}"),
            ("last decline", f"{case.decline.code} ({case.decline.kind})" if case.decline else ""),
            ("retries made", f"{case.attempts} of {case.policy.retries}"),
            ("next", f"**{step.name}** on {show(case.at(step))}" if step and not case.hold else ""),
            ("suspends", show(suspends) if suspends and case.outcome is None else ""),
            ("outcome", case.outcome or ""),
            ("policy", f"{case.policy.name} v{case.policy.version}, step {case.position} of {len(case.policy.steps)}"),
        ]
    )
