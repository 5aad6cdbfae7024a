"""What news does to a subscription: the provider's word, and that of its dunning cases.

Pure functions over frozen values; instants are UTC. Nothing here trusts the order in which news arrives: `absorb` takes
the provider's present word and makes only the transitions that word justifies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.collecting.case_news import CaseNews
from models.collecting.cases import Stage
from models.periods import Calendar
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Invoice, InvoiceStatus
from models.subscribing.subscriptions import ENDED, SHOWN, OpenCase, ProviderSubscription, Status, Subscription, stood

# Settled and closed invoices kept in mind: all that a look shows, and as many again, since what went out of sight may come back when
# drafts that stood before it are withdrawn. What is shown and not remembered would be settled anew with every look.
REMEMBERED = 2 * SHOWN


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at the provider turned up, to be acted upon once each."""

    overdue: tuple[Invoice, ...] = ()
    settled: tuple[Invoice, ...] = ()
    ended: tuple[Invoice, ...] = ()  # invoices in dunning that are no longer open
    moving: tuple[Invoice, ...] = ()  # invoices in dunning for which money has begun or ceased to be on its way
    awaited: tuple[Invoice, ...] = ()  # open invoices for which money is on its way, each told once
    new_period: bool = False
    new_card: bool = False


def absorb(
    subscription: Subscription,
    word: ProviderSubscription,
    *,
    now: datetime,
    calendar: Calendar,
    remembered: int = REMEMBERED,
) -> tuple[Subscription, Changes]:
    """Take in the provider's present word. Calling it again with the same word changes nothing.

    `remembered`: settled invoices kept in mind; fewer than SHOWN are too few.
    """
    known = subscription
    in_case = {case.invoice: case for case in known.cases}
    over = known.over or word.status in ENDED
    # The charge that would end a pause for want of a card is no debt: refused, it leaves the subscription paused (docs.stripe.com/api/
    # subscriptions/resume).
    paused = word.status == "paused"
    overdue, settled, ended, moving = [], [], [], []
    for invoice in sorted(word.invoices, key=lambda i: (i.created, i.id)):
        if invoice.id in in_case:
            if invoice.status in (InvoiceStatus.PAID, InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE):
                ended.append(invoice)
            elif _way(invoice) != _way(in_case[invoice.id]):
                moving.append(invoice)
        elif invoice.status is InvoiceStatus.PAID:
            # A debt given up and paid after all is money like any other.
            settled += [] if invoice.id in known.settled else [invoice]
        elif invoice.id in known.closed or invoice.id in known.settled:
            continue
        elif invoice.overdue and not over and not (invoice.first and word.status == "incomplete") and not paused:
            overdue.append(invoice)
    awaited = [i for i in word.invoices if i.in_flight and i.status is InvoiceStatus.OPEN and i.id not in known.awaited]
    new_period = known.period_start is not None and word.period_start > known.period_start
    parts = [i.finalizes_at for i in word.invoices if i.part_of and i.finalizes_at and i.status is InvoiceStatus.DRAFT]
    waiting = any(
        (i.status is InvoiceStatus.DRAFT and not i.part_of)
        or (i.status is InvoiceStatus.OPEN and not i.attempted and i.due.centavos > 0)
        for i in word.invoices
    )
    changed = replace(
        known,
        provider_id=word.id,
        # The provider calls it active the moment the trial ends; for us it is, once the first charge has gone through.
        provider_status="trialing"
        if waiting and known.status is Status.TRIALING and word.status == "active"
        else word.status,
        period_start=max(filter(None, (known.period_start, word.period_start))),
        period_end=word.period_end
        if known.period_end is None or new_period
        else max(known.period_end, word.period_end),
        trial_end=word.trial_end,
        cancel_at_period_end=word.cancel_at_period_end,
        collection_paused=word.collection_paused,
        payment_method=word.payment_method or known.payment_method,
        cases=tuple(_told(case, moving) for case in known.cases) + tuple(_case(i) for i in overdue),
        settled=(known.settled + tuple(i.id for i in settled))[-remembered:],
        provider_price=word.price or known.provider_price,
        awaited=(known.awaited + tuple(i.id for i in awaited))[-remembered:],
        noticed="" if new_period else known.noticed,
        reminded=0 if new_period else known.reminded,
        ask_at=(now if waiting else max(now, min(word.period_end, *parts) if parts else word.period_end))
        + (calendar.days(1) if paused else calendar.hours(2 if waiting else 1)),
    )
    changed = lined_up(stood(changed))
    new_card = bool(known.payment_method) and changed.payment_method != known.payment_method
    return changed, Changes(
        tuple(overdue), tuple(settled), tuple(ended), tuple(moving), tuple(awaited), new_period, new_card
    )


