"""What a subscription leaves behind and shows: its row, its payments, its story, its notices, and the text an operator reads."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from activities.records import SubscriptionReport
from models.changing.change_records import ChangeRecord
from models.messages import Answer, Command, SubscriptionStart
from models.records import AuditEntry, Payment, SubscriptionRecord
from models.speaking.notices import NoticeKind, NoticeRequest
from models.subscribing import subscription_acts
from models.subscribing.invoices import Invoice
from models.subscribing.subscriptions import Subscription
from workflows import visibility


def next_action(start: SubscriptionStart, state: Subscription) -> tuple[str, datetime | None]:
    """What happens next to this customer: the case's next step while one is open, else the process's own."""
    steps = [(case.next_step_at, case.next_step) for case in state.cases if case.next_step_at]
    if steps:
        at, words = min(steps)
        return words, at
    if state.cases:
        return "dunning", None  # a case that has not reported yet, or stands still
    due = subscription_acts.next_act(state, start.calendar)
    return due.words, due.at


def report(
    start: SubscriptionStart,
    state: Subscription,
    *,
    now: datetime,
    entries: Sequence[AuditEntry],
    settled: Iterable[Invoice] = (),
    restored: bool = False,
    notices: Sequence[NoticeRequest] = (),
    refusal: str = "",
    pins: bool = False,
    changes: tuple[ChangeRecord, ...] = (),
) -> SubscriptionReport:
    """One step of a subscription, to be written in one go. `restored`: the settled invoices gave service back."""
    words, at = next_action(start, state)
    record = SubscriptionRecord(
        tenant=start.tenant,
        id=start.subscription,
        customer="",
        plan=start.plan,
        status=state.status,
        created_at=now,
        updated_at=now,
        provider_id=state.provider_id,
        period_start=state.period_start,
        period_end=state.period_end,
        trial_end=state.trial_end,
        cancel_at_period_end=state.cancel_at_period_end,
        amount_due=replace(start.price, centavos=state.amount_due),
        grace_until=state.grace_until,
        next_action=words,
        next_action_at=at,
        degraded=state.degraded,
        refusal=refusal,
        price=start.price,
        card=bool(state.payment_method),
    )
    payments = tuple(
        Payment(
            tenant=start.tenant,
            charge=invoice.charge.id,
            invoice=invoice.id,
            subscription=start.subscription,
            amount=invoice.charge.amount,
            funding=invoice.charge.funding,
            paid_at=invoice.paid_at or invoice.charge.created,
        )
        for invoice in settled
        if invoice.charge
    )
    given_back = tuple(payment.invoice for payment in payments) if restored else ()
    calendar = start.calendar if pins else None
    return SubscriptionReport(
        record, payments, given_back, tuple(entries), tuple(notices), calendar, changes=tuple(changes)
    )


def entry(
    start: SubscriptionStart, action: str, order: Command, *, now: datetime, move: int, detail: str = ""
) -> AuditEntry:
    """A line of the story. `move` tells apart the same act done twice."""
    key = f"{start.subscription}/{now.timestamp():.3f}/{move}/{action}"
    return AuditEntry(start.tenant, start.subscription, key, now, order.actor, action, order.reason, detail)


def notice(
    start: SubscriptionStart,
    state: Subscription,
    kind: NoticeKind,
    *,
    on: datetime | None = None,
    invoice: Invoice | None = None,
) -> NoticeRequest:
    """A message about one invoice, or about the period: its key names that, so it goes out once."""
    # A later reminder of one period is a new message.
    again = f"-{state.reminded}" if invoice is None and state.reminders.steps and state.reminded > 1 else ""
    step = (
        state.reminders.steps[state.reminded - 1] if on and 0 < state.reminded <= len(state.reminders.steps) else None
    )
    period = f"{state.period_end:%Y%m%dT%H%M%S}" if state.period_end else "unopened"
    change = state.change
    charged = change.record.price_after if on and change is not None and change.arranged else start.price
    return NoticeRequest(
        tenant=start.tenant,
        key=f"{invoice.id if invoice else f'{start.subscription}/{period}'}/{kind}{again}",
        kind=kind,
        subscription=start.subscription,
        calendar=start.calendar,
        invoice=invoice.id if invoice else "",
        amount=invoice.total if invoice else charged,
        on=on,
        contact=state.reminders.contact,
        channel=step.channel if step else None,
    )


def answer(start: SubscriptionStart, state: Subscription) -> Answer:
    """Where the subscription stands, for whoever gave an order."""
    words, at = next_action(start, state)
    return Answer(status=state.status, next_action=words, next_action_at=at.isoformat() if at else "")


def attributes(start: SubscriptionStart, state: Subscription) -> visibility.Updates:
    """The search attributes of a subscription."""
    _, at = next_action(start, state)
    return [
        visibility.STATUS.value_set(state.status),
        visibility.AMOUNT_DUE.value_set(state.amount_due),
        visibility.NEXT_ACTION_AT.value_set(at) if at else visibility.NEXT_ACTION_AT.value_unset(),
    ]


def details(start: SubscriptionStart, state: Subscription, last_news: str) -> str:
    """The subscription in Markdown, times on the customer's clock."""
    show = start.calendar.show
    words, at = next_action(start, state)
    change = state.change
    ending = " (ends with its period)" if state.cancel_at_period_end else ""
    return visibility.table(
        [
            ("customer", start.reference),
            ("plan", f"{start.plan}, {start.price}"),
            ("status", f"**{state.status}**{ending}"),
            ("period", f"until {show(state.period_end)}" if state.period_end else ""),
            ("waits", f"plan {change.record.plan_after} from {show(change.record.effective_at)}" if change else ""),
            ("unpaid", ", ".join(f"{case.invoice} ({case.stage})" for case in state.cases)),
            ("next", f"**{words}** on {show(at)}" if at else words),
            ("last news", last_news),
        ]
    )
