"""The next invoices of a subscription, as its books let expect them: when, how much, and what is different about each. Pure.

Reckoned from what is known here: the price it pays, its year in instalments, a change of plan that waits, and a discount that was taken to
stay. What the provider adds on the day (units beyond a plan, a new card's proration) is not foreseen. Instants are UTC.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count, islice

from models.changing.change_records import ChangeRecord, ChangeState
from models.changing.plan_instalments import parts
from models.changing.stay_offers import OfferKind
from models.crm.outlook import RENEWED, later
from models.money import Money
from models.periods import Calendar
from models.records import SubscriptionRecord
from models.selling.plans import Interval, Plan
from models.subscribing.subscriptions import Status

MOST = 6
_MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12}


class Because(StrEnum):
    """What an invoice is: a renewal, the first after a trial, the first on another plan, one with a discount, part of a year."""

    RENEWAL = "renewal"
    TRIAL_ENDS = "trial_ends"
    PLAN_CHANGES = "plan_changes"
    DISCOUNT = "discount"
    INSTALMENT = "instalment"


@dataclass(frozen=True, slots=True)
class ComingInvoice:
    """An invoice to be expected. `plan`: the code of what it is for."""

    at: datetime
    amount: Money
    subscription: str
    plan: str
    because: Because


def coming_invoices(
    record: SubscriptionRecord,
    plans: Mapping[str, Plan],
    changes: Iterable[ChangeRecord],
    calendar: Calendar,
    now: datetime,
    *,
    most: int = MOST,
) -> Sequence[ComingInvoice]:
    """The next ones, the earliest first; none where it ends, is paused or suspended.

    `plans` by code: its own, and any that a change leads to.
    """
    begins = record.trial_end if record.status is Status.TRIALING and record.trial_end else record.period_end
    if record.status not in RENEWED or record.price is None or begins is None or record.plan not in plans:
        return ()
    known = list(changes)
    if record.instalments:
        foreseen = _instalments(record, record.price, begins, calendar)
    elif record.cancel_at_period_end:
        return ()
    else:
        foreseen = _renewals(record, record.price, begins, plans, known)
    coming = (_discounted(each, known) for each in foreseen if each.at >= now)
    return tuple(islice(coming, most))


def _renewals(
    record: SubscriptionRecord,
    price: Money,
    begins: datetime,
    plans: Mapping[str, Plan],
    changes: Iterable[ChangeRecord],
) -> Iterator[ComingInvoice]:
    waiting = next((each for each in changes if each.state is ChangeState.WAITING and each.plan_after in plans), None)
    plan, because = record.plan, Because.TRIAL_ENDS if record.status is Status.TRIALING else Because.RENEWAL
    at = anchor = begins
    since = 0
    for _ in count():
        if waiting is not None and at >= waiting.effective_at:
            plan, price, because = waiting.plan_after, waiting.price_after, Because.PLAN_CHANGES
            waiting, anchor, since = None, at, 0
        yield ComingInvoice(at, price, record.id, plan, because)
        because, since = Because.RENEWAL, since + 1
        at = later(anchor, since * _MONTHS[plans[plan].interval])


def _instalments(
    record: SubscriptionRecord, price: Money, ends: datetime, calendar: Calendar
) -> Iterator[ComingInvoice]:
    """What is left of this year's parts, and then next year's, where there is one."""
    began = record.period_start or later(ends, -12)
    if record.status is Status.TRIALING:
        began, ends = ends, later(ends, 12)
    while True:
        for each in parts(price, record.instalments, began, ends, calendar):
            amount = Money(each.centavos, price.currency)
            yield ComingInvoice(each.on, amount, record.id, record.plan, Because.INSTALMENT)
        if record.cancel_at_period_end:
            return
        began, ends = ends, later(ends, 12)


def _discounted(invoice: ComingInvoice, changes: Iterable[ChangeRecord]) -> ComingInvoice:
    """With what is taken off since they stayed: so many per cent for so many months, to the centavo half up."""
    for each in changes:
        kind, _, terms = each.offer.partition("-")
        if each.state is not ChangeState.RETAINED or kind != OfferKind.DISCOUNT:
            continue
        percent, months = (int(part) for part in terms.split("-"))
        if invoice.at < later(each.settled_at or each.confirmed_at, months):
            left = (invoice.amount.centavos * (100 - percent) + 50) // 100
            because = invoice.because if invoice.because is Because.PLAN_CHANGES else Because.DISCOUNT
            return ComingInvoice(
                invoice.at, Money(left, invoice.amount.currency), invoice.subscription, invoice.plan, because
            )
    return invoice