def told(before: Subscription, after: Subscription) -> NoticeKind | None:
    """What the customer is told of a look at the provider: a farewell, or that the trial ended without a card."""
    if after.over and not before.over and before.status is not Status.INCOMPLETE:
        return NoticeKind.CANCELED
    if before.status is Status.TRIALING and after.status is Status.PAUSED and after.provider_status == "paused":
        return NoticeKind.TRIAL_ENDED
    return None


def _way(known: Invoice | OpenCase) -> tuple[bool, datetime | None]:
    return known.in_flight, known.pending_until


def _case(invoice: Invoice) -> OpenCase:
    return OpenCase(invoice.id, amount=invoice.due, in_flight=invoice.in_flight, pending_until=invoice.pending_until)


def _told(case: OpenCase, moving: Sequence[Invoice]) -> OpenCase:
    """A case after it hears of the money on its way for its invoice."""
    news = next((invoice for invoice in moving if invoice.id == case.invoice), None)
    return replace(case, in_flight=news.in_flight, pending_until=news.pending_until) if news else case


def lined_up(subscription: Subscription) -> Subscription:
    """Each case behind the oldest one that is being collected, so that a customer with many debts hears one voice.

    Nobody waits behind a dispute, which may take months, nor behind a debt that blocks nobody.
    """
    cases: list[OpenCase] = []
    for case in subscription.cases:
        behind = any(not (older.disputed or older.tolerated) for older in cases)
        cases.append(case if case.behind is behind else replace(case, behind=behind))
    return replace(subscription, cases=tuple(cases))


def succeeded(subscription: Subscription, stage: Stage) -> Subscription:
    """What an ended case had taken from the customer stays taken while another overdue debt is left that is not tolerated."""
    cut = {Stage.DEGRADED: Stage.DEGRADED, Stage.SUSPENDED: Stage.SUSPENDED, Stage.DELETION_WARNED: Stage.SUSPENDED}
    heir = next((case for case in subscription.cases if case.behind and not case.tolerated), None)
    if stage not in cut or heir is None:
        return subscription
    cases = tuple(replace(case, stage=cut[stage]) if case is heir else case for case in subscription.cases)
    return replace(subscription, cases=cases)


def case_reported(subscription: Subscription, news: CaseNews, *, remembered: int = REMEMBERED) -> Subscription:
    """The subscription after its dunning case reported. News of a case that is not open here changes nothing."""
    known = next((case for case in subscription.cases if case.invoice == news.invoice), None)
    if known is None:
        return subscription
    others = tuple(case for case in subscription.cases if case is not known)
    if news.stage is Stage.CLOSED:
        kept = (*subscription.closed, news.invoice)[-remembered:]
        paid = (*subscription.settled, *([news.invoice] if news.settled else []))[-remembered:]
        left = succeeded(replace(subscription, cases=others, closed=kept, settled=paid), known.stage)
        return stood(lined_up(left))
    case = replace(
        known,
        # It has not heard yet that it comes first now, and with what: what was taken away stays so meanwhile.
        stage=known.stage if news.behind and not known.behind else news.stage,
        suspends_at=news.suspends_at,
        next_step=news.next_step,
        next_step_at=news.next_step_at,
        disputed=news.disputed,
        tolerated=news.tolerated,
    )
    kept_in_line = tuple(case if each is known else each for each in subscription.cases)
    return stood(lined_up(replace(subscription, cases=kept_in_line)))
